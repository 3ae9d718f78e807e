import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// The server's half of a key exchange of each kind: its group, where it chooses one, and its reply, changed or of the
/// input's own making.
///
/// Only the honest reply may lead to the question whether its host key is trusted.
enum ShareFuzz {
    private static let kinds: [KeyExchangeAlgorithm] = [
        .curve25519SHA256, .curve448SHA512, .ecdhNISTP256, .ecdhNISTP384, .ecdhNISTP521, .group14SHA256,
        .groupExchangeSHA256, .sntrup761X25519SHA512, .mlkem768X25519SHA256,
    ]

    fileprivate final class Server {
        var group: (honest: ByteBuffer, sent: ByteBuffer)?
        var reply: (honest: ByteBuffer, sent: ByteBuffer)?
    }

    static func run(_ input: [UInt8]) {
        guard input.count >= 2 else { return }
        let algorithm = kinds[Int(input[0]) % kinds.count]
        guard KeyExchangeAlgorithm.available.contains(algorithm) else { return }
        var steps = FuzzSteps(input.dropFirst(2))
        let group = algorithm.isGroupExchange ? steps.nextArgument() : ByteBuffer()
        let reply = ByteBuffer(bytes: steps.remainder())
        nonisolated(unsafe) let server = Server()
        guard let conversation = try? begin(algorithm) else { preconditionFailure("no conversation") }
        conversation.peer.configuration.hook = { _, step, own in
            switch step {
            case .kexGroup:
                server.group = (own, made(of: group, in: own, isWhole: input[1] & 1 == 1))
                return [.payload(server.group?.sent ?? own)]
            case .kexReply:
                server.reply = (own, made(of: reply, in: own, isWhole: input[1] & 2 == 2))
                return [.payload(server.reply?.sent ?? own)]
            default: return [.payload(own)]
            }
        }
        conversation.run()
        check(conversation.record, server, isGroupExchange: algorithm.isGroupExchange)
    }

    private static func begin(_ algorithm: KeyExchangeAlgorithm) throws -> Conversation {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.keyExchangeNames = [Name(algorithm.rawValue)]
        // The smallest that is allowed.
        configuration.group = try FiniteFieldGroup(.group14)
        var script = ClientScript()
        script.trust = .wait
        script.configuration.algorithms = AlgorithmPolicy(
            keyExchanges: [algorithm], hostKeys: [.ed25519], ciphers: [.aes128CTR], macs: [.hmacSHA256])
        return try Conversation(configuration, script: script)
    }

    private static func made(of input: ByteBuffer, in own: ByteBuffer, isWhole: Bool) -> ByteBuffer {
        var payload = Array(own.readableBytesView)
        if isWhole {
            payload = payload.prefix(1) + Array(input.readableBytesView)
        } else {
            FuzzEdits.apply(input, to: &payload)
        }
        // An empty payload is the reader's affair.
        return payload.isEmpty ? own : ByteBuffer(bytes: payload)
    }

    private static func check(_ record: ConversationRecord, _ server: Server, isGroupExchange: Bool) {
        precondition(record.errors.count <= 1 && record.lateEvents.isEmpty, "something follows the end")
        guard !record.offeredKeys.isEmpty else {
            precondition(record.isOver || !server.isHonest, "the honest reply is refused")
            return
        }
        guard let reply = server.reply, let honest = Reply(reply.honest), let sent = Reply(reply.sent) else {
            preconditionFailure("a host key is offered without a reply")
        }
        precondition(sent == honest, "a reply that proves nothing is believed")
        let groups = server.group.map { (try? KexDHGexGroup(payload: $0.honest), try? KexDHGexGroup(payload: $0.sent)) }
        precondition(groups?.0 == groups?.1, "another group than the signed one is used")
    }

    /// What a reply says; a number may be written with more zeros than it needs.
    private struct Reply: Equatable {
        let hostKey: [UInt8]
        let share: [UInt8]
        let signature: [UInt8]

        init?(_ payload: ByteBuffer) {
            let groupReply = try? KexDHGexReply(payload: payload).reply
            guard let reply = groupReply ?? (try? KexECDHReply(payload: payload)) else { return nil }
            hostKey = reply.hostKey
            share = Array(reply.publicShare.drop { $0 == 0 })
            signature = reply.signature
        }
    }
}

extension ShareFuzz.Server {
    fileprivate var isHonest: Bool {
        reply.map { $0.honest == $0.sent } ?? false && group.map { $0.honest == $0.sent } ?? true
    }
}
