import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Synchronization

/// A conversation with an honest peer, in which any one message may be replaced.
struct HonestScene: Sendable, CustomStringConvertible {
    /// A message of the peer's, by how many packets left before it.
    struct Place: Sendable {
        let index: Int
        let payload: [UInt8]
        let context: MessageContext

        var message: (name: String, fields: [MessageField]) {
            MessageSchema.decode(ByteBuffer(bytes: payload), in: context)
        }

        /// The fields that no such message may lack.
        var requiredFieldCount: Int {
            switch payload[0] {
            // What may be missing: all, a language tag, the name of the service.
            case 1, 6: 0
            case 4: 2
            case 7, 53: 1
            // What comes behind belongs to the request.
            case 80: 2
            case 60 where context.method == "password": 1
            // A signal's language.
            case 98 where message.fields.contains { $0.name == "signal name" }: 6
            default: message.fields.count { !$0.name.contains(".") && $0.kind != .undecoded }
            }
        }

        /// Ruling 10: where bytes after the end are ignored.
        var toleratesRest: Bool {
            [1, 2, 3, 4, 52, 53, 60, 80, 81, 82, 90, 98, 99, 100, 192, 193].contains(payload[0])
        }
    }

    let name: String
    /// The numbers that it is about; nil for all.
    var numbers: Set<UInt8>?
    var layout: @Sendable (UInt8) -> MessageContext = { _ in MessageContext() }
    /// What the peer says in place of one of its messages.
    var words: @Sendable (ByteBuffer) -> [ByteBuffer] = { [$0] }
    var prepare: @Sendable (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }

    var description: String { name }

    /// All that the peer says, in order.
    func places() throws -> [Place] {
        let found = Found()
        let conversation = try start { index, payload in
            let number: UInt8 = payload.getInteger(at: payload.readerIndex) ?? 0
            guard numbers?.contains(number) != false else { return nil }
            let bytes = Array(payload.readableBytesView)
            found.places.withLock { $0.append(Place(index: index, payload: bytes, context: layout(number))) }
            return nil
        }
        guard conversation.record.isLoggedIn else { throw NotHonest() }
        return found.places.withLock { $0 }
    }

    struct NotHonest: Error {}

    private final class Found: Sendable {
        let places = Mutex<[Place]>([])
    }

    func run(_ payload: [UInt8], at place: Place) throws -> Conversation {
        try start { index, _ in index == place.index ? payload : nil }
    }

    private func start(_ replacement: @escaping @Sendable (Int, ByteBuffer) -> [UInt8]?) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        try prepare(&configuration, &script)
        let words = words
        configuration.hook = { peer, step, own in
            guard step != .identification else { return [.payload(own)] }
            return words(own).enumerated().map { offset, payload in
                replacement(peer.wire.count + offset, payload).map(Emission.bytes) ?? .payload(payload)
            }
        }
        return try Conversation(configuration, script: script).run()
    }
}
