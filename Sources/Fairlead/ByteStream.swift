public import NIOCore
import SSHCore

/// One of a remote process's output streams: chunks of bytes, in order, to be read by one task.
///
/// What is not read is held, up to the channel's window (2 MiB); then the server waits. Reading past the end gives nil.
public struct ByteStream: AsyncSequence, Sendable {
    let connection: SSHConnection
    let id: SessionID
    let stream: ChannelStream

    /// Reads chunks.
    public struct AsyncIterator: AsyncIteratorProtocol {
        let stream: ByteStream

        /// The next chunk, of whatever size it arrived in; nil at the end.
        ///
        /// - Throws: `SSHError` of stage `lost` when the connection ended first, and of kind `cancelled`.
        public mutating func next() async throws(SSHError) -> ByteBuffer? {
            try await stream.connection.nextChunk(of: stream.stream, in: stream.id)
        }

        /// As `next()`: the chunk is fetched on the connection's own executor in any case.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(SSHError) -> ByteBuffer? {
            try await stream.connection.nextChunk(of: stream.stream, in: stream.id)
        }
    }

    /// An iterator; use one.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(stream: self)
    }

    /// Everything up to the end.
    ///
    /// - Parameter byteLimit: The most that is taken, up to 2 GiB, which is the most that one buffer holds. Default 64 MiB.
    /// - Returns: The bytes, in order.
    /// - Throws: `SSHError` of kind `outputLimit` when there is more.
    public func collect(upTo byteLimit: Int = 64 * 1024 * 1024) async throws(SSHError) -> ByteBuffer {
        let byteLimit = Swift.min(byteLimit, Int(Int32.max))
        var all = ByteBuffer()
        while var chunk = try await connection.nextChunk(of: stream, in: id) {
            guard all.readableBytes + chunk.readableBytes <= byteLimit else {
                throw SSHError(.channel, .outputLimit, "The command's output exceeds \(byteLimit) bytes")
            }
            all.writeBuffer(&chunk)
        }
        return all
    }
}
