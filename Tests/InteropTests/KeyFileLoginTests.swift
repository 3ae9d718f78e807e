import Fairlead
import Foundation
import TestSupport
import Testing

/// Logins to a real sshd with every kind of private key file.
@Suite(.fewAtOnce) struct KeyFileLoginTests {
    private static let server = Task { try await OpenSSHServer() }

    private static let plainFiles = KeyFileRecipe.all.filter { !$0.isEncrypted }
    /// Every encryption of one kind of key, and each format of the others.
    private static let lockedFiles =
        KeyFileRecipe.all.filter { $0.isEncrypted && $0.kind == .ed25519 }
        + KeyFileRecipe.logins.filter { $0.isEncrypted && $0.kind != .ed25519 }

    /// The tool's arguments, with this key and no other.
    private func arguments(_ server: OpenSSHServer, _ key: String, _ first: [String] = []) throws -> [String] {
        var arguments = first + server.clientArguments()
        let place = try #require(arguments.firstIndex(of: "-i"))
        arguments[place + 1] = key
        return arguments + [server.destination, "echo in"]
    }

    private func sit(_ server: OpenSSHServer, _ key: String) throws -> TestSupport.PseudoTerminal {
        try TestSupport.PseudoTerminal(
            FairleadTool.path, try arguments(server, key, ["-oBatchMode=no"]),
            environment: plainEnvironment(home: server.files.home, ["TERM": "xterm"]))
    }

    private func answer(_ terminal: TestSupport.PseudoTerminal, _ prompt: String, _ text: String) async throws {
        try await terminal.read(until: prompt)
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write(text + "\n")
    }

    @Test("a key file without a passphrase lets in, whoever made it", arguments: plainFiles)
    func plain(recipe: KeyFileRecipe) async throws {
        let server = try await Self.server.value
        let folder = try TemporaryDirectory()
        let key = try folder.write(try await recipe.make(), to: "key")
        let result = try await FairleadTool.run(arguments(server, key), home: folder.path)
        #expect(result.outputText == "in\n" && result.exit == .status(0), "\(result)")
    }

    @Test("a wrong passphrase says so and asks again, and the right one lets in", arguments: lockedFiles)
    func locked(recipe: KeyFileRecipe) async throws {
        let server = try await Self.server.value
        let folder = try TemporaryDirectory()
        let key = try folder.write(try await recipe.make(), to: "key")
        let terminal = try sit(server, key)
        try await answer(terminal, "Enter passphrase for key '\(key)': ", "wrong")
        try await answer(terminal, "Bad passphrase, try again for \(key): ", KeyFileRecipe.passphrase)
        let shown = try await terminal.read(until: "in\r\n")
        #expect(!shown.contains("sesame"))
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("with its .pub beside, a locked PEM key that the server does not take asks nobody; another's .pub is refused")
    func publicHalfBeside() async throws {
        let server = try await OpenSSHServer { $0.authorizedKeys = [.ecdsa] }
        let recipe = try #require(KeyFileRecipe.logins.first { $0.kind == .ecdsa384 && $0.isEncrypted })
        let folder = try TemporaryDirectory()
        let key = try folder.write(try await recipe.make(), to: "key")
        try folder.write(try await KeyPair.shared(.ecdsa384, of: .user).publicLine, to: "key.pub")
        let terminal = try sit(server, key)
        #expect(try await terminal.waitForExit() == .status(255))
        #expect(!String(decoding: terminal.readAvailable(), as: UTF8.self).contains("passphrase"))
        try folder.write(try await KeyPair.shared(.ecdsa, of: .user).publicLine, to: "key.pub")
        let second = try sit(server, key)
        try await answer(second, "Enter passphrase for key '\(key)': ", KeyFileRecipe.passphrase)
        try await second.read(until: "Load key \"\(key)\": its public half belongs to another private key")
        #expect(try await second.waitForExit() == .status(255))
    }

    @Test("the tool says in a sentence what is wrong with a key file, and what to do")
    func sentence() async throws {
        let server = try await Self.server.value
        let folder = try TemporaryDirectory()
        let key = folder.file("key")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-t", "rsa", "-b", "1024", "-m", "PEM", "-N", "", "-f", key])
        let result = try await FairleadTool.run(arguments(server, key), home: folder.path)
        #expect(result.exit == .status(255))
        #expect(
            result.errorText.contains("Load key \"\(key)\": an RSA key of 1024 bits is too short (RequiredRSASize)"),
            "\(result.errorText)")
    }

    @Test("the library reads a key from memory, and logs in with it")
    func library() async throws {
        let server = try await Self.server.value
        let recipe = try #require(KeyFileRecipe.logins.first { $0.kind == .rsa && $0.isEncrypted })
        let contents = Secret(copying: try await recipe.make())
        let key = try PrivateKey.parse(contents, passphrase: Secret(copying: KeyFileRecipe.passphrase.utf8))
        var configuration = server.configuration()
        configuration.credentials = [.privateKey(key)]
        let output = try await withSSHConnection(configuration) { try await $0.run("echo in").output.text }
        #expect(output == "in\n")
        #expect(throws: SSHError(.usage, .file, "Load key: it is encrypted, and needs its passphrase")) {
            _ = try PrivateKey.parse(contents)
        }
    }
}
