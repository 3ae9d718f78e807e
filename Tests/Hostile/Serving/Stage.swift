import Foundation
import PeerSupport
import TestSupport

/// What a client has around its standard streams.
protocol Stage {
    /// Whether the client is gone.
    var isOver: Bool { get }
    var output: [UInt8] { get }
    var error: [UInt8] { get }
    /// What the client did to it and should not have.
    var faults: [String] { get }
    /// What a person would do now.
    func turn()
    /// Waits for the last words.
    func finish()
}

/// Pipes, and nobody before them.
final class PipeStage: Stage {
    private let process: RunningProcess

    init(_ program: String, _ arguments: [String], _ environment: [String: String]) throws {
        var plan = RunningProcess.Plan(program, arguments)
        plan.environment = environment
        plan.outputLimit = 1 << 20
        process = try RunningProcess(plan)
    }

    var isOver: Bool { process.exit != nil }
    var output: [UInt8] { process.output }
    var error: [UInt8] { process.error }
    var faults: [String] { [] }

    func turn() {}

    func finish() {
        // What the client left running may hold its outputs open: it was killed, or gets a second.
        for _ in 0..<1000 where !process.hasOutputEnded { usleep(1000) }
    }
}

/// A terminal, and a person who types the password where it is asked for.
///
/// Both streams are one here: what was shown counts as what was said, and as what the command said.
final class TerminalStage: Stage {
    private static let prompt = "password: "

    private let terminal: PseudoTerminal
    private var typedCount = 0
    private var shown: [UInt8] = []
    private(set) var faults: [String] = []

    init(_ program: String, _ arguments: [String], _ environment: [String: String]) throws {
        terminal = try PseudoTerminal(program, arguments, environment: environment)
    }

    var isOver: Bool { terminal.exit != nil }
    var output: [UInt8] { shown }
    var error: [UInt8] { shown }

    func turn() {
        let asked = terminal.pendingOutput.components(separatedBy: Self.prompt).count - 1
        // Typed before the client hides it, it would be seen, as with any client.
        guard asked > typedCount, let settings = try? terminal.settings, !settings.echoes else { return }
        typedCount += 1
        try? terminal.write(ClientScript.password + [UInt8(ascii: "\n")])
    }

    func finish() {
        // The terminal hands over what it holds in its own time; after a while without more there is none.
        var quietLooks = 0
        while quietLooks < 50 {
            usleep(2000)
            let more = terminal.readAvailable()
            quietLooks = more.isEmpty ? quietLooks + 1 : 0
            shown += more
        }
        if (try? terminal.settings) != terminal.initialSettings { faults.append("leaves the terminal changed") }
        let password = String(decoding: ClientScript.password, as: UTF8.self)
        if String(decoding: shown, as: UTF8.self).contains(password) { faults.append("shows the password") }
    }
}
