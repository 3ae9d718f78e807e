import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import Testing

/// Deadlines that a server would like to put off.
@Suite("Lasting deadlines")
struct LastingDeadlineTests {
    private func unansweredLogin() throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.judge = { _, _ in [] }
        script.commands = []
        return try Conversation(configuration, script: script).run()
    }

    @Test("A server that owes an answer to a login cannot put it off by changing keys")
    func rekeyDuringLogin() throws {
        let conversation = try unansweredLogin()
        let end = conversation.clock.now + Limits.authenticationReply
        #expect(conversation.engine.deadline == end)
        for _ in 0..<3 {
            conversation.advance(by: .seconds(40))
            conversation.peer.startRekey()
            conversation.run()
            #expect(conversation.engine.deadline == end)
        }
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(.authentication)])
        #expect(conversation.clock.now == end)
    }

    @Test("nor by a change of keys that it does not end")
    func endlessRekeyDuringLogin() throws {
        let conversation = try unansweredLogin()
        conversation.peer.configuration.hook = { _, _, payload in
            (try? NewKeys(payload: payload)) == nil ? [.payload(payload)] : []
        }
        let end = conversation.clock.now + Limits.authenticationReply
        conversation.advance(by: Limits.authenticationReply - Limits.rekey / 2)
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.engine.deadline == end)
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(.authentication)])
        #expect(conversation.clock.now == end)
    }

    /// A server that says each of these when they are given to the client by hand, and all the rest at once.
    private func slowServer(
        _ steps: Set<Step>, _ change: (inout PeerConfiguration) -> Void = { _ in }
    ) throws -> (conversation: Conversation, kept: Kept) {
        var (configuration, script) = try HostileCheck.honest()
        let kept = Kept()
        configuration.hook = { _, step, own in
            guard steps.contains(step) else { return [.payload(own)] }
            if step == .identification {
                kept.add(.raw(Array(own.readableBytesView)))
            } else {
                kept.add(.payload(own))
            }
            return []
        }
        change(&configuration)
        script.commands = []
        return (try Conversation(configuration, script: script).run(), kept)
    }

    @Test("NW-13 A name and an offer that take 25 seconds leave five for the keys: the handshake has one deadline")
    func oneHandshake() throws {
        let (conversation, kept) = try slowServer([.identification, .kexInit]) { $0.repliesToShare = false }
        try #require(kept.all.count == 2)
        for (emission, duration) in zip(kept.all, [Duration.seconds(15), .seconds(10)]) {
            conversation.advance(by: duration)
            conversation.inject(emission)
            #expect(conversation.record.errors.isEmpty)
        }
        conversation.passDeadlines { _ in false }
        #expect(conversation.record.errors == [.timeout(.keyExchange)])
        #expect(conversation.clock.now.sinceStart == Limits.handshake)
    }

    @Test("NW-13 A late SERVICE_ACCEPT and a banner now and then leave a login its one deadline")
    func oneLogin() throws {
        let (conversation, kept) = try slowServer([.serviceAccept]) { $0.judge = { _, _ in [] } }
        let end = conversation.clock.now + Limits.authenticationReply
        conversation.advance(by: .seconds(100))
        conversation.inject(try #require(kept.all.first))
        for _ in 0..<4 {
            conversation.advance(by: .seconds(10))
            conversation.inject(.message(UserauthBanner(text: ByteBuffer(string: "soon\n"))))
            #expect(conversation.record.errors.isEmpty)
        }
        conversation.passDeadlines { _ in false }
        #expect(conversation.record.errors == [.timeout(.authentication)] && conversation.clock.now == end)
    }

    @Test("A request that the server never answers fails its channel alone, and closes it")
    func unansweredRequest() throws {
        var (configuration, script) = try HostileCheck.honest()
        script.commands = [HostileCheck.command]
        // The peer confirms the channel, and then says nothing about it.
        configuration.hook = { _, _, payload in
            let number: UInt8 = payload.getInteger(at: payload.readerIndex) ?? 0
            return number >= MessageNumber.channelWindowAdjust.rawValue ? [] : [.payload(payload)]
        }
        let conversation = try Conversation(configuration, script: script).run()
        let end = conversation.clock.now + Limits.channelReply
        conversation.passDeadlines { !$0.record.refusals.isEmpty }
        #expect(conversation.record.errors.isEmpty && conversation.record.refusals.count == 1)
        #expect(conversation.clock.now == end)
        #expect(conversation.peer.messages(ChannelClose.self).count == 1)
    }
}

/// What a server keeps to itself for a while.
private final class Kept: @unchecked Sendable {
    private(set) var all: [Emission] = []

    func add(_ emission: Emission) { all.append(emission) }
}

/// What a hostile choice of packet sizes costs.
@Suite("Kept buffers")
struct KeptBufferTests {
    @Test("Pieces that wait for a reader do not hold much more memory than they have bytes")
    func inbox() throws {
        var inbox = Inbox()
        for _ in 0..<64 {
            var packet = ByteBuffer(repeating: 7, count: 256 * 1024)
            let piece = packet.readSlice(length: 8 * 1024)
            inbox.append(try #require(piece))
        }
        let held = inbox.pieces.reduce(0) { $0 + $1.storageCapacity }
        #expect(held <= 4 * 64 * 8 * 1024)
        #expect(inbox.pieces.reduce(0) { $0 + $1.readableBytes } == 64 * 8 * 1024)
    }

    @Test("A flood of the largest packets leaves no large buffers behind")
    func ring() throws {
        var reader = PacketReader()
        let payload = [UInt8](repeating: 2, count: 262_000)
        var packet = ByteBuffer()
        let padding = 8 + (8 - (5 + payload.count) % 8) % 8
        packet.writeInteger(UInt32(1 + payload.count + padding))
        packet.writeInteger(UInt8(padding))
        packet.writeBytes(payload)
        packet.writeRepeatingByte(0, count: padding)
        for _ in 0..<96 {
            var bytes = packet
            #expect(try reader.next(from: &bytes) != nil)
        }
        var small = ByteBuffer()
        small.writeInteger(UInt32(12))
        small.writeInteger(UInt8(10))
        small.writeRepeatingByte(2, count: 11)
        let opened = try #require(try reader.next(from: &small))
        #expect(opened.payload.storageCapacity <= 64 * 1024)
    }
}
