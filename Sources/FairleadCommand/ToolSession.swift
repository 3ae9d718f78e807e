import Fairlead
import NIOCore

/// One session of the tool: its streams are our standard ones, its terminal is ours.
struct ToolSession: Sendable {
    let plan: Plan
    let connection: SSHConnection
    /// Where the streams of the command go.
    var output: Int32 = 1
    var errorOutput: Int32 = 2

    /// Whether a local terminal is in play; it is not where nothing is read from it.
    var hasTerminal: Bool { plan.wantsTerminal && plan.takesInput && PlatformTerminal.isTerminal(0) }

    func run() async throws -> ExitStatus {
        let (escapes, terminal) = (Escapes(), terminal)
        let session = try await JoinedSession(
            on: connection, program: plan.program, environment: plan.environment, terminal: terminal,
            descriptors: descriptors(escapes))
        if let refusal = session.terminalRefusal { plan.verbosity.say(.error, "\(refusal)") }
        escapes.begin(self, session)
        // First, so that a stop between the two goes on raw.
        watchSignals(session)
        if isRaw(session) { _ = RawMode.enter(0) }
        // It may have changed while nobody watched.
        if hasTerminal, let size = PlatformTerminal.size(of: 0), size != terminal?.size { session.resize { size } }
        await session.begin()
        return try await session.finish(returningOnExit: plan.output.returnsOnExit)
    }

    /// The local terminal stays as it is where there is no remote one to interpret what is typed.
    private func isRaw(_ session: JoinedSession) -> Bool { hasTerminal && session.terminalRefusal == nil }

    private var terminal: PseudoTerminal? {
        guard plan.wantsTerminal else { return nil }
        var terminal = PseudoTerminal(
            term: plan.terminalName ?? PlatformTerminal.environment("TERM") ?? "dumb",
            size: PlatformTerminal.size(of: 0) ?? PseudoTerminal.Size(columns: 80, rows: 24))
        // As in ssh: who insists on a terminal does not go on without one.
        terminal.isRequired = plan.requiresTerminal
        for (opcode, argument) in RawMode.modes(of: 0) { terminal.setMode(opcode, argument) }
        return terminal
    }

    private func descriptors(_ escapes: Escapes) -> SessionDescriptors {
        var descriptors = SessionDescriptors(
            input: plan.takesInput ? 0 : nil, output: output, errorOutput: errorOutput)
        if hasTerminal { descriptors.keystrokeInterval = plan.keystrokeInterval }
        // Also where a terminal is asked for and another program types (`-tt`), as in ssh.
        guard plan.hasEscapes || hasTerminal else { return descriptors }
        var missing: Set<EscapeKeys.Action> = plan.hasCommandLine ? [] : [.commandLine]
        if !Background.isPossible { missing.insert(.background) }
        let keys = EscapeKeys(character: plan.escapeCharacter, without: missing) { escapes.perform($0, with: $1) }
        descriptors.inputFilter = { keys.filter($0) }
        return descriptors
    }

    private func watchSignals(_ session: JoinedSession) {
        var onResize: (@Sendable () -> Void)?
        var resume: (@Sendable () -> Void)?
        if isRaw(session) {
            onResize = { session.resize { PlatformTerminal.size(of: 0) } }
            resume = {
                _ = RawMode.enter(0)
                session.resize { PlatformTerminal.size(of: 0) }
            }
        }
        SignalWatch.sessionBegins(onResize: onResize, resume: resume) { [self] _ in leave(saying: nil) }
    }

    /// Leaves at once: the terminal is given back first, then the server is told, if that takes no time.
    func leave(saying text: String?) {
        TerminalState.restore()
        if let text { Console.say(text) }
        connection.abandon { Main.exit(ExitCode.failure) }
    }
}
