package import NIOCore

/// The reverse of the peer's `Compressor`.
///
/// After any error the direction is dead: what follows cannot be understood.
package struct Decompressor: ~Copyable {
    private var stream: ZlibStream

    package init() throws(CryptoError) {
        stream = try ZlibStream(deflates: false)
    }

    /// Inflates the payload behind what `output` holds, or throws when that would take more than `maximumByteCount` bytes.
    ///
    /// No more than one byte beyond the maximum is ever inflated, and no memory is taken before there is something to
    /// write.
    package mutating func decompress(
        _ payload: ByteBuffer, maximumByteCount: Int, into output: inout ByteBuffer
    ) throws(CryptoError) {
        try stream.run(payload, maximumByteCount: maximumByteCount, into: &output)
    }
}
