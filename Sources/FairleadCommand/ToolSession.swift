import Fairlead
import NIOCore

/// One session of the tool: its streams are our standard ones, its terminal is ours.
struct ToolSession: Sendable {
    let plan: Plan
    let connection: SSHConnection

    /// Whether a local terminal is in play; it is not where nothing is read from it.
    var hasTerminal: Bool { plan.wantsTerminal && plan.takesInput && PlatformTerminal.isTerminal(0) }

    func run() async throws -> ExitStatus {
        let session = try await JoinedSession(
            on: connection, program: plan.program, environment: plan.environment, terminal: terminal,
            descriptors: descriptors)
        if hasTerminal { _ = RawMode.enter(0) }
        watchSignals(session)
        await session.begin()
        return try await session.finish()
    }

    private var terminal: PseudoTerminal? {
        guard plan.wantsTerminal else { return nil }
        var terminal = PseudoTerminal(
            term: PlatformTerminal.environment("TERM") ?? "dumb",
            size: PlatformTerminal.size(of: 0) ?? PseudoTerminal.Size(columns: 80, rows: 24))
        for (opcode, argument) in RawMode.modes(of: 0) { terminal.setMode(opcode, argument) }
        return terminal
    }

    private var descriptors: SessionDescriptors {
        var filter: (@Sendable (ByteBuffer) -> ByteBuffer)?
        if hasTerminal, let character = plan.escapeCharacter {
            let farewell = "Connection to \(plan.hostName) closed."
            let session = self
            let keys = EscapeKeys(character: character) { session.leave(saying: farewell) }
            filter = { (typed: ByteBuffer) -> ByteBuffer in keys.filter(typed) }
        }
        return SessionDescriptors(
            input: plan.takesInput ? 0 : nil, output: 1, errorOutput: 2, inputFilter: filter)
    }

    private func watchSignals(_ session: JoinedSession) {
        var onResize: (@Sendable () -> Void)?
        var resume: (@Sendable () -> Void)?
        if hasTerminal {
            onResize = {
                if let size = PlatformTerminal.size(of: 0) { session.resize(to: size) }
            }
            resume = { _ = RawMode.enter(0) }
        }
        SignalWatch.sessionBegins(onResize: onResize, resume: resume) { [self] in leave(saying: nil) }
    }

    /// Leaves at once: the terminal is given back first, then the server is told, if that takes no time.
    private func leave(saying text: String?) {
        TerminalState.restore()
        if let text { Console.say(text) }
        connection.abandon { Main.exit(ExitCode.failure) }
    }
}
