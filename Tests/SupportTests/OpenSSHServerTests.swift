import Foundation
import TestSupport
import Testing

@Suite struct OpenSSHServerTests {
    @Test("ssh logs in with each kind of key and runs a command", arguments: KeyKind.allCases)
    func login(kind: KeyKind) async throws {
        let server = try await OpenSSHServer()
        let result = try await ssh(server.clientArguments(kind) + [server.destination, "echo hello; exit 3"])
        #expect(result.outputText == "hello\n")
        #expect(result.exit == .status(3))
        try await server.waitForLog("Accepted publickey for \(server.user)")
    }

    @Test("a line of the test's own wins over the default one")
    func configuration() async throws {
        let server = try await OpenSSHServer {
            $0.lines = ["Ciphers aes256-ctr", "AcceptEnv NONE", "SetEnv PLANTED=here", "LogLevel DEBUG1"]
            $0.hostKeys = [.ecdsa]
        }
        let arguments = ["-v", "-o", "SendEnv=LC_ALL"] + server.clientArguments()
        let result = try await ssh(arguments + [server.destination, "echo $PLANTED"])
        #expect(result.outputText == "here\n")
        #expect(result.errorText.contains("cipher: aes256-ctr"))
        #expect(result.errorText.contains("host key algorithm: ecdsa-sha2-nistp256"))
        try await server.waitForLog("debug1: ")
    }

    @Test("a key that is not authorized is refused")
    func refusal() async throws {
        let server = try await OpenSSHServer { $0.authorizedKeys = [.rsa] }
        let result = try await ssh(server.clientArguments(.ed25519) + [server.destination, "true"])
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("Permission denied"))
    }

    @Test("a password lets a throwaway user in", .enabled(if: ThrowawayUser.isPossible))
    func password() async throws {
        let user = try await ThrowawayUser.create(password: "pass word 1")
        let server = try await OpenSSHServer { $0.user = user }
        let folder = try TemporaryDirectory()
        let askpass = try folder.write("#!/bin/sh\necho 'pass word 1'\n", to: "askpass", mode: 0o755)
        let arguments =
            server.clientArguments().filter { $0 != "BatchMode=yes" } + ["BatchMode=no"]
            + ["-o", "PubkeyAuthentication=no", server.destination, "id -un; echo $HOME"]
        let result = try await RunningProcess.run("ssh", arguments) {
            $0.environment = plainEnvironment(
                home: folder.path, ["SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force"])
        }
        #expect(result.outputText == "\(user.name)\n\(user.home.path)\n", "\(result.errorText)\(server.log)")
    }

    @Test("a stopped server accepts nothing more, and its sessions are gone")
    func stop() async throws {
        let server = try await OpenSSHServer()
        var plan = RunningProcess.Plan("ssh", server.clientArguments() + [server.destination, "echo up; sleep 3600"])
        plan.environment = plainEnvironment(home: server.files.home)
        let client = try RunningProcess(plan)
        try await client.waitForOutput("up")
        let sessions = server.sessions
        #expect(!sessions.isEmpty)
        server.stop()
        #expect(try await client.result().exit == .status(255))
        try await poll(for: "the sessions to go") { sessions.contains(where: ProcessTree.isRunning) ? nil : () }
        #expect(!Loopback.answers(port: server.port))
    }

    @Test("a throwaway user is gone with the last reference", .enabled(if: ThrowawayUser.isPossible))
    func userRemoval() async throws {
        var user: ThrowawayUser? = try await ThrowawayUser.create()
        let name = try #require(user?.name)
        let home = try #require(user?.home.path)
        #expect(getpwnam(name) != nil)
        user = nil
        #expect(getpwnam(name) == nil)
        #expect(access(home, F_OK) != 0)
    }

    private func ssh(_ arguments: [String]) async throws -> RunningProcess.Result {
        try await RunningProcess.run("ssh", arguments)
    }
}
