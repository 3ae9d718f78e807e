public import NIOCore
package import SSHCore

extension SSHConnection {
    /// Runs a command to its end and returns everything it printed.
    ///
    /// Both streams are drained at once, so it cannot deadlock however much the command prints.
    ///
    /// - Parameters:
    ///   - command: The command line, which the server's user's shell interprets.
    ///   - input: Bytes for its standard input. Default none: it reads end-of-file.
    ///   - byteLimit: The most that is taken of each stream, up to 2 GiB. Default 64 MiB.
    /// - Returns: Both streams whole, and the exit status.
    /// - Throws: `SSHError` of kind `outputLimit` when there is more, `refused` when the server does not run commands, of
    ///   stage `lost` when the connection ends.
    public nonisolated func run(
        _ command: String, input: ByteBuffer = ByteBuffer(), byteLimit: Int = 64 * 1024 * 1024
    ) async throws -> CommandResult {
        try await withProcess(command) { process in
            let (output, errorOutput) = try await process.streams(upTo: byteLimit, after: input)
            return CommandResult(output: output, errorOutput: errorOutput, exitStatus: try await process.exitStatus)
        }
    }

    /// Runs a command for as long as `body` takes; when that ends first, the command is ended too.
    ///
    /// - Parameters:
    ///   - command: The command line, which the server's user's shell interprets.
    ///   - environment: Variables to set, as far as the server accepts them. Default none.
    ///   - terminal: A pseudo-terminal to run in. Default `nil`: none. A server that refuses it runs the program without:
    ///     `RemoteProcess.hasTerminal`.
    ///   - body: Reads, writes and waits.
    /// - Returns: What `body` returns.
    /// - Throws: `SSHError` of kind `refused` when the server does not run it, of stage `lost` when the connection ends, and
    ///   whatever `body` throws.
    public nonisolated func withProcess<Result>(
        _ command: String, environment: [String: String] = [:], terminal: PseudoTerminal? = nil,
        _ body: (RemoteProcess) async throws -> Result
    ) async throws -> Result {
        try await withSession(.execute(command: Array(command.utf8)), environment, terminal, body)
    }

    /// Runs the user's shell for as long as `body` takes.
    ///
    /// - Parameters:
    ///   - environment: Variables to set, as far as the server accepts them. Default none.
    ///   - terminal: A pseudo-terminal to run in. Default `nil`: none. A server that refuses it runs the program without:
    ///     `RemoteProcess.hasTerminal`.
    ///   - body: Reads, writes and waits.
    /// - Returns: What `body` returns.
    /// - Throws: `SSHError` of kind `refused` when the server does not run it, of stage `lost` when the connection ends, and
    ///   whatever `body` throws.
    public nonisolated func withShell<Result>(
        environment: [String: String] = [:], terminal: PseudoTerminal? = nil,
        _ body: (RemoteProcess) async throws -> Result
    ) async throws -> Result {
        try await withSession(.shell, environment, terminal, body)
    }

    /// Runs a subsystem, such as `sftp`, for as long as `body` takes.
    ///
    /// - Parameters:
    ///   - name: The subsystem's name.
    ///   - body: Reads, writes and waits.
    /// - Returns: What `body` returns.
    /// - Throws: `SSHError` of kind `refused` when the server does not run it, of stage `lost` when the connection ends, and
    ///   whatever `body` throws.
    public nonisolated func withSubsystem<Result>(
        _ name: String, _ body: (RemoteProcess) async throws -> Result
    ) async throws -> Result {
        try await withSession(.subsystem(name: Array(name.utf8)), [:], nil, body)
    }

    private nonisolated func withSession<Result>(
        _ request: SessionRequest, _ environment: [String: String], _ terminal: PseudoTerminal?,
        _ body: (RemoteProcess) async throws -> Result
    ) async throws -> Result {
        let variables = environment.map { (Array($0.utf8), Array($1.utf8)) }
        // Names that Unicode calls different are so in bytes, too.
        let requests = SessionRequest.sequence(
            request, environment: Dictionary(variables) { first, _ in first }, terminal: terminal)
        let (id, refusal) = try await start(requests)
        let hasTerminal = terminal != nil && refusal == nil
        do {
            let result = try await body(RemoteProcess(connection: self, id: id, hasTerminal: hasTerminal))
            await discard(id, signal: "TERM")
            return result
        } catch {
            await discard(id, signal: "TERM")
            throw error
        }
    }
}

extension SessionRequest {
    /// What to send after the channel is open, in the order that servers expect: terminal, environment, program.
    package static func sequence(
        _ program: SessionRequest, environment: [[UInt8]: [UInt8]], terminal: PseudoTerminal?
    ) -> [SessionRequest] {
        var requests: [SessionRequest] = []
        if let terminal {
            requests.append(
                .pseudoTerminal(
                    term: Array(terminal.term.utf8), size: terminal.size.windowSize, modes: terminal.modes))
        }
        for (name, value) in environment.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            requests.append(.environment(name: name, value: value))
        }
        return requests + [program]
    }
}

extension RemoteProcess {
    /// Both outputs whole, while the input is sent.
    ///
    /// A group: the first that fails ends the others, for a server that is owed room on one stream may keep the other open
    /// for ever.
    fileprivate func streams(
        upTo byteLimit: Int, after input: ByteBuffer
    ) async throws -> (output: ByteBuffer, errorOutput: ByteBuffer) {
        try await withThrowingTaskGroup(of: (stream: ChannelStream, bytes: ByteBuffer)?.self) { group in
            group.addTask { (.output, try await output.collect(upTo: byteLimit)) }
            group.addTask { (.error, try await errorOutput.collect(upTo: byteLimit)) }
            group.addTask {
                await sendAll(input)
                return nil
            }
            var streams = (output: ByteBuffer(), errorOutput: ByteBuffer())
            for try await case let (stream, bytes)? in group {
                if stream == .output { streams.output = bytes } else { streams.errorOutput = bytes }
            }
            return streams
        }
    }

    /// A process that ends before it read everything is no error.
    fileprivate func sendAll(_ bytes: ByteBuffer) async {
        try? await input.write(bytes)
        try? await input.finish()
    }
}
