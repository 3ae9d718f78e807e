import SSHCore
/// A command, a shell or a subsystem that runs on the server, for as long as the closure that was given it.
public struct RemoteProcess: Sendable {
    let connection: SSHConnection
    let id: SessionID
    /// Whether it runs in a pseudo-terminal; a server may refuse the one that was asked for.
    public let hasTerminal: Bool

    /// Its standard input.
    public var input: ByteWriter { ByteWriter(connection: connection, id: id) }

    /// Its standard output.
    public var output: ByteStream { ByteStream(connection: connection, id: id, stream: .output) }

    /// Its standard error; with a pseudo-terminal it stays empty.
    public var errorOutput: ByteStream { ByteStream(connection: connection, id: id, stream: .error) }

    /// How it ended; waits for the end.
    ///
    /// The output must be read meanwhile, or the process may wait for a reader.
    ///
    /// - Throws: `SSHError` of stage `lost` when the connection ended first, and of kind `cancelled`.
    public var exitStatus: ExitStatus {
        get async throws(SSHError) { try await connection.exitStatus(of: id) }
    }

    /// Sends a signal by its name without `SIG`, such as `TERM` (RFC 4254 §6.9).
    public func send(signal name: String) async throws(SSHError) {
        try await connection.request(.signal(name: Array(name.utf8)), in: id)
    }

    /// Tells the server the terminal's new size (RFC 4254 §6.7).
    public func resize(to size: PseudoTerminal.Size) async throws(SSHError) {
        try await connection.request(.windowChange(size.windowSize), in: id)
    }
}
