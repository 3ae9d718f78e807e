import Foundation
import TestSupport
import Testing

@Suite struct PseudoTerminalTests {
    private func shell(_ script: String) throws -> PseudoTerminal {
        try PseudoTerminal("sh", ["-c", script], environment: plainEnvironment(home: "/proc/nonexistent"))
    }

    @Test("it is the program's controlling terminal")
    func controls() async throws {
        let terminal = try shell("echo to the tty >/dev/tty; test -t 0 && test -t 1 && test -t 2 && echo all three")
        try await terminal.read(until: "to the tty")
        try await terminal.read(until: "all three")
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("what is typed arrives, and a control character signals")
    func typing() async throws {
        let terminal = try shell(
            "trap 'echo interrupted; exit 5' INT; echo ready; read line; echo \"<$line>\"; read line")
        try await terminal.read(until: "ready")
        try terminal.write("hello\n")
        try await terminal.read(until: "<hello>")
        try terminal.write("\u{3}")
        try await terminal.read(until: "interrupted")
        #expect(try await terminal.waitForExit() == .status(5))
    }

    @Test("a new size is there to ask for, and is signalled")
    func size() async throws {
        let terminal = try shell("trap 'stty size' WINCH; stty size; while :; do sleep 0.05; done")
        try await terminal.read(until: "24 80")
        try terminal.resize(columns: 132, rows: 43)
        try await terminal.read(until: "43 132")
    }

    @Test("changed settings show, and can be compared after the program's end")
    func settings() async throws {
        let terminal = try shell("stty -echo; read line; stty echo; read line; stty -icanon")
        let before = terminal.initialSettings
        #expect(before.echoes)
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write("x\n")
        try await terminal.waitForSettings { $0 == before }
        try terminal.write("x\n")
        #expect(try await terminal.waitForExit() == .status(0))
        #expect(try terminal.settings != before)
        #expect(try !terminal.settings.isCanonical)
    }

    @Test("a deadline passes with an error that shows what was there")
    func deadline() async throws {
        let terminal = try shell("echo first; echo something; sleep 3600")
        try await terminal.read(until: "first")
        try await poll(for: "the rest") { terminal.pendingOutput.contains("something") ? () : nil }
        let error = await #expect(throws: SupportError.self) {
            try await terminal.read(until: "never", within: .milliseconds(300))
        }
        #expect(error?.description.contains("something") == true)
    }

    @Test("a program that ends without the text is told apart from a deadline that passes")
    func earlyEnd() async throws {
        let terminal = try shell("echo short")
        let error = await #expect(throws: SupportError.self) {
            try await terminal.read(until: "never", within: .seconds(900))
        }
        #expect(error?.description.contains("short") == true)
        #expect(error?.description.contains("ended") == true)
    }
}
