package import NIOCore

/// One direction's compression, a payload at a time, with one history for all of them (RFC 4253 §6.2).
package struct Compressor: ~Copyable {
    private var stream: ZlibStream

    package init() throws(CryptoError) {
        stream = try ZlibStream(deflates: true)
    }

    /// Writes the payload, deflated and flushed, behind what `output` holds.
    package mutating func compress(_ payload: ByteBuffer, into output: inout ByteBuffer) throws(CryptoError) {
        // Deflate makes nothing grow by as much as that.
        let bound = 2 * payload.readableBytes + 1024
        try stream.run(payload, maximumByteCount: bound, into: &output)
    }
}
