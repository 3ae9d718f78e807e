import NIOCore
import PeerSupport
import SSHCore
import SSHWire

/// A point of a connection at which every message is tried: how to get there, and on from there.
struct ClientState: Sendable, CustomStringConvertible {
    let name: String
    var prepare: @Sendable (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    /// What the honest peer is about to say, which is held back like all that would follow.
    ///
    /// Nil where it has nothing to say.
    var held: (@Sendable (_ step: Step, _ number: UInt8) -> Bool)?
    /// What is done in a session, once it is up; nil for a point before that.
    var reach: (@Sendable (Conversation) -> Void)?
    /// What lets a message be looked at that nobody reads yet.
    var settle: (@Sendable (Conversation) -> Void)?
    /// What the client does to go on.
    var resume: @Sendable (Conversation) -> Void = { _ in }
    /// How a message is laid out here whose number means several things.
    var layout = MessageContext()
    /// Where a line is expected, not a packet.
    var isBeforePackets = false

    var description: String { name }

    /// A conversation that has come to this point, with the peer's next words held back.
    func enter() throws -> Conversation {
        let conversation = try start { peer in
            Self.hush(peer)
            return []
        }
        Self.hush(conversation.peer)
        return conversation
    }

    private static func hush(_ peer: ScriptedPeer) {
        peer.configuration.hook = { _, _, _ in [] }
        // What is put in is sealed as the client expects it now.
        peer.configuration.keepsOldKeys = true
    }

    func emission(_ payload: [UInt8]) -> Emission {
        guard isBeforePackets else { return .bytes(payload) }
        let padding = 16 - (payload.count + 5) % 8
        let length = UInt32(payload.count + 1 + padding)
        let head = (0..<4).map { UInt8(truncatingIfNeeded: length >> (24 - 8 * $0)) } + [UInt8(padding)]
        return .raw(head + payload + [UInt8](repeating: 0, count: padding))
    }

    /// A conversation in which these payloads come at this point, and then the peer's own next words.
    func pass(_ payloads: [[UInt8]]) throws -> Conversation {
        let conversation = try start { peer in
            peer.configuration.hook = { _, _, own in [.payload(own)] }
            return payloads.map(emission)
        }
        if held == nil { for payload in payloads { conversation.inject(emission(payload)) } }
        settle?(conversation)
        resume(conversation)
        return conversation.run()
    }

    private func start(_ atPoint: @escaping @Sendable (ScriptedPeer) -> [Emission]) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        if reach != nil {
            configuration.program = { _ in [] }
            script.endsInput = false
        }
        try prepare(&configuration, &script)
        let held = held
        let hook: PeerConfiguration.Hook = { peer, step, own in
            let number: UInt8 = own.getInteger(at: own.readerIndex) ?? 0
            guard held?(step, number) == true else { return [.payload(own)] }
            let emissions = atPoint(peer)
            // To hold back is to say nothing at all.
            return peer.configuration.keepsOldKeys ? [] : emissions + [.payload(own)]
        }
        if reach == nil { configuration.hook = hook }
        let conversation = try Conversation(configuration, script: script).run()
        guard let reach else { return conversation }
        conversation.peer.configuration.hook = hook
        reach(conversation)
        return conversation.run()
    }

    /// Whether the conversation came through: a login that runs its command, or a session that still answers.
    func isWhole(_ conversation: Conversation) -> Bool {
        guard reach != nil else {
            return conversation.record.errors.isEmpty && !conversation.record.output.isEmpty
        }
        let count = conversation.peer.messages(RequestFailure.self).count
        conversation.inject(.message(GlobalRequest(name: "still@there", wantsReply: true)))
        return conversation.record.errors.isEmpty && conversation.peer.messages(RequestFailure.self).count > count
    }
}
