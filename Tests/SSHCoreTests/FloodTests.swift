import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// hostile.md's floods: a million in one delivery, a thousand in the others (ruling 44).
@Suite("Floods")
struct FloodTests {
    /// Without optimisation a packet costs tens of microseconds, and a million of them nobody's patience.
    #if DEBUG
        static let million = 40_000
    #else
        static let million = 1_000_000
    #endif

    private static func count(_ delivery: Delivery) -> Int { delivery == .whole ? million : 1000 }

    private func connected(_ delivery: Delivery, cipher: Name = "aes128-gcm@openssh.com") throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.cipherNames = [cipher]
        script.commands = []
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.isLoggedIn)
        return conversation
    }

    private func flood(_ conversation: Conversation, _ count: Int, with payloads: [ByteBuffer]) {
        var left = count
        while left > 0, !conversation.record.isOver {
            let batch = min(left, 2000)
            for index in 0..<batch { conversation.peer.inject(.payload(payloads[index % payloads.count])) }
            conversation.run()
            conversation.forget()
            left -= batch
        }
    }

    @Test(
        "PK-20 Unknown messages to a peer that does not read stop our reading, not our memory",
        arguments: Delivery.allCases)
    func unknownMessages(_ delivery: Delivery) throws {
        let conversation = try connected(delivery)
        conversation.script.sends = false
        let capacity = Limits.outboundByteCount / 36
        let count = Self.count(delivery)
        for _ in 0..<count { conversation.peer.inject(.bytes([200])) }
        conversation.run()
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount + 64 * 1024)
        #expect(conversation.engine.wantsInput == (count < capacity))
        // Once the peer reads, everything goes on.
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.peer.messages(Unimplemented.self).count == count)
        #expect(conversation.record.notes.count <= Limits.noteCount)
    }

    @Test(
        "GR-02 Questions whether we are there, from a peer that does not read, stop our reading, not our memory",
        arguments: Delivery.allCases)
    func unreadAnswers(_ delivery: Delivery) throws {
        let conversation = try connected(delivery)
        conversation.script.sends = false
        let question = GlobalRequest(name: "keepalive@openssh.com", wantsReply: true)
        let count = Self.count(delivery)
        for _ in 0..<count { conversation.peer.inject(.message(question)) }
        conversation.run()
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount + 64 * 1024)
        #expect(conversation.engine.wantsInput == (count < Limits.outboundByteCount / 36))
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.peer.messages(RequestFailure.self).count == count)
    }

    @Test("PK-23 A flood of IGNORE and DEBUG is swallowed and leaves a bounded trace", arguments: Delivery.allCases)
    func ignoreAndDebug(_ delivery: Delivery) throws {
        let conversation = try connected(delivery)
        let sent = conversation.record.clientBytes.count
        let text = ByteBuffer(bytes: [0x1B, 0x5B] + [UInt8](repeating: 0x41, count: 2000))
        flood(
            conversation, Self.count(delivery),
            with: [Ignore(data: ByteBuffer()).payload, Ignore(data: ByteBuffer(string: "x")).payload]
                + [DebugMessage(alwaysDisplay: true, text: text).payload])
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.clientBytes.count == sent)
        #expect(conversation.record.notes.count <= Limits.noteCount)
        for case .debug(let text, _) in conversation.record.notes { #expect(text.count <= 1024) }
    }

    @Test("PK-31 Many small packets keep what waits small", arguments: Delivery.allCases)
    func smallPackets(_ delivery: Delivery) throws {
        let conversation = try connected(delivery)
        flood(conversation, Self.count(delivery), with: [ByteBuffer(bytes: [81])])
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.highestOutboundByteCount <= 64 * 1024)
        #expect(conversation.record.highestHeldByteCount <= 64 * 1024)
    }
}
