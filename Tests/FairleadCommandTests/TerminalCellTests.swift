import Foundation
import TestSupport
import Testing

/// Every signal in every state: whatever comes, the terminal is given back as it was.
@Suite(.serialized, .enabled(if: ThrowawayUser.isPossible)) struct TerminalCellTests {
    /// What the tool is doing.
    enum State: String, CaseIterable, Sendable { case connecting, asksAboutHost, asksForPassword, inSession, continued }

    static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGSEGV, SIGABRT, SIGTRAP]
    private static let crashes = [SIGSEGV, SIGABRT, SIGTRAP]

    /// A listener that never says a word.
    private final class Silence: Sendable {
        let port: Int
        private let descriptor: Int32

        init() throws {
            (descriptor, port) = try Loopback.listen()
        }

        deinit { close(descriptor) }
    }

    private static let desk = Task { try await Desk(password: "pass word") }

    /// The tool on a terminal, in that state.
    private func terminal(in state: State, _ desk: Desk, _ silence: Silence) async throws -> PseudoTerminal {
        switch state {
        case .connecting:
            let terminal = try desk.sit(["-v", "-p", String(silence.port)])
            try await terminal.read(until: "connecting to ")
            return terminal
        case .asksAboutHost:
            let terminal = try desk.sit(desk.asking)
            try await terminal.read(until: "(yes/no/[fingerprint])? ")
            return terminal
        case .asksForPassword:
            let terminal = try desk.sit(desk.withPassword)
            try await terminal.read(until: "'s password: ")
            try await terminal.waitUntilHidden()
            return terminal
        case .inSession: return try await desk.sitRaw("cat")
        case .continued:
            let terminal = try await desk.sitRaw("cat")
            try await stop(terminal)
            terminal.send(SIGCONT)
            try await terminal.waitUntilRaw()
            return terminal
        }
    }

    private func stop(_ terminal: PseudoTerminal) async throws {
        terminal.send(SIGTSTP)
        try await terminal.waitUntilStopped()
        #expect(try terminal.settings == terminal.initialSettings)
    }

    @Test("TM-04 TM-05 TM-06 TM-08 the terminal is given back", arguments: State.allCases, signals)
    func cell(state: State, number: Int32) async throws {
        let desk = try await Self.desk.value
        let silence = try Silence()
        let terminal = try await terminal(in: state, desk, silence)
        var number = number
        if number == SIGTSTP {
            try await stop(terminal)
            terminal.send(SIGCONT)
            number = SIGTERM
        }
        // A crash is that of the process that does the work; what ends the tool comes to the one that its caller started.
        if Self.crashes.contains(number) {
            kill(try #require(terminal.worker), number)
        } else {
            terminal.send(number)
        }
        let hasSession = state == .inSession || state == .continued
        try await terminal.expectEnd(
            hasSession && !Self.crashes.contains(number) ? .status(255) : .signal(number))
    }

    @Test(
        "TM-04 what kills one of the tool's two processes leaves no other, and the terminal is given back",
        arguments: [
            SIGKILL, SIGSEGV, SIGTERM,
        ], [true, false])
    func oneOfTwo(number: Int32, isWorker: Bool) async throws {
        let desk = try await Self.desk.value
        let terminal = try await desk.sitRaw("cat")
        let worker = try #require(terminal.worker)
        if isWorker { kill(worker, number) } else { terminal.send(number) }
        #expect(try await terminal.waitForExit() == (number == SIGTERM ? .status(255) : .signal(number)))
        try await terminal.waitForSettings { $0 == terminal.initialSettings }
        try await poll(for: "the other's end") { ProcessTree.isRunning(worker) ? nil : () }
    }

    @Test("TM-07 what cannot give it back is noticed: SIGKILL to both processes leaves the terminal raw")
    func control() async throws {
        let desk = try await Self.desk.value
        let terminal = try await desk.sitRaw("cat")
        terminal.kill()
        #expect(try await terminal.waitForExit() == .signal(SIGKILL))
        #expect(try terminal.settings != terminal.initialSettings)
        // As the manual page says.
        let page = try await RunningProcess.runSuccessfully(FairleadTool.path, ["--manual"]).outputText
        #expect(page.contains("\n.B stty sane\n"))
        try await RunningProcess.runSuccessfully("stty", ["sane"]) { $0.input = .descriptor(terminal.slave) }
        #expect(try terminal.settings.isCanonical && terminal.settings.echoes)
    }
}
