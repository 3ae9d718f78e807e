import Foundation
import TestSupport
import Testing

@Suite struct ScriptTests {
    private let root = URL(fileURLWithPath: #filePath).pathComponents.dropLast(3).joined(separator: "/").dropFirst()

    @Test("Scripts/try logs in to its own server, passes the command's status on and leaves nothing behind")
    func tryCommand() async throws {
        let folder = try TemporaryDirectory()
        let result = try await RunningProcess.run("bash", ["\(root)/Scripts/try", "echo tried; exit 7"]) {
            $0.environment = plainEnvironment(home: folder.path, ["FAIRLEAD_TOOL": "ssh", "TMPDIR": folder.path])
        }
        #expect(result.outputText == "tried\n", "\(result.errorText)")
        #expect(result.exit == .status(7))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("Scripts/try without a terminal greets and tells the system")
    func tryGreeting() async throws {
        let folder = try TemporaryDirectory()
        let result = try await RunningProcess.run("bash", ["\(root)/Scripts/try"]) {
            $0.environment = plainEnvironment(home: folder.path, ["FAIRLEAD_TOOL": "ssh", "TMPDIR": folder.path])
        }
        #expect(result.outputText.hasPrefix("hello from "), "\(result.errorText)")
        #expect(result.exit == .status(0))
    }

    // An sshd without root gives terminals only where the system mounts them for the group tty.
    @Test("Scripts/try on a terminal opens a shell", .enabled(if: geteuid() == 0))
    func tryShell() async throws {
        let folder = try TemporaryDirectory()
        let terminal = try PseudoTerminal(
            "bash", ["\(root)/Scripts/try"],
            environment: plainEnvironment(
                home: folder.path, ["FAIRLEAD_TOOL": "ssh", "TMPDIR": folder.path, "TERM": "dumb"]))
        try await terminal.read(until: "leave it with `exit`")
        try terminal.write("echo $((40+2))-in; exit 3\n")
        try await terminal.read(until: "42-in")
        #expect(try await terminal.waitForExit() == .status(3))
        #expect(terminal.initialSettings == (try terminal.settings))
    }
}
