import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// Sessions whose ends and windows take their time.
@Suite("Sessions")
struct SessionTests {
    private func conversation(
        _ change: (inout PeerConfiguration, inout ClientScript) -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        change(&configuration, &script)
        return try Conversation(configuration, script: script).run()
    }

    @Test("CH-12 A close that the server never answers frees the user after its deadline, once, and not the number")
    func unansweredClose() throws {
        let conversation = try conversation { configuration, _ in configuration.program = { _ in [] } }
        let id = try #require(conversation.record.opened.first)
        conversation.peer.configuration.hook = { _, step, own in step == .channelReply ? [] : [.payload(own)] }
        conversation.perform(.close(id))
        #expect(conversation.record.closed.isEmpty)
        conversation.advance(by: Limits.channelClose)
        #expect(conversation.record.closed == [id] && conversation.record.errors.isEmpty)
        #expect(conversation.engine.nextChannelID() != id)
        // Whatever comes late concerns nobody any more.
        conversation.inject(
            .message(ChannelData(recipient: id, data: ByteBuffer(string: "late"))),
            .message(ChannelEOF(recipient: id)),
            .message(
                ChannelRequest(
                    recipient: id, name: "exit-status", wantsReply: false, details: ByteBuffer(integer: UInt32(1)))))
        #expect(conversation.record.ended.isEmpty && conversation.record.output.isEmpty)
        #expect(conversation.record.exits.isEmpty)
        conversation.inject(.message(ChannelClose(recipient: id)))
        #expect(conversation.record.closed == [id])
        #expect(conversation.record.errors.isEmpty)
    }

    @Test("CH-12 Channels that the server never closes are kept up to a limit, where the connection ends")
    func neverClosed() throws {
        let conversation = try conversation { configuration, _ in configuration.program = { _ in [] } }
        conversation.peer.configuration.hook = { _, step, own in step == .channelReply ? [] : [.payload(own)] }
        for count in 1...Limits.abandonedChannelCount + 1 {
            #expect(conversation.record.errors.isEmpty)
            conversation.perform(.openSession(conversation.engine.nextChannelID()))
            // All but the last are over before it.
            if count >= Limits.abandonedChannelCount { conversation.advance(by: Limits.channelOpen) }
        }
        #expect(conversation.record.errors == [.limit(.abandonedChannels)])
    }

    @Test(
        "A session that is given up while it is being opened is closed once the server confirms it",
        arguments: [true, false], [true, false])
    func closeWhileOpening(_ isConfirmed: Bool, _ isAnswered: Bool) throws {
        let conversation = try conversation { configuration, _ in
            configuration.hook = { _, step, own in step == .channelReply ? [] : [.payload(own)] }
        }
        let id = ChannelID(rawValue: 0)
        conversation.perform(.close(id))
        #expect(conversation.peer.messages(ChannelClose.self).isEmpty)
        if isConfirmed {
            conversation.inject(
                .message(
                    ChannelOpenConfirmation(
                        recipient: id, sender: ChannelID(rawValue: 9), windowSize: 1, maximumPacketSize: 100)))
            #expect(conversation.peer.messages(ChannelClose.self).map(\.recipient) == [ChannelID(rawValue: 9)])
            if isAnswered { conversation.inject(.message(ChannelClose(recipient: id))) }
        } else if isAnswered {
            conversation.inject(.message(ChannelOpenFailure(recipient: id, reason: 4, description: "full")))
        }
        conversation.advance(by: Limits.channelClose)
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.closed.count + conversation.record.refusals.count == 1)
        #expect(conversation.record.opened.isEmpty)
    }

    @Test("CH-09 A window that is never replenished holds our data back, and nothing else")
    func stalledWindow() throws {
        let conversation = try conversation { configuration, script in
            configuration.channelWindow = 1000
            configuration.program = { _ in [] }
            configuration.hook = { _, step, own in
                own.getInteger(at: own.readerIndex, as: UInt8.self) == 93 ? [] : [.payload(own)]
            }
            script.input = [UInt8](repeating: 5, count: 5000)
        }
        let id = try #require(conversation.record.opened.first)
        #expect(conversation.engine.sendableByteCount(id) == 0)
        #expect(conversation.peer.channels.values.first?.input.count == 1000)
        // Nothing ends it: only a sign of life is asked for, and given.
        conversation.passDeadlines { _ in false }
        #expect(conversation.engine.deadline == nil && conversation.record.errors.isEmpty)
        #expect(conversation.peer.messages(GlobalRequest.self).count == 1)
    }

    @Test("Several MiB both ways arrive byte for byte while the server changes keys", arguments: Delivery.allCases)
    func bulk(_ delivery: Delivery) throws {
        var generator = SplitMix(state: 5)
        let byteCount = delivery == .byteByByte ? 100_000 : 5_000_000
        let input = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        var (configuration, script) = try HostileCheck.honest()
        configuration.channelWindow = 64 * 1024
        configuration.program = { _ in [.echoInput, .rekey, .output([7]), .exitStatus(0), .endOfOutput, .close] }
        script.input = input
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors.isEmpty && conversation.record.misuses.isEmpty)
        #expect(conversation.record.output.values.first == input + [7])
        #expect(conversation.record.agreements.count == 2)
        #expect(conversation.record.exits == [.status(0)])
    }

    /// With numbers of the server's own, in no order either; a byte too many or too few would be somebody else's.
    @Test("CH-22 Ten thousand sessions, confirmed in an order that nobody chose, are each the one that was asked for")
    func confirmedInAnyOrder() throws {
        let conversation = try opening(10_000)
        let asked = conversation.peer.messages(ChannelOpen.self).map(\.sender.rawValue)
        #expect(asked == Array(0..<10_000))
        var generator = SplitMix(state: 22)
        let order = asked.shuffled(using: &generator)
        let numbers = Dictionary(uniqueKeysWithValues: zip(order, asked.shuffled(using: &generator)))
        for id in order { conversation.peer.inject(Self.confirmation(id, sender: try #require(numbers[id]))) }
        conversation.run()
        #expect(conversation.record.opened.map(\.rawValue) == order && conversation.record.errors.isEmpty)
        for id in asked.shuffled(using: &generator) {
            conversation.write(bigEndian(id), to: ChannelID(rawValue: id))
            let words = ByteBuffer(bytes: bigEndian(try #require(numbers[id])))
            conversation.peer.inject(.message(ChannelData(recipient: ChannelID(rawValue: id), data: words)))
            // What waits for the peer to read is limited.
            if id.isMultiple(of: 64) { conversation.run() }
        }
        conversation.run()
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        let sent = conversation.peer.messages(ChannelData.self)
        let wrote = sent.reduce(into: [:]) { $0[$1.recipient.rawValue, default: []] += $1.data.readableBytesView }
        let expected = Dictionary(uniqueKeysWithValues: numbers.map { ($1, bigEndian($0)) })
        #expect(sent.count == 10_000 && wrote == expected)
        let read = Dictionary(uniqueKeysWithValues: conversation.record.output.map { ($0.rawValue, $1) })
        #expect(read == numbers.mapValues { bigEndian($0) })
    }

    @Test("CH-22 Sessions that are opened together keep apart", arguments: Delivery.allCases)
    func manySessions(_ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.program = { [.output($0), .exitStatus(UInt32($0.count)), .endOfOutput, .close] }
        script.commands = (0..<50).map { Array("command \($0)".utf8) }
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.record.output.count == 50)
        for (id, output) in conversation.record.output {
            #expect(output == Array("command \(id.rawValue)".utf8))
        }
        #expect(conversation.record.closed.count == 50 && conversation.record.exits.count == 50)
    }

    @Test("Commands during a key exchange wait for its end, however many they are")
    func commandsDuringRekey() throws {
        let conversation = try conversation { _, script in script.commands = [] }
        conversation.script.sends = false
        conversation.peer.startRekey()
        conversation.run()
        conversation.script.commands = (0..<200).map { Array("\($0)".utf8) }
        for _ in 0..<200 { conversation.perform(.openSession(conversation.engine.nextChannelID())) }
        #expect(conversation.record.errors.isEmpty)
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.record.closed.count == 200)
    }

    @Test(
        "CH-05 After our close what comes is dropped, and nothing more is sent for the channel, not even an answer",
        arguments: [true, false])
    func silenceAfterClose(_ isDuringRekey: Bool) throws {
        let conversation = try conversation { configuration, _ in configuration.program = { _ in [] } }
        let id = try #require(conversation.record.opened.first)
        conversation.peer.configuration.hook = { _, step, own in step == .channelReply ? [] : [.payload(own)] }
        if isDuringRekey {
            conversation.script.sends = false
            conversation.perform(.rekey)
        }
        conversation.perform(.close(id))
        conversation.inject(
            .message(ChannelRequest(recipient: id, name: "keepalive@openssh.com", wantsReply: true)),
            .message(ChannelData(recipient: id, data: ByteBuffer(repeating: 1, count: 30_000))))
        conversation.perform(.consumed(id, byteCount: 1 << 20)).perform(.endInput(id))
        conversation.script.sends = true
        conversation.run()
        conversation.inject(.message(ChannelClose(recipient: id)))
        #expect(conversation.record.errors.isEmpty && conversation.record.closed == [id])
        #expect(conversation.record.output.isEmpty)
        #expect(conversation.peer.received.last?.number == MessageNumber.channelClose.rawValue)
    }

    private static func confirmation(_ id: UInt32, sender: UInt32) -> Emission {
        .message(
            ChannelOpenConfirmation(
                recipient: ChannelID(rawValue: id), sender: ChannelID(rawValue: sender), windowSize: 100,
                maximumPacketSize: 100))
    }

    /// Sessions that wait for the server's confirmation.
    private func opening(_ count: Int = 2) throws -> Conversation {
        let conversation = try conversation { configuration, script in
            script.commands = []
            configuration.hook = { _, step, own in step == .channelReply ? [] : [.payload(own)] }
        }
        for _ in 0..<count { conversation.perform(.openSession(conversation.engine.nextChannelID())) }
        return conversation
    }

    @Test("CH-04 The server's numbers are its own: ours, crossed, change nothing")
    func crossedNumbers() throws {
        let conversation = try opening()
        conversation.inject(Self.confirmation(0, sender: 1), Self.confirmation(1, sender: 0))
        conversation.write([7], to: ChannelID(rawValue: 0))
        conversation.inject(.message(ChannelData(recipient: ChannelID(rawValue: 1), data: ByteBuffer(bytes: [9]))))
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.peer.messages(ChannelData.self).map(\.recipient.rawValue) == [1])
        #expect(conversation.record.output == [ChannelID(rawValue: 1): [9]])
    }

    @Test("CH-04 A number that the server uses already ends the connection; one that both gave up may come again")
    func reusedNumbers() throws {
        let conversation = try opening()
        conversation.inject(Self.confirmation(0, sender: 7), .message(ChannelClose(recipient: ChannelID(rawValue: 0))))
        conversation.inject(Self.confirmation(1, sender: 7))
        #expect(conversation.record.errors.isEmpty && conversation.record.opened.count == 2)
        conversation.perform(.close(ChannelID(rawValue: 1)))
        conversation.perform(.openSession(conversation.engine.nextChannelID()))
        conversation.inject(Self.confirmation(2, sender: 7))
        // Ours is closed, and its own is not.
        #expect(conversation.record.errors == [.channel(.state)] && conversation.record.opened.count == 2)
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
    }

    @Test("The window of a session whose user keeps up grows to what the configuration says, and all of it is granted")
    func growingWindow() throws {
        let maximum: UInt32 = 5 * 1024 * 1024
        let conversation = try conversation { configuration, script in
            configuration.program = { _ in [] }
            script.configuration.maximumWindowByteCount = maximum
        }
        let id = ChannelID(rawValue: 0)
        let data = ByteBuffer(repeating: 1, count: 32_768)
        for _ in 0..<512 {
            conversation.peer.inject(.message(ChannelData(recipient: id, data: data)))
            conversation.run()
        }
        #expect(conversation.peer.messages(ChannelOpen.self).map(\.windowSize) == [Limits.channelWindowByteCount])
        let credit = conversation.peer.messages(ChannelWindowAdjust.self).reduce(0) { $0 + Int($1.byteCount) }
        let uncredited = Int(Limits.channelWindowByteCount) + credit - 512 * 32_768
        #expect((Int(maximum) * 3 / 4...Int(maximum)).contains(uncredited))
    }

    @Test("CH-26 New keys give no new window: data beyond it ends the connection as before", arguments: [true, false])
    func windowAfterRekey(_ isOurs: Bool) throws {
        let conversation = try conversation { configuration, script in
            configuration.program = { _ in [] }
            script.consumes = false
        }
        let id = ChannelID(rawValue: 0)
        func send(_ byteCount: UInt32) {
            for start in stride(from: 0, to: byteCount, by: 32_768) {
                let data = ByteBuffer(repeating: 1, count: Int(min(32_768, byteCount - start)))
                conversation.peer.inject(.message(ChannelData(recipient: id, data: data)))
            }
            conversation.run()
        }
        send(Limits.channelWindowByteCount / 2)
        if isOurs { conversation.perform(.rekey) } else { conversation.peer.startRekey() }
        conversation.run()
        #expect(conversation.engine.rekeyCount == 1)
        send(Limits.channelWindowByteCount / 2 + Limits.channelWindowByteCount / 10)
        #expect(conversation.record.errors.isEmpty)
        send(1)
        #expect(conversation.record.errors == [.channel(.windowExceeded)])
    }
}
