public import NIOCore

/// A remote process's standard input.
public struct ByteWriter: Sendable {
    let connection: SSHConnection
    let id: SessionID

    /// Sends bytes; returns when they are on their way, so that a slow server slows the caller.
    ///
    /// - Throws: `SSHError` of stage `lost` when the connection ended, of stage `channel` when the process is gone, and of
    ///   kind `cancelled`.
    public func write(_ bytes: ByteBuffer) async throws(SSHError) {
        try await connection.write(bytes, to: id)
    }

    /// Sends bytes, as `write(_:)` with a buffer.
    public func write(_ bytes: some Sequence<UInt8>) async throws(SSHError) {
        try await connection.write(ByteBuffer(bytes: bytes), to: id)
    }

    /// Ends the input: the process reads end-of-file.
    public func finish() async throws(SSHError) {
        try await connection.endInput(of: id)
    }
}
