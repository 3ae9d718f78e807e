import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Up to three EXT_INFO of a server in an otherwise honest login, and what becomes of them: which signatures a key may make,
/// and what is sent because the server is said to understand it.
enum ExtensionFuzz {
    static func run(_ input: [UInt8]) {
        guard let flags = input.first else { return }
        var steps = FuzzSteps(input.dropFirst())
        let payloads = (0..<3).compactMap { _ -> ByteBuffer? in
            let body = steps.nextArgument()
            guard body.readableBytes > 0 else { return nil }
            var payload = ByteBuffer(integer: ExtInfo.number.rawValue)
            payload.writeImmutableBuffer(body)
            return payload
        }
        for payload in payloads { MessageFuzz.reread(ExtInfo.self, payload) }
        guard let conversation = try? begin(payloads, isLegacy: flags & 1 == 1, isBound: flags & 2 == 0) else { return }
        check(conversation, payloads)
    }

    private static func begin(_ payloads: [ByteBuffer], isLegacy: Bool, isBound: Bool) throws -> Conversation {
        let key = try TestKeys.ed25519(seed: 2)
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.acceptedKeys = [key.verificationKey.blob]
        configuration.hook = { _, step, own in step == .extInfo ? payloads.map(Emission.payload) : [.payload(own)] }
        var script = ClientScript()
        script.credentials = [.key(key, .ed25519, asksFirst: false)]
        script.configuration.bindsLogins = isBound
        script.configuration.algorithms = AlgorithmPolicy(isLegacy ? .legacy : .standard)
        script.configuration.algorithms.keyExchanges = [.curve25519SHA256]
        // All at once, or the login would begin before it is known what the server understands.
        return try Conversation(configuration, script: script, delivery: .coalesced).run()
    }

    private static func check(_ conversation: Conversation, _ payloads: [ByteBuffer]) {
        let record = conversation.record
        let messages = payloads.prefix(Limits.extInfoCount).map { try? ExtInfo(payload: $0) }
        precondition(record.errors.count <= 1 && record.lateEvents.isEmpty, "something follows the end")
        precondition(record.isLoggedIn == !messages.contains(nil), "the login does not end as its messages parse")
        guard record.isLoggedIn else { return }
        let read = messages.compactMap { $0 }
        let zero = ByteBuffer(string: "0")
        precondition(
            conversation.engine.supportsPing == read.contains { $0.value(of: ExtInfo.ping) == zero },
            "pings are thought to be known, or not, against the server's word")
        let isBound = read.contains { $0.value(of: ExtInfo.hostBoundPublicKey) == zero }
        let wantsBound = conversation.script.configuration.bindsLogins
        precondition(
            conversation.peer.attempts.allSatisfy { ($0.hostKey != nil) == (isBound && wantsBound) },
            "a login is bound where the server does not know that, or is not where it does")
        for key in [try? TestKeys.rsa(), try? TestKeys.ed25519(), try? TestKeys.ecdsaNISTP256()].compactMap({ $0 }) {
            guard let key = try? PublicKey(key.verificationKey) else { continue }
            for isCertificate in [true, false] { checkAlgorithms(of: key, isCertificate, conversation) }
        }
    }

    /// Of a key's algorithms only those that we have, and where the server named any, that it has too.
    private static func checkAlgorithms(of key: PublicKey, _ isCertificate: Bool, _ conversation: Conversation) {
        let found = conversation.engine.signatureAlgorithms(for: key, isCertificate: isCertificate)
        let own = conversation.script.configuration.algorithms.logins.filter {
            $0.isCertificate == isCertificate && $0.plain.keyType == key.verificationKey.type
        }
        precondition(found.allSatisfy(own.contains) && Set(found).count == found.count, "an algorithm of nobody's")
        guard let announced = conversation.engine.serverSignatureAlgorithms else { return precondition(found == own) }
        precondition(announced.names.count <= NameList.maximumNameCount + 1, "a list without bound")
        precondition(
            found == own.filter { own.count == 1 || announced.contains(Name($0.plain.rawValue)) },
            "the server's list does not decide")
    }
}
