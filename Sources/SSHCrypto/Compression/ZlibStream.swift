import CZlib
import NIOCore

/// zlib's state for one direction: some 270 KiB to deflate, some 40 KiB to inflate, whatever the peer sends.
///
/// zlib keeps a pointer to its `z_stream`, which therefore stays where it was allocated.
@safe struct ZlibStream: ~Copyable {
    private static let level: Int32 = 6
    private static let windowBitCount: Int32 = 15
    private static let memoryLevel: Int32 = 8
    /// Room for output that is made at a time, at least; more than a flush marker takes, so that none comes twice.
    private static let pieceByteCount = 4096
    /// One byte more is still a length to zlib.
    private static let greatestMaximum = Int(Int32.max) - 1

    private let stream: UnsafeMutablePointer<z_stream>
    private let deflates: Bool
    private var isBroken = false

    init(deflates: Bool) throws(CryptoError) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let size = unsafe Int32(MemoryLayout<z_stream>.stride)
        let result =
            deflates
            ? unsafe deflateInit2_(
                stream, Self.level, Z_DEFLATED, Self.windowBitCount, Self.memoryLevel, Z_DEFAULT_STRATEGY,
                ZLIB_VERSION, size)
            : unsafe inflateInit2_(stream, Self.windowBitCount, ZLIB_VERSION, size)
        guard result == Z_OK else {
            unsafe stream.deallocate()
            throw .failed(operation: deflates ? "deflateInit2" : "inflateInit2")
        }
        unsafe self.stream = stream
        self.deflates = deflates
    }

    deinit {
        _ = unsafe deflates ? deflateEnd(stream) : inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Runs all of `input` through the stream, flushed, and writes what comes out, `maximumByteCount` bytes at most, behind
    /// what `output` holds.
    ///
    /// After an error nothing was written, and the stream is of no more use.
    mutating func run(
        _ input: ByteBuffer, maximumByteCount: Int, into output: inout ByteBuffer
    ) throws(CryptoError) {
        let start = output.writerIndex
        do throws(CryptoError) {
            guard !isBroken, maximumByteCount >= 0, let inputByteCount = UInt32(exactly: input.readableBytes) else {
                throw failure
            }
            let maximum = min(maximumByteCount, Self.greatestMaximum)
            try unsafe input.withUnsafeReadableBytes { (bytes) throws(CryptoError) in
                let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress
                unsafe stream.pointee.next_in = UnsafeMutablePointer(mutating: base)
                unsafe stream.pointee.avail_in = inputByteCount
                while try advance(maximum - (output.writerIndex - start), into: &output) {}
            }
        } catch {
            isBroken = true
            output.moveWriterIndex(to: start)
            throw error
        }
    }

    /// Takes one step, and returns whether there may be more.
    ///
    /// One byte beyond `remainingByteCount` is how too much output shows itself.
    private func advance(_ remainingByteCount: Int, into output: inout ByteBuffer) throws(CryptoError) -> Bool {
        let room = min(max(Self.pieceByteCount, 2 * Int(unsafe stream.pointee.avail_in)), remainingByteCount + 1)
        var result = Z_OK
        let written = unsafe output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            unsafe stream.pointee.next_out = target.bindMemory(to: UInt8.self).baseAddress
            unsafe stream.pointee.avail_out = UInt32(room)
            result = unsafe deflates ? deflate(stream, Z_PARTIAL_FLUSH) : inflate(stream, Z_SYNC_FLUSH)
            return unsafe room - Int(stream.pointee.avail_out)
        }
        let inputByteCount = unsafe stream.pointee.avail_in
        // Z_BUF_ERROR: there was nothing to do. A stream that ends, or wants a dictionary, is an error too.
        guard result == Z_OK || result == Z_BUF_ERROR, written <= remainingByteCount else { throw failure }
        guard written < room else { return true }
        guard inputByteCount == 0 else { throw failure }
        return false
    }

    private var failure: CryptoError { .failed(operation: deflates ? "deflate" : "inflate") }
}
