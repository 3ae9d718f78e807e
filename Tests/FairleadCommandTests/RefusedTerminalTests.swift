import Foundation
import TestSupport
import Testing

/// Servers that give no terminal, or do not run what was asked for: what then happens is what ssh does.
// An sshd without root gives terminals only where the system mounts them for the group tty.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct RefusedTerminalTests {
    private static let sentence = "PTY allocation request failed on channel 0\r\n"

    @Test("CH-21 a shell whose terminal is refused runs without: our terminal stays as it is, and escapes act")
    func shell() async throws {
        let desk = try await Desk { $0.lines = ["PermitTTY no"] }
        let terminal = try desk.sit()
        try await terminal.read(until: Self.sentence)
        try terminal.write("test -t 0; echo tty $?-in\n")
        try await terminal.read(until: "tty 1-in")
        #expect(try terminal.settings == terminal.initialSettings)
        try terminal.write("~?\n")
        try await terminal.read(until: "~.   end the connection\r\n")
        // Stopped and continued it is still not raw.
        terminal.send(SIGTSTP)
        try await terminal.waitUntilStopped()
        terminal.send(SIGCONT)
        try terminal.write("echo back-$((40+2)); exit 3\n")
        try await terminal.read(until: "back-42")
        #expect(try terminal.settings == terminal.initialSettings)
        try await terminal.read(until: "Connection to 127.0.0.1 closed.\r\n")
        try await terminal.expectEnd(.status(3))
    }

    @Test("CH-21 who insists on a terminal does not go on without one", arguments: ["-t", "-tt", "-oRequestTTY=force"])
    func required(option: String) async throws {
        let desk = try await Desk { $0.lines = ["PermitTTY no"] }
        let terminal = try desk.sit([option], "exit 0")
        try await terminal.read(until: Self.sentence)
        try await terminal.expectEnd(.status(255))
    }

    @Test("CH-21 with -q a refused terminal is not told")
    func quiet() async throws {
        let desk = try await Desk { $0.lines = ["PermitTTY no"] }
        let terminal = try desk.sit(["-q"])
        try terminal.write("echo in-$((40+2)); exit 3\n")
        let shown = try await terminal.read(until: "in-42")
        #expect(!shown.contains("PTY"))
        try await terminal.expectEnd(.status(3))
    }

    @Test("CH-21 a subsystem that the server does not have is refused in ssh's words")
    func subsystem() async throws {
        let desk = try await Desk()
        let result = try await desk.run(["-s"], "nonsense")
        #expect(result.errorText == "fairlead: subsystem request failed on channel 0\n")
        #expect(result.exit == .status(255))
    }
}
