import NIOCore
import PeerSupport
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

@testable import SSHCore

/// `hostkeys-prove-00@openssh.com` (OpenSSH PROTOCOL §2.5), ruling 20 and attacks.md C12.
@Suite("Host keys that are to be proven")
struct HostKeyProofTests {
    private func session(_ delivery: Delivery = .whole) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        script.commands = []
        configuration.answersGlobalRequests = false
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    private static func keys() throws -> [SigningKey] {
        try [TestKeys.ed25519(seed: 21), TestKeys.ecdsaNISTP256(seed: 22), TestKeys.rsa()]
    }

    /// What proves `key` in this session.
    private static func proof(
        _ key: SigningKey, _ sessionID: [UInt8]?, _ algorithm: SignatureAlgorithm? = nil,
        request: String = "hostkeys-prove-00@openssh.com"
    ) throws -> [UInt8] {
        var data = ByteBuffer()
        data.writeString(utf8: request)
        data.writeString(sessionID ?? [])
        data.writeString(key.verificationKey.blob)
        let algorithm = algorithm ?? AlgorithmPolicy.safe.first { $0.keyType == key.verificationKey.type }
        return try key.sign(Array(data.readableBytesView), algorithm: #require(algorithm))
    }

    private static func success(_ proofs: [[UInt8]], rest: [UInt8] = []) -> Emission {
        var payload = ByteBuffer(bytes: [81])
        for proof in proofs { payload.writeString(proof) }
        payload.writeBytes(rest)
        return .payload(payload)
    }

    /// What a server may answer, and whether it proves the three keys.
    enum Answer: String, CaseIterable {
        case right, rightWithSHA256
        case failure, empty, oneWrong, oneMissing, oneTooMany, otherOrder, trailingByte, truncated, otherSession
        case otherRequest, sha1, otherKey
    }

    private func emission(_ answer: Answer, _ keys: [SigningKey], _ session: [UInt8]?) throws -> Emission {
        var proofs = try keys.map { try Self.proof($0, session) }
        switch answer {
        case .right: break
        case .rightWithSHA256: proofs[2] = try Self.proof(keys[2], session, .rsaSHA256)
        case .failure: return .message(RequestFailure())
        case .empty: proofs = []
        case .oneWrong: proofs[1][proofs[1].count - 1] ^= 1
        case .oneMissing: proofs.removeLast()
        case .oneTooMany: proofs.append(proofs[0])
        case .otherOrder: proofs.swapAt(0, 1)
        case .trailingByte: return Self.success(proofs, rest: [0])
        case .truncated:
            let last = proofs.removeLast()
            return Self.success(proofs, rest: bigEndian(UInt32(last.count)) + last.dropLast())
        case .otherSession: proofs[0] = try Self.proof(keys[0], [UInt8](repeating: 1, count: 32))
        case .otherRequest: proofs[0] = try Self.proof(keys[0], session, request: "hostkeys-00@openssh.com")
        case .sha1: proofs[2] = try Self.proof(keys[2], session, .rsaSHA1)
        case .otherKey: proofs[0] = try Self.proof(TestKeys.ed25519(seed: 99), session)
        }
        return Self.success(proofs)
    }

    @Test(
        "GR-06 C12 All of the keys are proven, or none, whatever the server answers", arguments: Answer.allCases,
        Delivery.allCases)
    func answers(_ answer: Answer, _ delivery: Delivery) throws {
        let keys = try Self.keys()
        let publicKeys = try keys.map { try PublicKey($0.verificationKey) }
        let conversation = try session(delivery).perform(.proveHostKeys(publicKeys))
        let request = try #require(conversation.peer.messages(GlobalRequest.self).last)
        #expect(request.name == "hostkeys-prove-00@openssh.com" && request.wantsReply)
        var blobs = ByteBuffer()
        for key in publicKeys { blobs.writeString(key.blob) }
        #expect(request.details == blobs)
        conversation.inject(try emission(answer, keys, conversation.peer.sessionID))
        #expect(conversation.record.errors.isEmpty && conversation.record.misuses.isEmpty)
        let isProven = answer == .right || answer == .rightWithSHA256
        #expect(conversation.record.provenKeys == [isProven ? publicKeys : []])
    }

    @Test("C12 Answers belong to requests in their order: that of another request proves nothing")
    func order() throws {
        let keys = try Self.keys()
        let publicKeys = try keys.map { try PublicKey($0.verificationKey) }
        let conversation = try session()
        let proofs = try keys.map { Self.success([try Self.proof($0, conversation.peer.sessionID)]) }
        conversation.perform(.proveHostKeys([publicKeys[0]])).perform(.proveHostKeys([publicKeys[1]]))
        conversation.inject(proofs[1], proofs[0])
        #expect(conversation.record.provenKeys == [[], []])
        conversation.perform(.proveHostKeys([publicKeys[0]])).perform(.proveHostKeys([publicKeys[1]]))
        conversation.inject(proofs[0], proofs[1])
        #expect(conversation.record.provenKeys == [[], [], [publicKeys[0]], [publicKeys[1]]])
    }

    @Test("C12 SUCCESS that nobody asked for changes nothing, nor does it count for what is asked later")
    func unasked() throws {
        let key = try TestKeys.ed25519(seed: 21)
        let publicKey = try PublicKey(key.verificationKey)
        let conversation = try session()
        let proof = Self.success([try Self.proof(key, conversation.peer.sessionID)])
        conversation.inject(proof, proof)
        #expect(conversation.record.provenKeys.isEmpty && conversation.record.errors.isEmpty)
        conversation.perform(.proveHostKeys([publicKey]))
        #expect(conversation.record.provenKeys.isEmpty)
        conversation.inject(.message(RequestFailure()))
        #expect(conversation.record.provenKeys == [[]])
    }

    @Test("No proof is asked for before the login, of no key, or of more keys than are looked at")
    func misuse() throws {
        let key = try PublicKey(TestKeys.ed25519().verificationKey)
        let many = Array(repeating: key, count: Limits.announcedHostKeyCount)
        for keys in [[], many + [key]] {
            let conversation = try session().perform(.proveHostKeys(keys))
            #expect(conversation.record.misuses.count == 1)
            #expect(conversation.peer.messages(GlobalRequest.self).isEmpty)
        }
        #expect(try session().perform(.proveHostKeys(many)).record.misuses.isEmpty)
        var (configuration, script) = try HostileCheck.honest()
        script.credentials = [.wait]
        configuration.answersGlobalRequests = false
        let early = try Conversation(configuration, script: script).run().perform(.proveHostKeys([key]))
        #expect(early.record.misuses.count == 1)
    }
}
