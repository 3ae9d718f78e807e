import Foundation
import NIOCore
import SSHCrypto
import SSHIdentity
import TestSupport
import Testing

@testable import Fairlead

/// Logins by the tool with keys that an agent keeps.
@Suite(.fewAtOnce) struct AgentLoginTests {
    private func server() async throws -> OpenSSHServer { try await ServerProgram.sharedOpenSSH.value }

    private func pair(_ kind: KeyKind) async throws -> KeyPair { try await KeyPair.shared(kind, of: .user) }

    /// Runs `echo in` on the server with no key but those that `options` name, and this `SSH_AUTH_SOCK`.
    private func login(
        to server: OpenSSHServer, _ socket: String, _ options: [String], environment: [String: String] = [:]
    ) async throws -> RunningProcess.Result {
        try await startLogin(to: server, socket, options, environment: environment).result()
    }

    private func startLogin(
        to server: OpenSSHServer, _ socket: String, _ options: [String], environment: [String: String] = [:]
    ) throws -> RunningProcess {
        let arguments = [
            "-F", "none", "-p", String(server.port), "-o", "UserKnownHostsFile=\(server.files.knownHostsPath)",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes",
        ]
        var plan = RunningProcess.Plan(
            try FairleadTool.path, options + arguments + [server.destination, "echo in"])
        plan.environment = plainEnvironment(home: "/proc/nonexistent", ["SSH_AUTH_SOCK": socket])
        plan.environment.merge(environment) { $1 }
        return try RunningProcess(plan)
    }

    private static let noFile = ["-o", "IdentityFile=none", "-o", "BatchMode=yes"]

    private func expectLogin(_ result: RunningProcess.Result, _ location: SourceLocation = #_sourceLocation) {
        #expect(result.outputText == "in\n", "\(result.errorText)", sourceLocation: location)
        #expect(result.exit == .status(0), sourceLocation: location)
    }

    private func expectDenial(_ result: RunningProcess.Result, _ location: SourceLocation = #_sourceLocation) {
        #expect(result.outputText == "", sourceLocation: location)
        #expect(result.exit == .status(255), sourceLocation: location)
        #expect(result.errorText.contains("Permission denied"), "\(result.errorText)", sourceLocation: location)
    }

    @Test("a key that only the agent has logs in", arguments: KeyKind.allCases)
    func everyKind(kind: KeyKind) async throws {
        let agent = try await OpenSSHAgent.start()
        try await agent.add(pair(kind))
        let result = try await login(to: server(), agent.path, Self.noFile)
        expectLogin(result)
        #expect(result.errorText == "")
    }

    @Test("IdentityAgent stands above SSH_AUTH_SOCK: a path, a variable, that name itself, or none")
    func identityAgent() async throws {
        let agent = try await OpenSSHAgent.start()
        let empty = try await OpenSSHAgent.start()
        try await agent.add(pair(.ed25519))
        let server = try await server()
        func login(_ value: String, _ socket: String) async throws -> RunningProcess.Result {
            try await self.login(
                to: server, socket, Self.noFile + ["-o", "IdentityAgent=\(value)"], environment: ["OTHER": agent.path])
        }
        expectLogin(try await login(agent.path, empty.path))
        expectLogin(try await login("$OTHER", empty.path))
        expectLogin(try await login("SSH_AUTH_SOCK", agent.path))
        expectDenial(try await login("none", agent.path))
        expectDenial(try await login(empty.path, agent.path))
    }

    @Test(
        "IdentitiesOnly leaves the agent's other keys alone, and signs with the agent for a key whose public half is named"
    )
    func identitiesOnly() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let agent = try await OpenSSHAgent.start()
        let other = try await KeyPair.generate(.ed25519)
        try await agent.add(other)
        try await agent.add(pair(.ecdsa))
        let folder = try TemporaryDirectory()
        let named = try folder.write(try await pair(.ecdsa).publicLine + "\n", to: "named.pub")
        let only = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", named]
        expectLogin(try await login(to: server, agent.path, only))
        let fingerprint = try PublicKey(line: Array(other.publicLine.utf8)).fingerprint.sha256
        try await server.waitForLog("Disconnected from user")
        #expect(!server.log.contains(fingerprint))
        expectLogin(try await login(to: server, agent.path, Self.noFile))
        try await server.waitForLog(fingerprint)
    }

    @Test("a named file that cannot be used itself does not keep the agent from signing for the public half beside it")
    func unusableFile() async throws {
        let agent = try await OpenSSHAgent.start()
        try await agent.add(pair(.ed25519))
        let server = try await server()
        let folder = try TemporaryDirectory()
        try folder.write(try await pair(.ed25519).publicLine + "\n", to: "key.pub")
        for (text, mode) in [(try await pair(.ed25519).privateText, 0o644), ("no key\n", 0o600)] {
            let path = try folder.write(text, to: "key", mode: mode_t(mode))
            let only = ["-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", path]
            expectLogin(try await login(to: server, agent.path, only))
            let alone = try await login(to: server, "/proc/nonexistent", only)
            expectDenial(alone)
            #expect(alone.errorText.contains("Load key \"\(path)\": "), "\(alone.errorText)")
        }
    }

    @Test("a certificate that the agent has logs in where only its authority is known")
    func certificate() async throws {
        let folder = try TemporaryDirectory(isPublic: true)
        let authority = try await KeyPair.generate(.ecdsa)
        let trusted = try folder.write(authority.publicLine + "\n", to: "ca.pub", mode: 0o644)
        let server = try await OpenSSHServer.withoutProfile {
            $0.lines = ["TrustedUserCAKeys \(trusted)", "AuthorizedKeysFile none"]
        }
        let key = try await KeyPair.generate(.ed25519)
        let path = try folder.write(authority.privateText, to: "ca")
        try folder.write(key.publicLine + "\n", to: "key.pub")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-s", path, "-I", "someone", "-n", server.user, folder.file("key.pub")])
        let agent = try await OpenSSHAgent.start()
        try await agent.add(key)
        expectDenial(try await login(to: server, agent.path, Self.noFile))
        try await agent.add(key, certificate: folder.text(of: "key-cert.pub"))
        expectLogin(try await login(to: server, agent.path, Self.noFile))
    }

    @Test(
        "AddKeysToAgent gives the agent a key that a file held, as it says",
        arguments: [
            ("yes", true, false), ("confirm", true, true), ("1h", true, false), ("confirm 1h", true, true),
            ("no", false, false),
        ])
    func addKeys(value: String, isAdded: Bool, asks: Bool) async throws {
        let server = try await server()
        let agent = try await OpenSSHAgent.start(confirm: false)
        let options = ["-o", "AddKeysToAgent=\(value)", "-o", "BatchMode=yes", "-i", server.files.keyPath(.ed25519)]
        expectLogin(try await login(to: server, agent.path, options))
        // By the comment that the file holds, as ssh adds it.
        #expect(try await agent.publicLines() == (isAdded ? [pair(.ed25519).publicLine] : []))
        guard isAdded else { return }
        // Whether the agent asks before it signs, and is refused.
        let result = try await login(to: server, agent.path, Self.noFile)
        if asks { expectDenial(result) } else { expectLogin(result) }
        #expect(agent.questions.isEmpty != asks)
    }

    @Test("AddKeysToAgent with a lifetime: the agent forgets the key")
    func addForAWhile() async throws {
        let server = try await server()
        let agent = try await OpenSSHAgent.start()
        let options = ["-o", "AddKeysToAgent=2", "-o", "BatchMode=yes", "-i", server.files.keyPath(.ed25519)]
        expectLogin(try await login(to: server, agent.path, options))
        try await agent.waitUntil(keyCount: 0)
    }

    @Test("AddKeysToAgent=ask adds what the user agrees to, and nothing else", arguments: [true, false])
    func addAfterAsking(agrees: Bool) async throws {
        let server = try await server()
        let agent = try await OpenSSHAgent.start()
        let folder = try TemporaryDirectory()
        let askpass = try folder.write(
            "#!/bin/sh\necho \"$1\" >>'\(folder.path)/asked'\necho \(agrees ? "yes" : "no")\nexit \(agrees ? 0 : 1)\n",
            to: "askpass", mode: 0o700)
        let result = try await login(
            to: server, agent.path, ["-o", "AddKeysToAgent=ask", "-i", server.files.keyPath(.ed25519)],
            environment: ["SSH_ASKPASS": askpass, "SSH_ASKPASS_REQUIRE": "force"])
        expectLogin(result)
        #expect(try await agent.publicLines().count == (agrees ? 1 : 0))
        #expect(try folder.text(of: "asked").contains(server.files.keyPath(.ed25519)))
    }

    @Test("D9: a key of ssh-add -h logs in to the host that it is for, and nowhere else")
    func hostBoundKey() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let foreign = try await KeyPair.generate(.ed25519)
        let known = try folder.write(
            "[127.0.0.1]:\(server.port) \(try server.hostKey(.ed25519))\nother.example \(foreign.publicKey)\n",
            to: "known")
        let options = Self.noFile + ["-o", "HostKeyAlgorithms=ssh-ed25519"]
        let bound = try await OpenSSHAgent.start()
        try await bound.add(pair(.ed25519), ["-H", known, "-h", "[127.0.0.1]:\(server.port)"])
        expectLogin(try await login(to: server, bound.path, options))
        let elsewhere = try await OpenSSHAgent.start()
        try await elsewhere.add(pair(.ed25519), ["-H", known, "-h", "other.example"])
        expectDenial(try await login(to: server, elsewhere.path, options))
    }

    @Test("AU-20: among 100 keys of an agent, the configured one goes first, and logs in")
    func configuredKeyFirst() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["MaxAuthTries 6"] }
        let agent = try await OpenSSHAgent.start()
        try await agent.fill(with: 100)
        let options = ["-o", "BatchMode=yes", "-i", server.files.keyPath(.ed25519)]
        expectLogin(try await login(to: server, agent.path, options))
        try await server.waitForLog("Disconnected from user")
        #expect(!server.log.contains("Failed publickey"))
    }

    @Test("AU-20: where none of an agent's 100 keys is the right one, login ends with advice")
    func tooManyKeys() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["MaxAuthTries 6"] }
        let agent = try await OpenSSHAgent.start()
        try await agent.fill(with: 100)
        let result = try await login(to: server, agent.path, Self.noFile)
        expectDenial(result)
        #expect(result.errorText.contains("IdentitiesOnly"))
    }

    @Test("AU-21: with an agent that is dead, hung or talks nonsense, a key file still logs in")
    func brokenAgents() async throws {
        let server = try await server()
        let options = ["-o", "BatchMode=yes", "-i", server.files.keyPath(.ed25519)]
        let hung = try await OpenSSHAgent.start()
        hung.suspend()
        let nonsense = try await ScriptedAgent.start { _ in .raw([UInt8](repeating: 0x41, count: 100)) }
        let folder = try TemporaryDirectory()
        let sockets = [
            folder.file("none"), try folder.write("", to: "file"), "/" + String(repeating: "a", count: 4096), "",
            hung.path,
            nonsense.path,
        ]
        for socket in sockets {
            let result = try await login(to: server, socket, options)
            expectLogin(result)
            #expect(result.errorText == "", "\(socket.suffix(20))")
        }
    }

    @Test(
        "AU-21, AU-22: an agent that lists a key and then does not sign, or signs wrongly, costs the login nothing but that key"
    )
    func lyingAgents() async throws {
        let server = try await server()
        let options = ["-o", "BatchMode=yes", "-i", server.files.keyPath(.ecdsa)]
        let key = try await PublicKey(line: Array(pair(.ed25519).publicLine.utf8))
        let folder = try TemporaryDirectory()
        try folder.write(key.openSSHLine + "\n", to: "key.pub")
        let list = [12] + bigEndian(1) + wireString(key.blob) + wireString([])
        let signature = wireString("ssh-ed25519".utf8) + wireString([UInt8](repeating: 1, count: 64))
        for step in [.close, .message([5]), .message([14] + wireString(signature))] as [ScriptedAgent.Step] {
            let agent = try await ScriptedAgent.start { question in
                switch question.first {
                case 11: .message(list)
                case 13: step
                default: .message([5])
                }
            }
            let result = try await login(to: server, agent.path, ["-i", folder.file("key.pub")] + options)
            expectLogin(result)
            #expect(agent.questions.contains { $0.first == 13 })
        }
    }

    @Test("whoever waits for the agent's person is told so; when the agent dies meanwhile, another key logs in")
    func deathWhileWaiting() async throws {
        let server = try await server()
        let agent = try await OpenSSHAgent.start(confirm: nil)
        try await agent.add(pair(.ed25519), ["-c"])
        let folder = try TemporaryDirectory()
        let named = try folder.write(try await pair(.ed25519).publicLine + "\n", to: "named.pub")
        let options = ["-o", "BatchMode=yes", "-i", named, "-i", server.files.keyPath(.ecdsa)]
        let tool = try startLogin(to: server, agent.path, options)
        try await tool.waitForError("confirm or touch")
        agent.stop()
        expectLogin(try await tool.result())
    }

    @Test("Ruling 23: Ctrl-C passes over a key that waits for its person, and the next one logs in")
    func passedOver() async throws {
        let server = try await server()
        let agent = try await OpenSSHAgent.start(confirm: nil)
        try await agent.add(pair(.ed25519), ["-c"])
        let folder = try TemporaryDirectory()
        let named = try folder.write(try await pair(.ed25519).publicLine + "\n", to: "named.pub")
        let terminal = try TestSupport.PseudoTerminal(
            FairleadTool.path,
            ["-oBatchMode=no", "-i", named] + server.clientArguments(.ecdsa) + [server.destination, "echo in"],
            environment: plainEnvironment(home: folder.path, ["TERM": "xterm", "SSH_AUTH_SOCK": agent.path]))
        try await terminal.read(until: "Ctrl-C passes this key over")
        try terminal.write("\u{03}")
        try await terminal.read(until: "in\r\n")
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("when the connection is lost while the agent waits for a person, the wait is over")
    func lossWhileWaiting() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let agent = try await OpenSSHAgent.start(confirm: nil)
        try await agent.add(pair(.ed25519), ["-c"])
        let tool = try startLogin(to: server, agent.path, Self.noFile)
        try await tool.waitForError("confirm or touch")
        server.stop()
        let result = try await tool.result()
        #expect(result.exit == .status(255))
        #expect(result.outputText == "")
    }

    @Test("a person who refuses the agent's question is not asked again, and another key logs in")
    func refusal() async throws {
        let server = try await server()
        let agent = try await OpenSSHAgent.start(confirm: false)
        try await agent.add(pair(.ed25519), ["-c"])
        try await agent.add(pair(.ecdsa))
        expectLogin(try await login(to: server, agent.path, Self.noFile))
        #expect(agent.questions.split(separator: "\n").filter { $0.contains("Allow use") }.count == 1)
    }

    @Test("the library logs in with several agents in order, and with a signer of the caller's own")
    func library() async throws {
        let server = try await server()
        let empty = try await OpenSSHAgent.start()
        let agent = try await OpenSSHAgent.start()
        try await agent.add(pair(.ed25519))
        var configuration = server.configuration()
        let paths = [empty.path, "/proc/nonexistent/agent", agent.path]
        configuration.credentials = paths.map { .agent(SSHAgent.patient($0)) }
        let first = try await withSSHConnection(configuration) { try await $0.run("echo in").output }
        #expect(String(buffer: first) == "in\n")
        let key = try #require(try await SSHAgent.patient(agent.path).identities().first)
        configuration.credentials = [.signer(key)]
        let second = try await withSSHConnection(configuration) { try await $0.run("echo in").output }
        #expect(String(buffer: second) == "in\n")
    }
}

extension OpenSSHAgent {
    /// Gives it so many keys that no server knows.
    fileprivate func fill(with count: UInt8) async throws {
        for number in 1...count {
            let seed = [UInt8](repeating: number, count: 32)
            let key = try SigningKey(ed25519Seed: SecretBytes(copying: seed))
            try await SSHAgent.patient(path).add(PrivateKey(key, commentBytes: [number]))
        }
    }
}
