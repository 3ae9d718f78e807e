import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// hostile.md's floods: a million in one delivery, a thousand in the others (ruling 44).
@Suite("Floods")
struct FloodTests {
    /// Whether all that the rows want is wanted, as by `Scripts/rows`, of optimized code.
    ///
    /// Without, a packet costs tens of microseconds, and a million of them nobody's patience.
    static let isFull = ProcessInfo.processInfo.environment["FAIRLEAD_ROWS"] == "full"
    static let million = isFull ? 1_000_000 : 40_000
    /// Where one costs more.
    static let dearMillion = isFull ? 1_000_000 : 10_000

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
        let texts = conversation.record.notes.compactMap { note -> [UInt8]? in
            guard case .debug(let text, true) = note else { return nil }
            return text
        }
        #expect(!texts.isEmpty && texts.allSatisfy { $0.count <= 1024 })
    }

    @Test("PK-31 Many small packets keep what waits small", arguments: Delivery.allCases)
    func smallPackets(_ delivery: Delivery) throws {
        let conversation = try connected(delivery)
        flood(conversation, Self.count(delivery), with: [ByteBuffer(bytes: [81])])
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.highestOutboundByteCount <= 64 * 1024)
        #expect(conversation.record.highestHeldByteCount <= 64 * 1024)
    }

    /// With a channel whose program says nothing, and a cipher whose packets are of known size.
    private func session(
        _ delivery: Delivery, _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.cipherNames = ["aes128-gcm@openssh.com"]
        configuration.program = { _ in [] }
        script.endsInput = false
        change(&configuration, &script)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.opened == [Self.channel])
        return conversation
    }

    private static let channel = ChannelID(rawValue: 0)

    @Test("CH-14 A flood of data that holds nothing wakes nobody and gets no answer", arguments: Delivery.allCases)
    func emptyData(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let (sent, notes) = (conversation.record.clientBytes.count, conversation.record.notes)
        let kinds = [1, 0, 7] as [UInt32]
        flood(
            conversation, Self.count(delivery),
            with: [ChannelData(recipient: Self.channel, data: ByteBuffer()).payload]
                + kinds.map { ChannelExtendedData(recipient: Self.channel, type: $0, data: ByteBuffer()).payload })
        #expect(conversation.record.errors.isEmpty && conversation.record.dataEventCount == 0)
        #expect(conversation.record.clientBytes.count == sent && conversation.record.notes == notes)
        conversation.inject(.message(ChannelData(recipient: Self.channel, data: ByteBuffer(string: "x"))))
        #expect(conversation.record.dataEventCount == 1)
    }

    @Test(
        "CH-18 Requests that nobody knows, from a peer that does not read, stop our reading, not our memory",
        arguments: Delivery.allCases)
    func unreadFailures(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        conversation.script.sends = false
        let request = ChannelRequest(recipient: Self.channel, name: "nonsense", wantsReply: true)
        let count = Self.count(delivery)
        for _ in 0..<count { conversation.peer.inject(.message(request)) }
        conversation.run()
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount + 64 * 1024)
        #expect(conversation.engine.wantsInput == (count < Limits.outboundByteCount / 36))
        conversation.script.sends = true
        conversation.run()
        let failures = conversation.peer.messages(ChannelFailure.self)
        #expect(failures.count == count && conversation.record.notes.count <= Limits.noteCount)
        #expect(failures.allSatisfy { $0.recipient.rawValue == ScriptedPeer.firstChannelNumber })
    }

    @Test(
        "CH-08 A window that grows by single bytes grows by each of them, and that is all", arguments: Delivery.allCases
    )
    func smallWindows(_ delivery: Delivery) throws {
        let conversation = try session(delivery) { configuration, _ in configuration.channelWindow = 0 }
        let (sent, count) = (conversation.record.clientBytes.count, Self.count(delivery))
        flood(conversation, count, with: [ChannelWindowAdjust(recipient: Self.channel, byteCount: 1).payload])
        #expect(conversation.record.errors.isEmpty && conversation.record.clientBytes.count == sent)
        #expect(conversation.engine.sendableByteCount(Self.channel) == count)
        conversation.write([UInt8](repeating: 5, count: count), to: Self.channel)
        conversation.run()
        #expect(conversation.peer.channels.values.first?.input.count == count)
        #expect(conversation.peer.messages(ChannelData.self).count == (count + 32_767) / 32_768)
    }

    /// What is read is given back; what is not is what a user holds.
    @Test(
        "CH-07 A server that sends a gibibyte without a look at the window is stopped a tenth past it",
        arguments: [0, 1, 2])
    func ignoredWindow(_ consumedPieces: Int) throws {
        let size = Int(Limits.channelWindowByteCount)
        let conversation = try session(.whole) { _, script in
            script.consumes = false
            script.configuration.maximumWindowByteCount = Limits.channelWindowByteCount
        }
        let piece = ChannelData(recipient: Self.channel, data: ByteBuffer(repeating: 1, count: 32_768))
        var (count, held) = (0, 0)
        // Of each three packets the user takes so many.
        while !conversation.record.isOver, count < 1 << 15 {
            conversation.inject(.message(piece))
            count += 1
            if count % 3 < consumedPieces, !conversation.record.isOver {
                conversation.perform(.consumed(Self.channel, byteCount: 32_768))
                held += 1
            }
            #expect((conversation.record.dataEventCount - held) * 32_768 <= size + size / 10)
        }
        #expect(conversation.record.errors == [.channel(.windowExceeded)])
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
        if consumedPieces == 0 { #expect(conversation.record.output[Self.channel]?.count == 70 * 32_768) }
    }

    @Test(
        "AU-26 Of a flood of FAILURE that nobody asked for the first is an error, and the rest nobody's",
        arguments: [true, false])
    func unsolicitedFailures(_ isLoggedIn: Bool) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.cipherNames = ["aes128-gcm@openssh.com"]
        script.commands = []
        if !isLoggedIn { script.credentials = [.wait] }
        let conversation = try Conversation(configuration, script: script).run()
        #expect(conversation.record.isLoggedIn == isLoggedIn && conversation.record.errors.isEmpty)
        let rounds = conversation.record.rounds
        let failure = UserauthFailure(methods: ["password"], partialSuccess: false).payload
        for _ in 0..<Self.million { conversation.peer.inject(.payload(failure)) }
        conversation.run()
        #expect(conversation.record.errors.map(\.kind) == [isLoggedIn ? .unexpected : .unsolicited])
        #expect(conversation.record.rounds == rounds && conversation.record.lateEvents.isEmpty)
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
        #expect(conversation.peer.attempts.count == (isLoggedIn ? 1 : 0) && !conversation.engineHasOutbound)
    }
}
