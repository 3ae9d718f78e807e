import Foundation
import TestSupport
import Testing

/// The question for a key's passphrase, answered by a person at a terminal.
@Suite(.serialized) struct PassphraseTests {
    private static let passphrase = "open sesame"

    /// A key that the server takes, locked by a passphrase; only it is tried.
    private func lockedKey(_ desk: Desk) async throws -> [String] {
        let pair = try await KeyPair.shared(.ed25519, of: .user)
        let path = try desk.home.write(pair.privateText, to: "locked")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-p", "-a", "1", "-P", "", "-N", Self.passphrase, "-f", path])
        return ["-oBatchMode=no", "-i", path]
    }

    private func answer(_ terminal: PseudoTerminal, _ prompt: String, _ text: String) async throws {
        try await terminal.read(until: prompt)
        try await terminal.waitUntilHidden()
        try terminal.write(text + "\n")
    }

    @Test("a locked key's passphrase is asked for, again when it was wrong, and never shown")
    func secondTry() async throws {
        let desk = try await Desk()
        let options = try await lockedKey(desk)
        let path = desk.home.file("locked")
        let terminal = try desk.sit(options, "echo in; exit 4")
        try await answer(terminal, "Enter passphrase for key '\(path)': ", "wrong")
        try await answer(terminal, "Bad passphrase, try again for \(path): ", Self.passphrase)
        let shown = try await terminal.read(until: "in\r\n")
        #expect(!shown.contains("wrong") && !shown.contains("sesame"))
        try await terminal.expectEnd(.status(4))
    }

    @Test("LF-08 after three wrong ones the next key is tried")
    func nextKey() async throws {
        let desk = try await Desk()
        let options = try await lockedKey(desk)
        let terminal = try desk.sit(options, "echo in")
        for _ in 0..<3 { try await answer(terminal, ": ", "wrong") }
        try await terminal.read(until: "in\r\n")
        try await terminal.expectEnd(.status(0))
    }

    @Test("nobody is asked for a key that the server does not take")
    func unknownKey() async throws {
        let desk = try await Desk()
        let pair = try await KeyPair.generate(.ed25519, passphrase: Self.passphrase)
        let path = try desk.home.write(pair.privateText, to: "unknown")
        let terminal = try desk.sit(["-oBatchMode=no", "-i", path], "echo in")
        let shown = try await terminal.read(until: "in\r\n")
        #expect(!shown.contains("passphrase"))
        try await terminal.expectEnd(.status(0))
    }

    @Test("with BatchMode a locked key is passed over")
    func batch() async throws {
        let desk = try await Desk()
        let options = try await lockedKey(desk)
        let result = try await desk.run(["-oBatchMode=yes"] + options.dropFirst(), "echo in")
        #expect(result.outputText == "in\n" && !result.errorText.contains("passphrase"))
    }
}
