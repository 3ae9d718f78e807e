import Foundation
import TestSupport
import Testing

/// The question for a password, answered by a person at a terminal.
@Suite(.serialized, .enabled(if: ThrowawayUser.isPossible)) struct PasswordPromptTests {
    private static let password = "pass wörd 1~."

    private func desk() async throws -> Desk {
        try await Desk(password: Self.password)
    }

    private func prompt(_ desk: Desk) -> String {
        "\(desk.server.destination)'s password: "
    }

    private func answer(_ terminal: PseudoTerminal, _ desk: Desk, _ text: String) async throws {
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write(text + "\n")
    }

    @Test("F4: the right password logs in at once, unseen; a line marks the end of our questions, and echo is back")
    func rightAtOnce() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "read line; echo \"<$line>\"; exit 5")
        try await answer(terminal, desk, Self.password)
        try await terminal.waitForSettings { $0 == terminal.initialSettings }
        try terminal.write("typed\n")
        let shown = try await terminal.read(until: "<typed>")
        #expect(shown.contains("typed\r\n") && shown.contains("-- fairlead: logged in to "))
        #expect(!shown.contains("pass"))
        try await terminal.expectEnd(.status(5))
    }

    @Test("the third try may be the right one")
    func thirdTry() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "echo in")
        try await answer(terminal, desk, "wrong")
        try await terminal.read(until: "Permission denied, please try again.")
        try await answer(terminal, desk, "")
        try await terminal.read(until: "Permission denied, please try again.")
        try await answer(terminal, desk, Self.password)
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(0))
    }

    @Test("three wrong ones are Permission denied and 255")
    func threeWrong() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "echo in")
        for _ in 0..<3 { try await answer(terminal, desk, "wrong") }
        let shown = try await terminal.read(until: "Permission denied (publickey,password).")
        #expect(!shown.contains("wrong"))
        try await terminal.expectEnd(.status(255))
        #expect(!terminal.pendingOutput.contains("password: "))
    }

    @Test("NumberOfPasswordPrompts bounds the questions")
    func numberOfPrompts() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword + ["-oNumberOfPasswordPrompts=1"], "echo in")
        try await answer(terminal, desk, "wrong")
        try await terminal.read(until: "Permission denied (publickey,password).")
        try await terminal.expectEnd(.status(255))
    }

    @Test("the end of input gives up: Permission denied and 255")
    func endOfInput() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "echo in")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write("\u{4}")
        try await terminal.read(until: "Permission denied (publickey,password).")
        try await terminal.expectEnd(.status(255))
    }

    @Test("the question is put on the terminal while standard input is a file, which reaches the command whole")
    func inputIsFile() async throws {
        let desk = try await desk()
        try desk.home.write("wrong\nsecond\n", to: "input")
        let terminal = try desk.script("exec \"$@\" <input >output", desk.withPassword, "cat")
        try await answer(terminal, desk, Self.password)
        try await terminal.expectEnd(.status(0))
        #expect(try desk.home.text(of: "output") == "wrong\nsecond\n")
    }

    @Test("the question is put on the terminal while standard input is a pipe, which reaches the command whole")
    func inputIsPipe() async throws {
        let desk = try await desk()
        let terminal = try desk.script("printf 'piped\\n' | \"$@\" 2>error", desk.withPassword, "cat")
        try await answer(terminal, desk, Self.password)
        try await terminal.read(until: "piped\r\n")
        try await terminal.expectEnd(.status(0))
        #expect(try desk.home.text(of: "error") == "")
    }

    @Test("BatchMode asks for no password, even on a terminal")
    func batchMode() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(["-oBatchMode=yes"] + desk.withPassword, "true")
        let shown = try await terminal.read(until: "Permission denied (publickey,password).")
        #expect(!shown.contains("password: "))
        try await terminal.expectEnd(.status(255))
    }

    @Test("without a terminal no password is asked for: Permission denied and 255")
    func noTerminal() async throws {
        let desk = try await desk()
        let input = Array((Self.password + "\n").utf8)
        let result = try await desk.run(desk.withPassword, "true") { $0.input = .bytes(input) }
        #expect(result.exit == .status(255))
        #expect(result.errorText.hasSuffix("Permission denied (publickey,password).\n"))
        #expect(!result.errorText.contains("password: "))
    }

    @Test(
        "TM-04 SIGTERM, SIGHUP and SIGINT at the question end the tool by that signal; half a password is left to nobody",
        arguments: [SIGTERM, SIGHUP, SIGINT])
    func signals(number: Int32) async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "true")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write("half a pass")
        terminal.send(number)
        try await terminal.expectEnd(.signal(number))
        #expect(try terminal.takeUnreadInput() == [])
    }

    @Test("TM-04 Ctrl-C at the question ends the tool by SIGINT")
    func interrupt() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "true")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write("half\u{3}")
        try await terminal.expectEnd(.signal(SIGINT))
        #expect(!terminal.pendingOutput.contains("half"))
    }

    @Test(
        "TM-05 while the tool is stopped at the question echo is back; continued, it hides and asks again",
        arguments: [
            "\u{1A}", "",
        ])
    func stop(key: String) async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "echo in")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write("half")
        if key.isEmpty { terminal.send(SIGTSTP) } else { try terminal.write(key) }
        try await terminal.waitUntilStopped()
        #expect(try terminal.settings == terminal.initialSettings)
        terminal.send(SIGCONT)
        try await answer(terminal, desk, Self.password)
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(0))
    }

    @Test("TM-05 half a password is not left to the shell while the tool is stopped")
    func stopDiscards() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "true")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write("half a pass")
        terminal.send(SIGTSTP)
        try await terminal.waitUntilStopped()
        #expect(try terminal.settings == terminal.initialSettings)
        #expect(try terminal.takeUnreadInput() == [])
    }

    @Test("TM-08 a crash at the question restores the terminal and dies by its signal", arguments: [SIGABRT, SIGSEGV])
    func crash(number: Int32) async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "true")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        terminal.send(number)
        try await terminal.expectEnd(.signal(number))
        try await terminal.read(until: "\nfairlead: internal error; the terminal was restored")
    }

    @Test(
        "AU-16 a server that goes away while the question is open ends it; echo is back, half a password is discarded")
    func serverGoes() async throws {
        let desk = try await desk()
        let terminal = try desk.sit(desk.withPassword, "true")
        try await terminal.read(until: prompt(desk))
        try await terminal.waitUntilHidden()
        try terminal.write("half a pass")
        desk.server.stop()
        try await terminal.read(until: "fairlead: ")
        try await terminal.expectEnd(.status(255))
        #expect(try terminal.takeUnreadInput() == [])
    }
}
