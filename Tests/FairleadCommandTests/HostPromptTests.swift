import Foundation
import TestSupport
import Testing

/// The question about an unknown host, answered by a person at a terminal.
@Suite(.serialized) struct HostPromptTests {
    private static let question = "(yes/no/[fingerprint])? "

    private func line(_ desk: Desk) throws -> String {
        "[127.0.0.1]:\(desk.server.port) \(try desk.server.hostKey(.ed25519))\n"
    }

    private func fingerprint(_ desk: Desk) async throws -> String {
        let path = try desk.home.write(desk.server.hostKey(.ed25519) + "\n", to: "host.pub")
        let shown = try await RunningProcess.runSuccessfully("ssh-keygen", ["-lf", path])
        return try #require(shown.outputText.split(separator: " ").dropFirst().first.map(String.init))
    }

    @Test("yes connects and adds the key, and the next connection asks nothing")
    func yes() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "echo in; exit 3")
        let shown = try await terminal.read(until: Self.question)
        #expect(shown.contains("The authenticity of host '[127.0.0.1]:\(desk.server.port)' can't be established."))
        #expect(shown.contains(try await fingerprint(desk)))
        try terminal.write("yes\n")
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(3))
        #expect(desk.knownHosts == (try line(desk)))
        let again = try desk.sit(desk.asking, "echo in")
        #expect(try await again.read(until: "in\r\n") == "in\r\n")
        try await again.expectEnd(.status(0))
        #expect(desk.knownHosts == (try line(desk)))
    }

    @Test("no refuses with 255, before anything of a login, and adds nothing")
    func no() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "true")
        try await terminal.read(until: Self.question)
        try terminal.write("no\n")
        try await terminal.read(until: "Host key verification failed.")
        try await terminal.expectEnd(.status(255))
        #expect(desk.knownHosts == nil)
        #expect(!desk.server.log.contains("Accepted"))
    }

    @Test("once connects and adds nothing")
    func once() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "echo in")
        try await terminal.read(until: Self.question)
        try terminal.write("once\n")
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(0))
        #expect(desk.knownHosts == nil)
    }

    @Test("the right fingerprint connects and adds the key")
    func rightFingerprint() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "echo in")
        try await terminal.read(until: Self.question)
        try terminal.write(try await fingerprint(desk) + "\n")
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(0))
        #expect(desk.knownHosts == (try line(desk)))
    }

    @Test("a wrong fingerprint asks again")
    func wrongFingerprint() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "echo in")
        try await terminal.read(until: Self.question)
        try terminal.write("SHA256:AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAA\n")
        try await terminal.read(until: "not this key's")
        #expect(desk.knownHosts == nil)
        try terminal.write("no\n")
        try await terminal.read(until: "Host key verification failed.")
        try await terminal.expectEnd(.status(255))
        #expect(desk.knownHosts == nil)
        #expect(!desk.server.log.contains("Accepted"))
    }

    @Test("any other text asks again, the empty one too", arguments: ["", "y", "ja", "yes please", "\u{4}x"])
    func otherText(text: String) async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "echo in")
        try await terminal.read(until: Self.question)
        if text.first != "\u{4}" {
            try terminal.write(text + "\n")
            try await terminal.read(until: "Please type 'yes', 'no'")
            try terminal.write("yes\n")
            try await terminal.read(until: "in\r\n")
            try await terminal.expectEnd(.status(0))
        } else {
            // The end of input is no answer that could be repeated.
            try terminal.write("\u{4}")
            try await terminal.read(until: "Host key verification failed.")
            try await terminal.expectEnd(.status(255))
        }
    }

    @Test("BatchMode never asks, even on a terminal")
    func batchMode() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-oBatchMode=yes"] + desk.asking, "true")
        let shown = try await terminal.read(until: "Host key verification failed.")
        #expect(!shown.contains("?"))
        try await terminal.expectEnd(.status(255))
        #expect(desk.knownHosts == nil)
    }

    @Test("without a terminal an unknown host is refused with 255")
    func noTerminal() async throws {
        let desk = try await Desk()
        let result = try await desk.run(desk.asking, "true") { $0.input = .bytes(Array("yes\n".utf8)) }
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("Host key verification failed."))
        #expect(result.outputText == "")
        #expect(desk.knownHosts == nil)
    }

    @Test("the question is put on the terminal while standard input is a file, which reaches the command whole")
    func inputIsFile() async throws {
        let desk = try await Desk()
        try desk.home.write("yes\nno\nsecond line\n", to: "input")
        let terminal = try desk.script("exec \"$@\" <input >output 2>error", desk.asking, "cat")
        try await terminal.read(until: Self.question)
        try terminal.write("yes\n")
        try await terminal.expectEnd(.status(0))
        #expect(try desk.home.text(of: "output") == "yes\nno\nsecond line\n")
        #expect(try desk.home.text(of: "error").hasPrefix("Warning: Permanently added"))
    }

    @Test("the question is put on the terminal while standard input is a pipe, which reaches the command whole")
    func inputIsPipe() async throws {
        let desk = try await Desk()
        let terminal = try desk.script("printf 'piped\\n' | \"$@\" >output", desk.asking, "cat")
        try await terminal.read(until: Self.question)
        try terminal.write("yes\n")
        try await terminal.expectEnd(.status(0))
        #expect(try desk.home.text(of: "output") == "piped\n")
    }

    @Test(
        "TM-04 SIGTERM, SIGHUP and SIGINT at the question end the tool by that signal",
        arguments: [
            SIGTERM, SIGHUP, SIGINT,
        ])
    func signals(number: Int32) async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "true")
        try await terminal.read(until: Self.question)
        terminal.send(number)
        try await terminal.expectEnd(.signal(number))
        #expect(desk.knownHosts == nil)
    }

    @Test("TM-04 Ctrl-C at the question ends the tool by SIGINT")
    func interrupt() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "true")
        try await terminal.read(until: Self.question)
        try terminal.write("\u{3}")
        try await terminal.expectEnd(.signal(SIGINT))
    }

    @Test("TM-05 stopped at the question and continued, the tool asks again and takes the answer")
    func stop() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "echo in")
        try await terminal.read(until: Self.question)
        try terminal.write("\u{1A}")
        try await terminal.waitUntilStopped()
        terminal.send(SIGCONT)
        try await terminal.read(until: Self.question)
        try terminal.write("yes\n")
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(0))
    }

    @Test("KX-24 a server that goes away while the question is open ends it, and adds nothing")
    func serverGoes() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "true")
        try await terminal.read(until: Self.question)
        desk.server.stop()
        try await terminal.read(until: "fairlead: ")
        try await terminal.expectEnd(.status(255))
        #expect(desk.knownHosts == nil)
    }
}
