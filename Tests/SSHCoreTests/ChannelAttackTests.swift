import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// attacks.md, part E, as far as sessions go.
@Suite("Attacks on channels")
struct ChannelAttackTests {
    private static let id = ChannelID(rawValue: 0)

    /// A session whose program says nothing and does not end.
    private func session(
        _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        let conversation = try HostileCheck.quietSession(change)
        #expect(conversation.record.isLoggedIn)
        // It closes when the test says so, and then once.
        conversation.peer.configuration.hook = { _, _, own in
            (try? ChannelClose(payload: own)) == nil ? [.payload(own)] : []
        }
        return conversation
    }

    /// Both directions still work.
    private func expectEcho(_ conversation: Conversation, sourceLocation: SourceLocation = #_sourceLocation) {
        conversation.write(Array("there".utf8), to: Self.id)
        conversation.inject(.message(Self.data("back")))
        #expect(conversation.record.errors.isEmpty, sourceLocation: sourceLocation)
        let input = conversation.peer.channels.values.first?.input.suffix(5)
        #expect(input.map(Array.init) == Array("there".utf8), sourceLocation: sourceLocation)
        #expect(
            conversation.record.output[Self.id]?.suffix(4) == Array("back".utf8)[...], sourceLocation: sourceLocation)
        #expect(!conversation.engineHasOutbound && conversation.engine.wantsInput, sourceLocation: sourceLocation)
    }

    private func flood(_ conversation: Conversation, _ count: Int = FloodTests.million, with payloads: [ByteBuffer]) {
        for start in stride(from: 0, to: count, by: 2000) where !conversation.record.isOver {
            for index in start..<start + 2000 {
                conversation.peer.inject(.payload(payloads[index % payloads.count]))
            }
            conversation.run()
            conversation.forgetAll()
        }
    }

    private static func data(_ text: String, to id: ChannelID = id) -> ChannelData {
        ChannelData(recipient: id, data: ByteBuffer(string: text))
    }

    private static func request(_ name: Name, _ details: [UInt8], to id: ChannelID = id) -> ByteBuffer {
        ChannelRequest(recipient: id, name: name, wantsReply: false, details: ByteBuffer(bytes: details)).payload
    }

    /// Every message about a channel.
    private static func messages(to id: ChannelID) -> [ByteBuffer] {
        [
            data("x", to: id).payload,
            ChannelExtendedData(recipient: id, type: 1, data: ByteBuffer(string: "x")).payload,
            ChannelExtendedData(recipient: id, type: 7, data: ByteBuffer(string: "x")).payload,
            ChannelEOF(recipient: id).payload, ChannelClose(recipient: id).payload,
            request("exit-status", [0, 0, 0, 7], to: id), ChannelSuccess(recipient: id).payload,
            ChannelFailure(recipient: id).payload,
        ]
    }

    @Test("E1 Packets too small for progress are refused, and at nine bytes all of them flow", arguments: [0, 1, 8, 9])
    func smallPackets(_ byteCount: UInt32) throws {
        let conversation = try session { configuration, script in
            configuration.channelPacket = byteCount
            script.input = [UInt8](repeating: 5, count: 1000)
        }
        guard byteCount == 9 else {
            #expect(conversation.record.errors == [.channel(.packetSize)])
            return #expect(conversation.peer.messages(ChannelData.self).isEmpty)
        }
        #expect(conversation.peer.channels.values.first?.input.count == 1000)
        #expect(conversation.peer.messages(ChannelData.self).count == 112)
    }

    @Test("E2 A window may grow to 2^32-1, and a byte more ends the connection", arguments: [0, 1] as [UInt32])
    func windowOverflow(_ excess: UInt32) throws {
        let conversation = try session { configuration, _ in configuration.channelWindow = 10 }
        conversation.inject(.message(ChannelWindowAdjust(recipient: Self.id, byteCount: .max - 11)))
        conversation.inject(.message(ChannelWindowAdjust(recipient: Self.id, byteCount: 1 + excess)))
        #expect(conversation.record.errors == (excess == 0 ? [] : [.channel(.windowOverflow)]))
        if excess == 0 { expectEcho(conversation) }
    }

    @Test("E3 A write of 4 GiB, and a byte less or more, ends, and spends what it should", arguments: [-1, 0, 1])
    func hugeWrites(_ difference: Int) throws {
        let byteCount = (1 << 32) + difference
        var window = SendWindow(byteCount: 100)
        window.spend(byteCount)
        #expect(window.byteCount == 0)
        var receive = ReceiveWindow(size: 100, maximum: 100)
        #expect(throws: ProtocolError.channel(.windowExceeded)) { try receive.receive(byteCount) }
        #expect(receive == ReceiveWindow(size: 100, maximum: 100))
        #expect(receive.consume(byteCount, now: Instant(sinceStart: .zero), roundTrip: .zero) == nil)
        var channel = Channel(id: Self.id, deadline: Instant(sinceStart: .zero))
        try channel.confirm(
            ChannelOpenConfirmation(recipient: Self.id, sender: Self.id, windowSize: 0, maximumPacketSize: .max))
        var (left, packetCount) = (byteCount, 0)
        while left > 0, packetCount <= 1 << 18 {
            if channel.sendableByteCount == 0 { try channel.grow(by: .max) }
            let count = min(left, channel.sendableByteCount)
            channel.spend(count)
            left -= count
            packetCount += 1
        }
        #expect(left == 0 && packetCount <= (1 << 17) + 2)
    }

    @Test("E4 After a close nothing of the channel reaches its user: whatever else comes ends the connection")
    func afterClose() throws {
        for message in Self.messages(to: Self.id) {
            let conversation = try session()
            conversation.inject(.message(Self.data("before")), .message(ChannelClose(recipient: Self.id)))
            #expect(conversation.record.closed == [Self.id] && conversation.record.errors.isEmpty)
            conversation.inject(.payload(message))
            let record = conversation.record
            #expect(record.errors == [.channel(.unknown)] && record.lateEvents.isEmpty)
            #expect(record.output[Self.id] == Array("before".utf8) && record.errorOutput.isEmpty)
            #expect(record.exits.isEmpty && record.ended.isEmpty && record.closed.count == 1)
            #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
        }
    }

    @Test("E4 After the end of output a status still counts, and data is dropped with its window given back")
    func afterEnd() throws {
        let conversation = try session()
        conversation.inject(.message(ChannelEOF(recipient: Self.id)))
        for _ in 0..<200 { conversation.inject(.message(Self.data(String(repeating: "x", count: 30_000)))) }
        conversation.inject(
            .payload(Self.request("exit-status", [0, 0, 0, 7])), .message(ChannelClose(recipient: Self.id)))
        #expect(conversation.record.errors.isEmpty && conversation.record.output.isEmpty)
        #expect(conversation.record.exits == [.status(7)] && conversation.record.closed == [Self.id])
    }

    @Test("E5 A status that is cut short is an error, not a trap", arguments: 0...5)
    func cutStatus(_ byteCount: Int) throws {
        let conversation = try session()
        conversation.inject(.payload(Self.request("exit-status", Array([0, 0, 0, 7, 9].prefix(byteCount)))))
        guard byteCount < 4 else { return #expect(conversation.record.exits == [.status(7)]) }
        #expect(conversation.record.errors.map(\.kind) == [.malformed] && conversation.record.exits.isEmpty)
    }

    @Test("E5 Of a hundred thousand endings the first counts, and the rest is dropped", arguments: [true, false])
    func manyEndings(_ beginsWithSignal: Bool) throws {
        var signal = ByteBuffer()
        signal.writeString(utf8: "TERM")
        signal.writeBoolean(true)
        signal.writeString([UInt8](repeating: 0x41, count: 200_000))
        signal.writeString(utf8: "en")
        let ending = Self.request("exit-signal", Array(signal.readableBytesView))
        var short = ByteBuffer()
        for text in ["KILL", "", ""] {
            short.writeString(utf8: text)
            if text == "KILL" { short.writeBoolean(false) }
        }
        let endings = [
            Self.request("exit-status", [0, 0, 0, 7]), Self.request("exit-signal", Array(short.readableBytesView)),
        ]
        let conversation = try session()
        conversation.inject(.payload(beginsWithSignal ? ending : endings[0]))
        flood(conversation, FloodTests.dearMillion, with: endings)
        conversation.inject(.payload(ending))
        #expect(
            conversation.record.exits == [
                beginsWithSignal
                    ? .signal(name: Array("TERM".utf8), dumpedCore: true, message: Array(repeating: 0x41, count: 1024))
                    : .status(7)
            ])
        expectEcho(conversation)
    }

    @Test("E6 A flood of answers that nobody asked for stalls nothing, and one that is asked for still arrives")
    func unsolicitedReplies() throws {
        let conversation = try session()
        let replies: [ByteBuffer] = [
            ChannelSuccess(recipient: Self.id).payload, ChannelFailure(recipient: Self.id).payload,
            ByteBuffer(bytes: [81]), RequestFailure().payload,
        ]
        flood(conversation, with: replies)
        #expect(conversation.record.replies == [true])
        expectEcho(conversation)
        // While one is pending the first counts as its answer, and the others as nobody's.
        conversation.script.sends = false
        conversation.perform(.request(Self.id, .subsystem(name: [])))
        flood(conversation, FloodTests.dearMillion, with: [replies[1], replies[0], replies[3]])
        #expect(conversation.record.replies == [true, false])
        conversation.script.sends = true
        conversation.run()
        expectEcho(conversation)
    }

    @Test("E6 A flood of answers after our close stalls nothing: what else runs on the connection goes on")
    func unsolicitedRepliesAfterClose() throws {
        let conversation = try session()
        let replies: [ByteBuffer] = [
            ChannelSuccess(recipient: Self.id).payload, ChannelFailure(recipient: Self.id).payload,
            ByteBuffer(bytes: [81]), RequestFailure().payload,
        ]
        conversation.perform(.close(Self.id))
        flood(conversation, with: replies)
        #expect(conversation.record.replies == [true] && conversation.record.closed.isEmpty)
        conversation.inject(.message(ChannelClose(recipient: Self.id)))
        #expect(conversation.record.closed == [Self.id])
        // Of the channel, which is no more, an answer would be an error now; of the connection it is nobody's.
        flood(conversation, FloodTests.dearMillion, with: Array(replies.suffix(2)))
        let other = conversation.engine.nextChannelID()
        conversation.perform(.openSession(other))
        conversation.write(Array("there".utf8), to: other)
        conversation.inject(.message(Self.data("back", to: other)))
        #expect(conversation.record.errors.isEmpty && conversation.record.output[other] == Array("back".utf8))
        #expect(conversation.peer.channels.values.first { $0.client == other }?.input == Array("there".utf8))
        #expect(!conversation.engineHasOutbound && conversation.engine.wantsInput)
    }

    @Test("E7 E9 A flood of channels that nobody asked for is refused one by one, and nothing is kept")
    func refusedOpens() throws {
        let conversation = try session()
        let types: [Name] = [
            "auth-agent@openssh.com", "x11", "forwarded-tcpip", "forwarded-streamlocal@openssh.com", "session",
            "direct-tcpip", "tun@openssh.com", "nonsense",
        ]
        let opens = types.enumerated().map { index, type in
            // What its type should tell of it is missing, or is something else.
            ChannelOpen(
                type: type, sender: ChannelID(rawValue: UInt32(index)), windowSize: .max, maximumPacketSize: 0,
                details: ByteBuffer(repeating: 0xFF, count: index * 3)
            ).payload
        }
        for open in opens { conversation.inject(.payload(open)) }
        let refusals = conversation.peer.messages(ChannelOpenFailure.self)
        #expect(refusals.map(\.recipient.rawValue) == Array(0..<8))
        #expect(refusals.allSatisfy { $0.reason == ChannelOpenFailure.administrativelyProhibited })
        #expect(conversation.record.notes.suffix(8) == types.map { .channelOpenRefused($0) }[...])
        flood(conversation, with: opens)
        #expect(conversation.record.opened == [Self.id] && conversation.record.notes.count <= Limits.noteCount)
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount)
        expectEcho(conversation)
    }

    @Test("E7 A server that does not read its refusals is not read either")
    func unreadRefusals() throws {
        let conversation = try session()
        conversation.script.sends = false
        let open = ChannelOpen(type: "x11", sender: Self.id, windowSize: 1, maximumPacketSize: 1)
        for _ in 0..<FloodTests.million { conversation.peer.inject(.message(open)) }
        conversation.run()
        #expect(!conversation.engine.wantsInput && conversation.record.errors.isEmpty)
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount + 64 * 1024)
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.peer.messages(ChannelOpenFailure.self).count == FloodTests.million)
        expectEcho(conversation)
    }

    @Test("E8 Many windows of a stream that nobody knows stall nothing", arguments: [0, 2, UInt32.max])
    func unknownStreams(_ type: UInt32) throws {
        let conversation = try session { _, script in
            script.consumes = false
            script.configuration.maximumWindowByteCount = Limits.channelWindowByteCount
        }
        let data = ChannelExtendedData(recipient: Self.id, type: type, data: ByteBuffer(repeating: 1, count: 32_768))
        for _ in 0..<256 { conversation.inject(.message(data)) }
        #expect(conversation.record.errors.isEmpty && conversation.record.errorOutput.isEmpty)
        let credit = conversation.peer.messages(ChannelWindowAdjust.self).reduce(0) { $0 + Int($1.byteCount) }
        #expect(credit == 256 * 32_768)
        expectEcho(conversation)
    }

    @Test("E11 No message about a channel that is being opened, never was, or is freed reaches anybody")
    func strangers() throws {
        enum Place: CaseIterable { case opening, never, freed }
        for place in Place.allCases {
            let id = ChannelID(rawValue: place == .freed ? 0 : place == .opening ? 1 : 2)
            let adjust = ChannelWindowAdjust(recipient: id, byteCount: 1).payload
            for message in Self.messages(to: id) + [adjust] {
                let conversation = try session()
                conversation.peer.configuration.hook = { _, step, own in step == .channelReply ? [] : [.payload(own)] }
                conversation.perform(.openSession(ChannelID(rawValue: 1)))
                if place == .freed { conversation.inject(.message(ChannelClose(recipient: id))) }
                let replyCount = conversation.record.replies.count
                conversation.inject(.payload(message))
                let record = conversation.record
                // One that crossed the end of its channel is nobody's mistake.
                let isHarmless = place == .freed && message == adjust
                #expect(record.errors.map(\.kind) == (isHarmless ? [] : [.channel]), "\(place) \(message)")
                #expect(record.output.isEmpty && record.errorOutput.isEmpty && record.exits.isEmpty)
                #expect(record.ended.isEmpty && record.replies.count == replyCount)
                #expect(record.closed == (place == .freed ? [id] : []))
            }
        }
    }

    @Test("E13 The server's last words that cross our new keys arrive once, in order, with the status")
    func endsDuringOurRekey() throws {
        let conversation = try session()
        conversation.script.sends = false
        conversation.perform(.rekey)
        conversation.inject(
            .message(Self.data("last ")), .message(Self.data("words")),
            .payload(Self.request("exit-status", [0, 0, 0, 7])), .message(ChannelEOF(recipient: Self.id)),
            .message(ChannelClose(recipient: Self.id)))
        let record = conversation.record
        #expect(record.output[Self.id] == Array("last words".utf8) && record.exits == [.status(7)])
        #expect(record.ended == [Self.id] && record.closed == [Self.id])
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.record.errors.isEmpty && conversation.engine.rekeyCount == 1)
        #expect(conversation.record.ended.count == 1 && conversation.record.closed.count == 1)
        let numbers = conversation.peer.received.map(\.number)
        #expect(numbers.suffix(4) == [20, 30, 21, 97])
    }

    @Test("E13 Our last words during a key exchange leave once, in order, after it", arguments: [true, false])
    func ourEndsDuringRekey(_ isOurs: Bool) throws {
        let conversation = try session()
        conversation.script.sends = false
        if isOurs { conversation.perform(.rekey) } else { conversation.peer.startRekey() }
        conversation.run()
        conversation.write(Array("last words".utf8), to: Self.id)
        #expect(conversation.unsentByteCount(Self.id) == 10)
        conversation.script.endsInput = true
        conversation.script.sends = true
        conversation.run()
        conversation.perform(.close(Self.id))
        conversation.inject(.message(ChannelClose(recipient: Self.id)))
        #expect(conversation.record.errors.isEmpty && conversation.record.closed == [Self.id])
        #expect(conversation.peer.channels.values.first?.input == Array("last words".utf8))
        #expect(conversation.peer.received.map(\.number).suffix(3) == [94, 96, 97])
    }
}
