import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// hostile.md §2: sealed packets that were damaged on their way, bit by bit.
@Suite("Damaged packets")
struct DamagedPacketTests {
    /// What came of USERAUTH_SUCCESS, damaged.
    private func outcome(
        _ mode: TestedMode, _ delivery: Delivery, _ damage: @escaping @Sendable (inout [UInt8]) -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        mode.prepare(&configuration)
        configuration.hook = { _, step, payload in
            step == .authentication ? [.altered(payload, damage)] : [.payload(payload)]
        }
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        // A greater length may make the reader wait for more than comes.
        if !conversation.record.isOver { conversation.passDeadline() }
        #expect(!conversation.record.isLoggedIn && conversation.record.opened.isEmpty)
        #expect(conversation.record.errors.count == 1)
        return conversation
    }

    private func reasons(_ conversation: Conversation) -> [DisconnectReason] {
        conversation.peer.messages(Disconnect.self).map(\.reason)
    }

    @Test("PK-11 Each bit of a tag counts", arguments: TestedMode.encrypted, Delivery.allCases)
    func tagBits(_ mode: TestedMode, _ delivery: Delivery) throws {
        let step = delivery == .whole ? 1 : 13
        for bit in stride(from: 0, to: mode.tagByteCount * 8, by: step) {
            let conversation = try outcome(mode, delivery) {
                $0[$0.count - mode.tagByteCount + bit / 8] ^= 1 << (bit % 8)
            }
            #expect(conversation.record.errors == [.integrity] && reasons(conversation) == [.macError])
        }
    }

    @Test(
        "PK-11 A tag of zeros and the tag of another packet are refused", arguments: TestedMode.encrypted,
        Delivery.allCases)
    func borrowedTags(_ mode: TestedMode, _ delivery: Delivery) throws {
        let zeros = try outcome(mode, delivery) { packet in
            packet.replaceSubrange(
                (packet.count - mode.tagByteCount)..., with: [UInt8](repeating: 0, count: mode.tagByteCount))
        }
        #expect(zeros.record.errors == [.integrity] && reasons(zeros) == [.macError])
        var (configuration, script) = try HostileCheck.honest()
        mode.prepare(&configuration)
        configuration.hook = { peer, step, payload in
            guard step == .authentication, let last = peer.wire.last else { return [.payload(payload)] }
            return [.altered(payload) { $0 = $0.dropLast(mode.tagByteCount) + last.suffix(mode.tagByteCount) }]
        }
        let borrowed = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(borrowed.record.errors == [.integrity] && reasons(borrowed) == [.macError])
    }

    @Test(
        "PK-11 A packet that lacks its last byte is never acted on", arguments: TestedMode.encrypted, Delivery.allCases)
    func shortened(_ mode: TestedMode, _ delivery: Delivery) throws {
        let waiting = try outcome(mode, delivery) { $0.removeLast() }
        #expect(waiting.record.errors == [.timeout(.authentication)])
        var (configuration, script) = try HostileCheck.honest()
        mode.prepare(&configuration)
        configuration.hook = { _, step, payload in
            guard step == .authentication else { return [.payload(payload)] }
            return [.altered(payload) { $0.removeLast() }, .message(Ignore(data: ByteBuffer()))]
        }
        let followed = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(followed.record.errors == [.integrity] && !followed.record.isLoggedIn)
    }

    @Test(
        "PK-12 A flipped bit in the length ends the connection, and what we send does not tell how",
        arguments: TestedMode.encrypted, Delivery.allCases)
    func lengthBits(_ mode: TestedMode, _ delivery: Delivery) throws {
        var answers: Set<Int> = []
        for bit in 0..<32 {
            let conversation = try outcome(mode, delivery) { $0[bit / 8] ^= 1 << (bit % 8) }
            let kind = conversation.record.errors.first?.kind
            #expect(kind == .packet || kind == .integrity || kind == .timeout)
            if kind != .timeout { answers.insert(conversation.record.clientBytes.count) }
        }
        #expect(answers.count == 1)
    }

    @Test("PK-13 Each byte of the ciphertext counts", arguments: TestedMode.encrypted, Delivery.allCases)
    func ciphertext(_ mode: TestedMode, _ delivery: Delivery) throws {
        let byteCount = Int(mode.minimumLength)
        for index in 4..<4 + byteCount {
            let conversation = try outcome(mode, delivery) { $0[index] ^= 0x10 }
            #expect(conversation.record.errors == [.integrity] && reasons(conversation) == [.macError])
        }
    }

    @Test(
        "PK-13 A packet from before new keys is refused after them", arguments: TestedMode.encrypted, Delivery.allCases)
    func replay(_ mode: TestedMode, _ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        mode.prepare(&configuration)
        script.commands = []
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.isLoggedIn)
        let old = conversation.peer.wire.last ?? []
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.record.agreements.count == 2 && !conversation.record.isOver)
        conversation.inject(.raw(old), .raw([UInt8](repeating: 0, count: 64)))
        if !conversation.record.isOver {
            // A length that makes no sense under the new keys may ask for more than came.
            conversation.inject(.raw([UInt8](repeating: 0, count: 300_000)))
        }
        let kind = conversation.record.errors.first?.kind
        #expect(kind == .integrity || kind == .packet)
        #expect(conversation.record.errors.count == 1)
    }

    @Test("PK-15 A sequence number that wraps before the first keys is an error")
    func sequenceWrap() throws {
        var reader = PacketReader(sequence: .max)
        var bytes = ByteBuffer(bytes: [0, 0, 0, 12, 10, 2] + [UInt8](repeating: 0, count: 10))
        #expect(throws: ProtocolError.limit(.sequenceNumber)) { try reader.next(from: &bytes) }
    }
}
