import SSHCrypto
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

@testable import Fairlead

/// Our agent's client with OpenSSH's own agent.
@Suite(.fewAtOnce) struct AgentTests {
    private static let algorithms: [KeyKind: [SignatureAlgorithm]] = [
        .ed25519: [.ed25519], .ecdsa: [.ecdsaNISTP256], .ecdsa384: [.ecdsaNISTP384], .ecdsa521: [.ecdsaNISTP521],
        .rsa: [.rsaSHA256, .rsaSHA512],
    ]
    private let message = Array("a message".utf8)

    private func key(_ kind: KeyKind) async throws -> (pair: KeyPair, key: PrivateKey) {
        let pair = try await KeyPair.shared(kind, of: .user)
        return (pair, try OpenSSHPrivateKey.parse(SecretBytes(copying: Array(pair.privateText.utf8))))
    }

    @Test("keys of every kind are listed and sign, RSA ones with both hashes", arguments: KeyKind.allCases)
    func everyKind(kind: KeyKind) async throws {
        let (pair, key) = try await key(kind)
        let program = try await OpenSSHAgent.start()
        try await program.add(pair)
        let found = try await SSHAgent.patient(program.path).identities()
        #expect(found.map(\.publicKey) == [key.publicKey])
        #expect(found.first?.comment == "test")
        for algorithm in try #require(Self.algorithms[kind]) {
            let signature = try await #require(found.first).verifiedSignature(over: message, algorithm: algorithm)
            try key.publicKey.verificationKey.verify(signature, over: message, algorithm: algorithm)
        }
        await #expect(throws: SSHError.self) { try await found.first?.sign(message, algorithm: "ssh-ed448") }
    }

    @Test("an agent lists its keys in its order, and none where it has none")
    func order() async throws {
        let program = try await OpenSSHAgent.start()
        #expect(try await SSHAgent.patient(program.path).identities().isEmpty)
        for kind in [KeyKind.rsa, .ed25519, .ecdsa] { try await program.add(key(kind).pair) }
        let found = try await SSHAgent.patient(program.path).identities().map(\.publicKey.openSSHLine)
        #expect(
            found == (try await program.publicLines().map { $0.split(separator: " ")[0...1].joined(separator: " ") }))
        #expect(found.count == 3)
    }

    @Test("RSA keys under the minimum are passed over, and taken where the minimum is lower")
    func weakKeys() async throws {
        let program = try await OpenSSHAgent.start()
        try await program.add(KeyPair.generate(.rsa, bits: 1024))
        try await program.add(key(.ed25519).pair)
        var agent = SSHAgent.patient(program.path)
        #expect(try await agent.identities().map(\.publicKey.typeName) == ["ssh-ed25519"])
        agent.minimumRSABitCount = 1024
        #expect(try await agent.identities().count == 2)
    }

    @Test("a certificate is listed beside its key, and signs as the key does", arguments: [KeyKind.ed25519, .rsa])
    func certificates(kind: KeyKind) async throws {
        let (pair, key) = try await key(kind)
        let folder = try TemporaryDirectory()
        let authority = try folder.write(try await KeyPair.shared(.ecdsa, of: .host).privateText, to: "ca")
        try folder.write(pair.publicLine + "\n", to: "key.pub")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-s", authority, "-I", "someone", "-n", "user", folder.file("key.pub")])
        let program = try await OpenSSHAgent.start()
        try await program.add(pair, certificate: folder.text(of: "key-cert.pub"))
        let found = try await SSHAgent.patient(program.path).identities()
        #expect(found.map(\.publicKey) == [key.publicKey, key.publicKey])
        #expect(found.map { $0.certificate?.keyID } == [nil, "someone"])
        for algorithm in try #require(Self.algorithms[kind]) {
            _ = try await #require(found.last).verifiedSignature(over: message, algorithm: algorithm)
        }
    }

    @Test(
        "a key of ssh-add -c signs when the person agrees, and not when the person refuses", arguments: [true, false])
    func confirmation(agrees: Bool) async throws {
        let program = try await OpenSSHAgent.start(confirm: agrees)
        try await program.add(key(.ed25519).pair, ["-c"])
        let found = try #require(try await SSHAgent.patient(program.path).identities().first)
        let error = await agentFailure { _ = try await found.verifiedSignature(over: message, algorithm: .ed25519) }
        #expect(error?.kind == (agrees ? nil : .denied))
        #expect(program.questions.contains(found.publicKey.fingerprint.sha256))
    }

    @Test("whoever waits for a person is told so, and can be stopped")
    func waiting() async throws {
        let program = try await OpenSSHAgent.start(confirm: nil)
        try await program.add(key(.ed25519).pair, ["-c"])
        let notices = Mutex<[String]>([])
        let (told, tell) = AsyncStream.makeStream(of: Void.self)
        var configuration = SSHConfiguration(
            host: "", user: "", hostVerification: .custom { _ in false }, credentials: [])
        configuration.log { weight, text in
            guard weight == .note else { return }
            notices.withLock { $0.append(text) }
            tell.yield()
        }
        var agent = SSHAgent.patient(program.path)
        agent.logger = configuration.logger
        agent.noticeDelay = .milliseconds(20)
        let found = try #require(try await agent.identities().first)
        let message = message
        let signing = Task { try await found.sign(message, algorithm: "ssh-ed25519") }
        for await _ in told { break }
        signing.cancel()
        let error = await agentFailure { _ = try await signing.value }
        #expect(error?.kind == .cancelled)
        let notice = try #require(notices.withLock { $0.first })
        #expect(notice.contains(found.publicKey.fingerprint.sha256) && notice.contains("confirm"))
    }

    @Test("a key that is added is listed by ssh-add, and signs there", arguments: KeyKind.allCases)
    func adding(kind: KeyKind) async throws {
        let (pair, key) = try await key(kind)
        let program = try await OpenSSHAgent.start()
        let agent = SSHAgent.patient(program.path)
        try await agent.add(key)
        #expect(try await program.publicLines() == [pair.publicLine])
        try await agent.add(key, comment: "another")
        #expect(try await program.publicLines() == [pair.publicKey + " another"])
        let algorithm = try #require(Self.algorithms[kind]?.first)
        _ = try await #require(try await agent.identities().first).verifiedSignature(
            over: message, algorithm: algorithm)
    }

    @Test("a key with a lifetime goes away by itself, and one to be confirmed asks")
    func constraints() async throws {
        let program = try await OpenSSHAgent.start(confirm: false)
        let agent = SSHAgent.patient(program.path)
        try await agent.add(key(.ed25519).key, lifetime: .milliseconds(500))
        try await agent.add(key(.ecdsa).key, lifetime: .seconds(1000), confirm: true)
        try await program.waitUntil(keyCount: 1)
        let rest = try #require(try await agent.identities().first)
        #expect(rest.publicKey.typeName == "ecdsa-sha2-nistp256")
        let error = await agentFailure { _ = try await rest.sign(message, algorithm: rest.publicKey.typeName) }
        #expect(error?.kind == .denied)
        #expect(!program.questions.isEmpty)
    }

    @Test(
        "D9: a constraint that cannot be told is an error, and the key stays here",
        arguments: [Duration.zero, .seconds(-1), .seconds(Int64(UInt32.max) + 1), .seconds(Int64.max)])
    func lifetimes(lifetime: Duration) async throws {
        let program = try await OpenSSHAgent.start()
        let key = try await key(.ed25519).key
        let error = await agentFailure { try await SSHAgent.patient(program.path).add(key, lifetime: lifetime) }
        #expect(error?.kind == .misuse)
        #expect(try await program.publicLines().isEmpty)
    }

    @Test("D9: an agent that does not know a constraint refuses the key, and is not asked to keep it without")
    func unknownConstraint() async throws {
        let program = try await ScriptedAgent.start { $0.first == 17 ? .message([6]) : .message([5]) }
        let key = try await key(.ed25519).key
        let error = await agentFailure { try await SSHAgent.patient(program.path).add(key, confirm: true) }
        #expect(error?.kind == .denied)
        #expect(program.questions.map(\.first) == [25])
        #expect(program.questions.first?.last == 2)
    }

    @Test("D9: a key of ssh-add -h signs for the host that the connection is bound to, and for no other")
    func hostBoundKeys() async throws {
        let hosts = try await [KeyPair.shared(.ed25519, of: .host), KeyPair.shared(.ecdsa, of: .host)]
        let folder = try TemporaryDirectory()
        let known = try folder.write(
            "good.example \(hosts[0].publicKey)\nbad.example \(hosts[1].publicKey)\n", to: "known")
        let program = try await OpenSSHAgent.start()
        let (pair, key) = try await key(.ed25519)
        try await program.add(pair, ["-H", known, "-h", "good.example"])
        let sessionID = [UInt8](repeating: 7, count: 32)
        let request =
            wireString(sessionID) + [50] + wireString("user".utf8) + wireString("ssh-connection".utf8)
            + wireString("publickey".utf8) + [1] + wireString("ssh-ed25519".utf8) + wireString(key.publicKey.blob)
        var agent = SSHAgent.patient(program.path)
        var outcomes: [SSHError.Kind?] = []
        for host in [nil] + hosts {
            if let host {
                let hostKey = try OpenSSHPrivateKey.parse(SecretBytes(copying: Array(host.privateText.utf8)))
                let algorithm = try #require(Self.algorithms[host.kind]?.first)
                agent.bind(
                    hostKey: hostKey.publicKey.blob, sessionID: sessionID,
                    signature: try hostKey.signingKey.sign(sessionID, algorithm: algorithm), isForwarding: false)
            }
            // On a connection for another host, the agent does not even list it.
            guard let found = try await agent.identities().first else {
                outcomes.append(.refused)
                continue
            }
            let error = await agentFailure { _ = try await found.verifiedSignature(over: request, algorithm: .ed25519) }
            outcomes.append(error?.kind)
        }
        #expect(outcomes == [.denied, nil, .refused])
    }
}
