import Foundation
import TestSupport
import Testing

@testable import Fairlead

/// The file that keeps how logins went, as the tool keeps it.
@Suite(.fewAtOnce) struct LoginMemoryTests {
    private func server() async throws -> OpenSSHServer { try await ServerProgram.sharedOpenSSH.value }

    private func login(
        _ options: [String] = [], home: TemporaryDirectory, _ environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> RunningProcess.Result {
        let result = try await server().tool(options, ["echo in"]) {
            $0.environment = plainEnvironment(home: home.path, environment)
        }
        #expect(result.exit == .status(0) && result.outputText == "in\n", sourceLocation: sourceLocation)
        #expect(result.errorText == "", sourceLocation: sourceLocation)
        return result
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private static let file = ".local/state/fairlead/logins"

    @Test("a login is kept once, for the user alone, and the next one that is like it writes nothing")
    func kept() async throws {
        let home = try TemporaryDirectory()
        _ = try await login(home: home)
        let text = try home.text(of: Self.file)
        let key = try PublicKey(line: Array(try await KeyPair.shared(.ed25519, of: .user).publicLine.utf8))
        let server = try await server()
        #expect(text.hasPrefix("[\(server.host)]:\(server.port) \(key.fingerprint.sha256) alone "))
        #expect(text.hasSuffix(" \(server.user)\n"))
        #expect(try mode(home.file(Self.file)) == 0o600)
        #expect(try mode(home.file(".local/state/fairlead")) == 0o700)
        let before = try FileManager.default.attributesOfItem(atPath: home.file(Self.file))[.systemFileNumber] as? Int
        _ = try await login(home: home)
        let after = try FileManager.default.attributesOfItem(atPath: home.file(Self.file))[.systemFileNumber] as? Int
        #expect(before == after)
        #expect(try home.text(of: Self.file) == text)
        let names = try FileManager.default.contentsOfDirectory(atPath: home.file(".local/state/fairlead"))
        #expect(names == ["logins"])
    }

    @Test("HashKnownHosts hides the host's name there too")
    func hashed() async throws {
        let home = try TemporaryDirectory()
        _ = try await login(["-o", "HashKnownHosts=yes"], home: home)
        let text = try home.text(of: Self.file)
        #expect(text.hasPrefix("|1|"))
        #expect(try await !text.contains(server().host))
        _ = try await login(["-o", "HashKnownHosts=yes"], home: home)
        #expect(try home.text(of: Self.file) == text)
    }

    @Test("an absolute XDG_STATE_HOME is its place, and any other is as if it were not set")
    func place() async throws {
        let home = try TemporaryDirectory()
        let state = try home.makeFolder("state")
        _ = try await login(home: home, ["XDG_STATE_HOME": state])
        #expect(try !home.bytes(of: "state/fairlead/logins").isEmpty)
        #expect(!FileManager.default.fileExists(atPath: home.file(".local")))
        _ = try await login(home: home, ["XDG_STATE_HOME": "state"])
        #expect(FileManager.default.fileExists(atPath: home.file(Self.file)))
    }

    @Test(
        "--no-memory, and known hosts that are not kept, keep nothing",
        arguments: [["--no-memory"], ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=off"]])
    func nothing(options: [String]) async throws {
        let home = try TemporaryDirectory()
        // Of an unchecked host's key a line is shown, so that this one is looked at by its status alone.
        let result = try await server().tool(options, ["true"]) { $0.environment = plainEnvironment(home: home.path) }
        #expect(result.exit == .status(0))
        #expect(!FileManager.default.fileExists(atPath: home.file(".local")))
    }

    @Test("what is damaged, too large, no file, or writable by others is passed over in silence")
    func damage() async throws {
        let home = try TemporaryDirectory()
        for folder in [".local", ".local/state", ".local/state/fairlead"] { try home.makeFolder(folder) }
        try home.write([0, 255, 10, 0x7C, 0x31, 0x7C] + [UInt8](repeating: 0x41, count: 1000), to: Self.file)
        _ = try await login(home: home)
        #expect(try home.text(of: Self.file).contains(" alone "))
        try home.write([UInt8](repeating: 0x41, count: 300_000), to: Self.file)
        _ = try await login(home: home)
        let text = try home.text(of: Self.file)
        #expect(text.contains(" alone ") && text.utf8.count < 1000)
        #expect(chmod(home.file(Self.file), 0o666) == 0)
        _ = try await login(home: home)
        try FileManager.default.removeItem(atPath: home.file(Self.file))
        try home.makeFolder(Self.file)
        _ = try await login(home: home)
        let blocked = try TemporaryDirectory()
        try blocked.write("", to: ".local")
        _ = try await login(home: blocked)
    }

    @Test("the library keeps nothing unless it is told where")
    func library() async throws {
        let folder = try TemporaryDirectory()
        var configuration = try await server().configuration()
        #expect(configuration.memoryPath == nil)
        configuration.memoryPath = folder.file("logins")
        let result = try await withSSHConnection(configuration) { try await $0.run("echo in") }
        #expect(result.output.text == "in\n")
        #expect(try folder.text(of: "logins").contains(" alone "))
    }

    @Test("an agent's key that did last time signs at once, before the others; a server that asks is not asked")
    func agent() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let agent = try await OpenSSHAgent.start()
        for _ in 0..<3 { try await agent.add(KeyPair.generate(.ed25519)) }
        try await agent.add(KeyPair.shared(.ed25519, of: .user))
        let home = try TemporaryDirectory()
        func login() async throws -> String {
            let before = server.log.count
            let result = try await FairleadTool.run(
                [
                    "-F", "none", "-p", String(server.port), "-o", "IdentityFile=none", "-o", "BatchMode=yes",
                    "-o", "UserKnownHostsFile=\(server.files.knownHostsPath)", "-o", "StrictHostKeyChecking=yes",
                    server.destination, "echo in",
                ], home: home.path
            ) { $0.environment["SSH_AUTH_SOCK"] = agent.path }
            #expect(result.outputText == "in\n" && result.errorText == "")
            return try await poll(for: "the login in the server's log", soFar: { server.log }) {
                let log = String(server.log.dropFirst(before))
                return log.contains("Accepted publickey") ? log : nil
            }
        }
        let first = try await login()
        #expect(first.contains("Failed publickey") && first.contains("Postponed publickey"))
        let second = try await login()
        #expect(second.contains("Accepted publickey"))
        #expect(!second.contains("Failed publickey") && !second.contains("Postponed publickey"))
    }
}
