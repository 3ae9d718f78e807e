import Foundation
import TestSupport
import Testing

/// What must not leave us, or be left behind by us, for others to read.
@Suite(.fewAtOnce) struct OwnFaultTests {
    @Test(
        "D7 A signature that came out wrong is never sent: it could betray the key",
        .enabled(if: FaultShim.isPossible), arguments: [KeyKind.rsa, .ecdsa])
    func spoiledSignature(_ kind: KeyKind) async throws {
        let server = try await OpenSSHServer { $0.lines = ["LogLevel DEBUG3"] }
        let shim = try await FaultShim.shared
        func login(_ environment: [String: String]) async throws -> RunningProcess.Result {
            let arguments = server.clientArguments(kind) + ["-o", "BatchMode=yes", server.destination, "echo in"]
            return try await FairleadTool.run(arguments, home: server.files.home) { plan in
                shim.precede(&plan, environment)
            }
        }
        let whole = try await login([:])
        #expect(whole.exit == .status(0) && whole.outputText == "in\n")
        // So the server tells of each that it is given.
        func signatureCount() -> Int { server.log.components(separatedBy: " signature for ").count - 1 }
        try await poll(for: "the signature in the log") { signatureCount() > 0 ? () : nil }
        #expect(signatureCount() == 1)
        let spoiled = try await login(["FAULT_SIGN": "1"])
        #expect(spoiled.exit == .status(255) && !spoiled.errorText.isEmpty, "\(spoiled.errorText)")
        // What the server has to say of it comes before that.
        try await server.waitForLog("disconnected by user [preauth]")
        #expect(signatureCount() == 1)
    }

    @Test("D11 Whatever the umask, what we write and the folders that we make are for their user alone")
    func modes() async throws {
        let server = try await OpenSSHServer()
        let home = try TemporaryDirectory()
        let arguments = [
            "-F", "none", "-p", "\(server.port)", "-i", server.files.keyPath(.ed25519), "-o", "IdentitiesOnly=yes",
            "-o",
            "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=\(home.path)/.ssh/known_hosts", "-o",
            "GlobalKnownHostsFile=/dev/null", server.destination, "echo in",
        ]
        let result = try await RunningProcess.run(
            "/bin/sh", ["-c", "umask 0; exec \"$0\" \"$@\"", try FairleadTool.path] + arguments
        ) { $0.environment = plainEnvironment(home: home.path) }
        #expect(result.exit == .status(0) && result.outputText == "in\n", "\(result.errorText)")
        func mode(_ name: String) throws -> mode_t {
            var status = stat()
            try #require(lstat(home.file(name), &status) == 0, "\(name)")
            return status.st_mode & 0o777
        }
        #expect(try mode(".ssh") == 0o700 && mode(".ssh/known_hosts") == 0o600)
        #expect(try mode(".local/state/fairlead") == 0o700 && mode(".local/state/fairlead/logins") == 0o600)
    }
}
