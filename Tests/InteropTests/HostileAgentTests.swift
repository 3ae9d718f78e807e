import Foundation
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

@testable import Fairlead

/// Agents that lie, stall or die.
@Suite(.fewAtOnce) struct HostileAgentTests {
    private static let million = 1_000_000

    private func key(_ kind: KeyKind = .ed25519) async throws -> PrivateKey {
        let text = try await KeyPair.shared(kind, of: .user).privateText
        return try OpenSSHPrivateKey.parse(SecretBytes(copying: Array(text.utf8)))
    }

    /// A list of keys as an agent sends it, with whatever count it claims.
    private static func list(_ keys: [PrivateKey], claiming count: Int? = nil) -> [UInt8] {
        let entries = keys.flatMap { wireString($0.publicKey.blob) + wireString("comment".utf8) }
        return [12] + bigEndian(count ?? keys.count) + entries
    }

    /// Impatient, but for `patience`.
    private func agent(_ path: String, patience: Duration = .milliseconds(300)) -> SSHAgent {
        var agent = SSHAgent(path: path)
        agent.answerLimit = patience
        agent.signingLimit = patience
        return agent
    }

    @Test(
        "D10: a list of keys that is none is an error, and ends the connection",
        arguments: [
            ("another type", .message([14] + wireString([1])), .protocolViolation),
            ("success without a list", .message([6]), .protocolViolation),
            ("a failure", .message([5]), .denied),
            ("a question", .message([11]), .protocolViolation),
            ("an unknown type", .message([200]), .protocolViolation),
            ("length 0", .raw([0, 0, 0, 0]), .protocolViolation),
            ("length 2^32-1", .raw([255, 255, 255, 255, 12]), .protocolViolation),
            ("length 256 KiB and one", .raw(bigEndian(256 * 1024 + 1)), .protocolViolation),
            ("10^6 identities claimed", .message([12] + bigEndian(million)), .protocolViolation),
            (
                "2,049 identities", .message([12] + bigEndian(2049) + [UInt8](repeating: 0, count: 2049 * 8)),
                .protocolViolation
            ),
            ("2^32-1 identities", .message([12, 255, 255, 255, 255]), .protocolViolation),
            ("fewer than claimed", .message([12] + bigEndian(2) + bigEndian(0) + bigEndian(0)), .protocolViolation),
            ("more than claimed", .message([12] + bigEndian(0) + bigEndian(0) + bigEndian(0)), .protocolViolation),
            ("a string past the end", .message([12] + bigEndian(1) + bigEndian(9) + [1]), .protocolViolation),
            ("no count", .message([12]), .protocolViolation),
            ("two answers", .raw(bigEndian(5) + [12, 0, 0, 0, 0] + bigEndian(1) + [5]), .protocolViolation),
            ("garbage", .raw([UInt8]("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .protocolViolation),
            ("half a length, then the end", .rawThenClose([0, 0]), .closed),
            ("half an answer, then the end", .rawThenClose(bigEndian(9) + [12, 0, 0]), .closed),
            ("half an answer, then nothing", .raw(bigEndian(9) + [12, 0, 0]), .timeout),
            ("nothing", .silence, .timeout),
            ("the end", .close, .closed),
        ] as [(String, ScriptedAgent.Step, SSHError.Kind)])
    func list(name: String, step: ScriptedAgent.Step, expected: SSHError.Kind) async throws {
        let program = try await ScriptedAgent.start { _ in step }
        let patience = expected == .timeout ? Duration.milliseconds(300) : .seconds(30)
        let error = await agentFailure { _ = try await agent(program.path, patience: patience).identities() }
        #expect(error?.kind == expected, "\(String(describing: error))")
        #expect(error?.message.contains(program.path) == true)
        try await poll(for: "the connection's end") { program.openConnectionCount == 0 ? () : nil }
    }

    @Test("D10: 2,048 identities are read, and those of unknown or broken keys passed over")
    func manyIdentities() async throws {
        let key = try await key()
        let odd = wireString("ssh-unknown".utf8) + wireString([1, 2, 3])
        let blobs =
            [odd, [], [0, 0, 0, 9], key.publicKey.blob + [0]] + Array(repeating: key.publicKey.blob, count: 2044)
        let list = [12] + bigEndian(2048) + blobs.flatMap { wireString($0) + bigEndian(0) }
        let program = try await ScriptedAgent.start { _ in .message(list) }
        let found = try await agent(program.path, patience: .seconds(30)).identities()
        #expect(found.count == 2044)
        #expect(found.allSatisfy { $0.publicKey == key.publicKey })
    }

    @Test("D10: a comment that would move a terminal's cursor is shown escaped")
    func comments() async throws {
        let entry = wireString(try await key().publicKey.blob) + wireString("\u{1B}[2Jme\n".utf8)
        let program = try await ScriptedAgent.start { _ in .message([12] + bigEndian(1) + entry) }
        let found = try await agent(program.path, patience: .seconds(30)).identities()
        #expect(found.first?.comment == "\\x1b[2Jme\\x0a")
    }

    @Test(
        "AU-21: an agent that dies, hangs or talks nonsense between list and signature is an error",
        arguments: [
            (.close, .closed), (.silence, .timeout), (.raw([1, 2, 3]), .timeout),
            (.raw([UInt8](repeating: 0x41, count: 100)), .protocolViolation), (.message([5]), .denied),
            (.message([6]), .protocolViolation), (.message([12, 0, 0, 0, 0]), .protocolViolation),
            (.message([14]), .protocolViolation), (.message([14] + bigEndian(99)), .protocolViolation),
            (.rawThenClose(bigEndian(80) + [14]), .closed),
        ] as [(ScriptedAgent.Step, SSHError.Kind)])
    func deathBeforeSignature(step: ScriptedAgent.Step, expected: SSHError.Kind) async throws {
        let list = Self.list([try await key()])
        let program = try await ScriptedAgent.start { $0 == [11] ? .message(list) : step }
        var agent = agent(program.path, patience: .seconds(30))
        if expected == .timeout { agent.signingLimit = .milliseconds(300) }
        let found = try #require(try await agent.identities().first)
        let error = await agentFailure { _ = try await found.verifiedSignature(over: [1], algorithm: .ed25519) }
        #expect(error?.kind == expected, "\(String(describing: error))")
    }

    @Test("an agent that hangs up once it knows the session is gone, and nobody waits for it")
    func deathAfterBinding() async throws {
        let program = try await ScriptedAgent.start {
            $0.first == 27 ? .rawThenClose(bigEndian(1) + [6]) : .message([5])
        }
        var agent = agent(program.path, patience: .seconds(120))
        agent.bind(hostKey: [1], sessionID: [2], signature: [3], isForwarding: false)
        let error = await agentFailure { _ = try await agent.identities() }
        #expect(error?.kind == .closed, "\(String(describing: error))")
    }

    @Test("AU-21: an agent that is gone when it is to sign is an error")
    func goneBeforeSignature() async throws {
        let list = Self.list([try await key()])
        let program = try await ScriptedAgent.start { _ in .message(list) }
        let found = try #require(try await agent(program.path, patience: .seconds(30)).identities().first)
        program.stop()
        let error = await agentFailure { _ = try await found.verifiedSignature(over: [1], algorithm: .ed25519) }
        #expect(error?.stage == .authentication)
    }

    /// What is wrong with a signature.
    enum Wrong: CaseIterable, Sendable {
        case otherAlgorithm, sha1, otherData, otherKey, changed, cut, longer, empty, otherName
    }

    @Test(
        "AU-22: a signature of another algorithm, key or text, or a broken one, never leaves", arguments: Wrong.allCases
    )
    func wrongSignature(wrong: Wrong) async throws {
        let isRSA = wrong == .otherAlgorithm || wrong == .sha1
        let key = try await key(isRSA ? .rsa : .ed25519)
        let algorithm = isRSA ? SignatureAlgorithm.rsaSHA512 : .ed25519
        let data = Array("the login".utf8)
        var signature = try key.signingKey.sign(data, algorithm: algorithm)
        switch wrong {
        case .otherAlgorithm: signature = try key.signingKey.sign(data, algorithm: .rsaSHA256)
        case .sha1: signature = try key.signingKey.sign(data, algorithm: .rsaSHA1)
        case .otherData: signature = try key.signingKey.sign(data + [0], algorithm: algorithm)
        case .otherKey:
            let other = try await KeyPair.shared(.ed25519, of: .host).privateText
            let signer = try OpenSSHPrivateKey.parse(SecretBytes(copying: Array(other.utf8)))
            signature = try signer.signingKey.sign(data, algorithm: algorithm)
        case .changed: signature[signature.count - 20] ^= 1
        case .cut: signature.removeLast()
        case .longer: signature.append(0)
        case .empty: signature = []
        case .otherName: signature[10] ^= 1
        }
        let (list, answer) = (Self.list([key]), [14] + wireString(signature))
        let program = try await ScriptedAgent.start { $0 == [11] ? .message(list) : .message(answer) }
        let found = try #require(try await agent(program.path, patience: .seconds(30)).identities().first)
        let error = await agentFailure { _ = try await found.sign(data, algorithm: algorithm.rawValue) }
        #expect(error?.kind == .protocolViolation)
    }

    @Test("a signature goes with the flag of its hash, and names the key as the list did", arguments: [2, 4])
    func flags(flag: Int) async throws {
        let key = try await key(.rsa)
        let algorithm = flag == 2 ? SignatureAlgorithm.rsaSHA256 : .rsaSHA512
        let (list, signature) = (Self.list([key]), try key.signingKey.sign([1, 2], algorithm: algorithm))
        let program = try await ScriptedAgent.start {
            $0 == [11] ? .message(list) : .message([14] + wireString(signature))
        }
        let found = try #require(try await agent(program.path, patience: .seconds(30)).identities().first)
        #expect(try await found.verifiedSignature(over: [1, 2], algorithm: algorithm) == signature)
        #expect(program.questions.last == [13] + wireString(key.publicKey.blob) + wireString([1, 2]) + bigEndian(flag))
    }

    @Test("an agent that refuses to be bound to a host is used all the same", arguments: [5, 28, 6] as [UInt8])
    func binding(answer: UInt8) async throws {
        let list = Self.list([try await key()])
        let program = try await ScriptedAgent.start { $0.first == 27 ? .message([answer]) : .message(list) }
        var agent = agent(program.path, patience: .seconds(30))
        agent.bind(hostKey: [1], sessionID: [2, 2], signature: [3], isForwarding: false)
        #expect(try await agent.identities().count == 1)
        let bind = wireString("session-bind@openssh.com".utf8) + wireString([1]) + wireString([2, 2]) + wireString([3])
        #expect(program.questions == [[27] + bind + [0], [11]])
    }

    @Test("a signer whose signature is wrong, or who throws, gives none")
    func otherSigners() async throws {
        struct Liar: Signer {
            let publicKey: PublicKey
            let signature: [UInt8]?

            func sign(_ data: [UInt8], algorithm: String) async throws -> [UInt8] {
                guard let signature else { throw Oddity() }
                return signature
            }
        }
        struct Oddity: Error {}
        let key = try await key()
        let right = try key.signingKey.sign([1], algorithm: .ed25519)
        for (signature, expected) in [(right, nil), ([], .protocolViolation), (nil, .denied)]
            as [([UInt8]?, SSHError.Kind?)]
        {
            let signer = Liar(publicKey: key.publicKey, signature: signature)
            let error = await agentFailure { _ = try await signer.verifiedSignature(over: [1], algorithm: .ed25519) }
            #expect(error?.kind == expected)
        }
    }

    @Test("LF-12: a path where no agent can be is an error that says why")
    func paths() async throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("", to: "file")
        let dead = try await ScriptedAgent.start { _ in .silence }
        let cases: [(String, String)] = [
            (file, "not a socket"), (folder.path, "not a socket"), (folder.file("none"), "No such file"),
            ("/" + String(repeating: "a", count: 4096), "too long"), ("", "No such file"),
            (file + "/agent", "Not a directory"),
        ]
        for (path, words) in cases {
            let error = await agentFailure { _ = try await agent(path).identities() }
            #expect(error?.stage == .authentication)
            #expect(error?.message.contains(words) == true, "\(path.suffix(20)): \(String(describing: error))")
        }
        dead.stop()
        let error = await agentFailure { _ = try await agent(dead.path).identities() }
        #expect(error != nil)
    }

    @Test("LF-12: an agent that hangs before it accepts is an error in time")
    func hung() async throws {
        let program = try await OpenSSHAgent.start()
        program.suspend()
        let error = await agentFailure { _ = try await agent(program.path).identities() }
        #expect(error?.kind == .timeout)
    }

    @Test("LF-12: another user's agent gets no key, and is asked for nothing but by root")
    func owners() async throws {
        #expect(AgentClient.trusts(owner: 1000, user: 1000, withKeys: true))
        #expect(AgentClient.trusts(owner: 0, user: 1000, withKeys: true))
        #expect(!AgentClient.trusts(owner: 1001, user: 1000, withKeys: false))
        #expect(!AgentClient.trusts(owner: 1001, user: 1000, withKeys: true))
        #expect(AgentClient.trusts(owner: 1001, user: 0, withKeys: false))
        #expect(!AgentClient.trusts(owner: 1001, user: 0, withKeys: true))
    }

    @Test(
        "LF-12: who listens counts, not only whose the path is that leads there",
        .enabled(if: geteuid() == 0 && isInstalled("socat", "setpriv")))
    func foreignListener() async throws {
        let folder = try TemporaryDirectory()
        #expect(chmod(folder.path, 0o777) == 0)
        let path = folder.file("agent")
        let listener = try RunningProcess(
            RunningProcess.Plan(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", "socat", "-u", "UNIX-LISTEN:\(path)", "STDOUT"]))
        defer { listener.kill() }
        try await poll(for: "the listening socket") {
            try String(contentsOfFile: "/proc/net/unix", encoding: .utf8).split(separator: "\n")
                .contains { $0.contains(" 00010000 ") && $0.hasSuffix(path) } ? () : nil
        }
        // Such is a link that leads elsewhere once it was looked at.
        #expect(chown(path, 0, 0) == 0)
        let key = try await key()
        let error = await agentFailure { try await agent(path, patience: .seconds(30)).add(key) }
        #expect(error?.kind == .file && error?.message.contains("another user (65534)") == true, "\(error as Any)")
        _ = try await listener.result()
        #expect(listener.output.isEmpty)
    }

    @Test("LF-12: root gives no key to the agent of another user", .enabled(if: geteuid() == 0))
    func foreignAgent() async throws {
        let program = try await ScriptedAgent.start { $0 == [11] ? .message([12, 0, 0, 0, 0]) : .message([6]) }
        #expect(chown(program.path, 12345, 12345) == 0)
        let agent = agent(program.path, patience: .seconds(30))
        #expect(try await agent.identities().isEmpty)
        let key = try await key()
        let error = await agentFailure { try await agent.add(key) }
        #expect(error?.message.contains("another user") == true)
        #expect(program.questions == [[11]])
    }
}
