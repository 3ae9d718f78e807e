import NIOCore
import PeerSupport
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

@testable import SSHCore

/// hostile.md §7, as far as we start it.
@Suite("Key exchanges that we start")
struct OwnRekeyTests {
    private static let channel = ChannelID(rawValue: 0)

    /// A session with one channel whose program says nothing by itself.
    private func session(
        _ delivery: Delivery = .whole,
        _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        let conversation = try HostileCheck.quietSession(delivery: delivery, change)
        #expect(conversation.record.opened == [Self.channel] && conversation.record.errors.isEmpty)
        return conversation
    }

    private func data(_ bytes: [UInt8]) -> Emission {
        .message(ChannelData(recipient: Self.channel, data: ByteBuffer(bytes: bytes)))
    }

    private func proposalCount(_ conversation: Conversation) -> Int {
        conversation.peer.received.count { $0.number == MessageNumber.kexInit.rawValue }
    }

    @Test(
        "RK-02 Both sides start at once, a thousand times, and neither waits for the other",
        arguments: Delivery.allCases)
    func bothAtOnce(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let count = delivery == .whole ? 1000 : 40
        for round in 1...count {
            conversation.peer.startRekey()
            conversation.perform(.rekey)
            conversation.write([UInt8(truncatingIfNeeded: round)], to: Self.channel)
            conversation.inject(data([UInt8(truncatingIfNeeded: round)]))
            #expect(conversation.engine.rekeyCount == round && proposalCount(conversation) == round + 1)
        }
        let sent = (1...count).map { UInt8(truncatingIfNeeded: $0) }
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(conversation.record.output[Self.channel] == sent)
        #expect(conversation.peer.channels.values.first?.input == sent)
    }

    @Test("RK-06 What the server sends between our KEXINIT and its own is taken", arguments: Delivery.allCases)
    func crossing(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let early: [Emission] = [
            data([1, 2, 3]), .message(GlobalRequest(name: "odd", wantsReply: true)), data([4]),
        ]
        conversation.peer.configuration.hook = { _, step, own in
            (step == .kexInit ? early : []) + [.payload(own)]
        }
        conversation.perform(.rekey)
        #expect(conversation.record.errors.isEmpty && conversation.engine.rekeyCount == 1)
        #expect(conversation.record.output[Self.channel] == [1, 2, 3, 4])
        // The answer waited for the end of the exchange.
        #expect(conversation.peer.received.suffix(2).map(\.number) == [21, 82])
    }

    /// A server that hears our KEXINIT and goes on as if nothing had been said.
    private func ignored(_ delivery: Delivery = .whole) throws -> Conversation {
        let conversation = try session(delivery)
        conversation.peer.configuration.hook = { _, step, own in step == .kexInit ? [] : [.payload(own)] }
        conversation.perform(.rekey)
        // Its own idea of an exchange is forgotten: it talks on.
        return conversation
    }

    @Test(
        "RK-07 A5 A server that ignores our KEXINIT has a minute, and what we would say meanwhile stays with its author",
        arguments: Delivery.allCases)
    func neverAnswered(_ delivery: Delivery) throws {
        let conversation = try ignored(delivery)
        let start = conversation.clock.now
        conversation.write([UInt8](repeating: 9, count: 3_000_000), to: Self.channel)
        conversation.run()
        #expect(conversation.engine.sendableByteCount(Self.channel) == 0)
        #expect(conversation.unsentByteCount(Self.channel) == 3_000_000)
        for _ in 0..<59 {
            conversation.clock.advance(by: .seconds(1))
            conversation.inject(data([1]))
        }
        #expect(conversation.record.errors.isEmpty && conversation.engine.deferred.count <= Limits.deferredPacketCount)
        #expect(conversation.engine.deadline == start + Limits.rekey)
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(.rekey)])
        #expect(conversation.clock.now == start + .seconds(60))
        #expect(conversation.record.highestOutboundByteCount < 64 * 1024)
        #expect(conversation.record.output[Self.channel]?.count == 59)
    }

    @Test(
        "RK-07 A server that ignores our KEXINIT and asks on meets the bound of what may wait",
        arguments: Delivery.allCases)
    func asksMeanwhile(_ delivery: Delivery) throws {
        let conversation = try ignored(delivery)
        let question = Emission.message(GlobalRequest(name: "keepalive@openssh.com", wantsReply: true))
        for _ in 0..<Limits.deferredPacketCount { conversation.inject(question) }
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.engine.deferred.count == Limits.deferredPacketCount)
        conversation.inject(question)
        #expect(conversation.record.errors == [.limit(.deferredPackets)])
    }

    @Test(
        "RK-12 So many bytes, in either direction, start one exchange each", arguments: [true, false],
        Delivery.allCases)
    func byBytes(_ isOurs: Bool, _ delivery: Delivery) throws {
        // A byte at a time, so many take long.
        let unit = delivery == .byteByByte ? 100 : 1000
        let conversation = try session(delivery) { _, script in
            script.configuration.rekeyLimit.byteCount = 100 * UInt64(unit)
        }
        let chunk = [UInt8](repeating: 5, count: 10 * unit)
        var since = 0
        for _ in 0..<100 {
            let before = conversation.engine.rekeyCount
            if isOurs { conversation.write(chunk, to: Self.channel) } else { conversation.inject(data(chunk)) }
            conversation.run()
            since += chunk.count
            guard conversation.engine.rekeyCount != before else { continue }
            #expect(conversation.engine.rekeyCount == before + 1)
            #expect((90 * unit...100 * unit).contains(since))
            since = 0
        }
        #expect(conversation.record.errors.isEmpty && (9...11).contains(conversation.engine.rekeyCount))
        #expect(proposalCount(conversation) == conversation.engine.rekeyCount + 1)
        let arrived =
            isOurs
            ? conversation.peer.channels.values.first?.input.count : conversation.record.output[Self.channel]?.count
        #expect(arrived == 100 * chunk.count)
    }

    @Test(
        "RK-12 As long as nobody sets a limit, one exchange starts with a GiB, in either direction, whatever the cipher",
        arguments: TestedMode.encrypted, [true, false])
    func byDefault(_ mode: TestedMode, _ isOurs: Bool) throws {
        let conversation = try session { configuration, script in
            mode.prepare(&configuration)
            #expect(script.configuration.rekeyLimit.byteCount == 1 << 30)
        }
        let chunk = [UInt8](repeating: 5, count: 1000)
        for count in 1...2 {
            // So many bytes went through already; a dozen packets of a thousand bytes and of what seals them are left.
            if isOurs {
                let used = conversation.engine.writer.traffic.keyByteCount
                conversation.engine.writer.traffic.add((1 << 30) - Int(used) - 11_500)
            } else {
                let used = conversation.engine.reader.traffic.keyByteCount
                conversation.engine.reader.traffic.add((1 << 30) - Int(used) - 11_500)
            }
            for index in 1...20 {
                if isOurs { conversation.write(chunk, to: Self.channel) } else { conversation.inject(data(chunk)) }
                conversation.run()
                #expect(conversation.engine.rekeyCount == (index <= 10 ? count - 1 : count) || index == 11)
            }
            #expect(conversation.record.errors.isEmpty && conversation.engine.rekeyCount == count)
            #expect(proposalCount(conversation) == count + 1)
        }
        #expect(conversation.peer.failure == nil)
        let arrived = conversation.peer.channels.values.first?.input.count
        #expect((isOurs ? arrived : conversation.record.output[Self.channel]?.count) == 40 * chunk.count)
    }

    @Test(
        "RK-12 A limit that is far exceeded before the server answers starts one exchange all the same",
        arguments: Delivery.allCases)
    func exceeded(_ delivery: Delivery) throws {
        let unit = delivery == .byteByByte ? 50 : 1000
        let conversation = try session(delivery) { _, script in
            script.configuration.rekeyLimit.byteCount = 100 * UInt64(unit)
        }
        let more = (0..<20).map { _ in data([UInt8](repeating: 1, count: 30 * unit)) }
        conversation.peer.configuration.hook = { _, step, own in (step == .kexInit ? more : []) + [.payload(own)] }
        for _ in 0..<4 { conversation.inject(data([UInt8](repeating: 1, count: 30 * unit))) }
        #expect(conversation.record.errors.isEmpty && conversation.engine.rekeyCount == 1)
        #expect(proposalCount(conversation) == 2)
        #expect(conversation.record.output[Self.channel]?.count == 24 * 30 * unit)
    }

    @Test(
        "PK-16 RK-12 Two to the 31st packets, in either direction, start one exchange", arguments: [true, false],
        Delivery.allCases)
    func byPackets(_ isOurs: Bool, _ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let room = Limits.rekeyPacketCount - 10
        if isOurs {
            conversation.engine.writer.traffic.packetCount += room - conversation.engine.writer.traffic.keyPacketCount
        } else {
            conversation.engine.reader.traffic.packetCount += room - conversation.engine.reader.traffic.keyPacketCount
        }
        // Writing makes the peer send as many packets, and the other way round nothing: the one that is counted comes first.
        for count in 1...30 {
            if isOurs { conversation.write([1], to: Self.channel) } else { conversation.inject(data([1])) }
            conversation.run()
            #expect(conversation.engine.rekeyCount == (count < 10 ? 0 : 1), "after \(count)")
        }
        #expect(conversation.record.errors.isEmpty && proposalCount(conversation) == 2)
        #expect(conversation.engine.reader.traffic.keyPacketCount < 100)
        #expect(conversation.engine.writer.traffic.keyPacketCount < 100)
    }

    @Test(
        "PK-16 A server that will not change keys never sees, nor makes, a number used twice", arguments: [true, false])
    func refusal(_ isOurs: Bool) throws {
        let conversation = try ignored()
        let room = Limits.keyPacketCount - 5
        if isOurs {
            conversation.engine.writer.traffic.packetCount += room - conversation.engine.writer.traffic.keyPacketCount
        } else {
            conversation.engine.reader.traffic.packetCount += room - conversation.engine.reader.traffic.keyPacketCount
        }
        // What is unknown is answered even during an exchange.
        for _ in 0..<5 { conversation.inject(isOurs ? .bytes([200]) : data([1])) }
        #expect(conversation.record.errors.isEmpty)
        conversation.inject(isOurs ? .bytes([200]) : data([1]))
        #expect(conversation.record.errors == [.limit(.sequenceNumber)])
        // Not even the DISCONNECT may have a number that was used.
        #expect(conversation.engine.writer.traffic.keyPacketCount <= Limits.keyPacketCount)
        #expect(conversation.peer.messages(Disconnect.self).isEmpty == isOurs)
    }

    @Test("RK-12 An hour starts one exchange, and the next hour counts from its end", arguments: Delivery.allCases)
    func byAge(_ delivery: Delivery) throws {
        let conversation = try session(delivery) { _, script in
            script.configuration.rekeyLimit.interval = .seconds(3600)
        }
        for hour in 1...3 {
            conversation.passDeadlines { $0.engine.rekeyCount == hour }
            #expect(conversation.clock.now.sinceStart == .seconds(3600 * hour))
            #expect(proposalCount(conversation) == hour + 1)
        }
        let other = try session(delivery)
        other.clock.advance(by: .seconds(1_000_000))
        other.perform(.consumed(Self.channel, byteCount: 0))
        other.inject(data([1]))
        #expect(other.engine.rekeyCount == 0)
    }

    @Test(
        "RK-13 A clock that leaps a day, either way, or eight hours of sleep start one exchange at most",
        arguments: [86_400, -86_400, 28_800], Delivery.allCases)
    func leaps(_ seconds: Int, _ delivery: Delivery) throws {
        let conversation = try session(delivery) { _, script in
            script.configuration.rekeyLimit.interval = .seconds(3600)
        }
        conversation.clock.advance(by: .seconds(3000))
        conversation.peer.startRekey()
        conversation.run()
        conversation.clock.advance(by: .seconds(seconds))
        for _ in 0..<10 {
            conversation.perform(.consumed(Self.channel, byteCount: 1))
            conversation.inject(data([2]))
            conversation.advance(by: .zero)
        }
        conversation.peer.startRekey()
        conversation.run()
        let count = seconds > 0 ? 3 : 2
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.engine.rekeyCount == count && proposalCount(conversation) == count + 1)
    }

    @Test(
        "RK-14 A server that does nothing but change keys is told to stop; one that takes its time, or moves data, is not",
        arguments: [Delivery.whole, .split, .coalesced])
    func storm(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        var count = 0
        while !conversation.record.isOver, count < 1000 {
            conversation.peer.startRekey()
            conversation.run()
            count += 1
        }
        #expect(conversation.record.errors == [.limit(.rekeys)])
        #expect(count == Limits.idleRekeyCount + 1)
        let slow = try session(delivery)
        let slowCount = delivery == .whole ? 1000 : 350
        for _ in 0..<slowCount {
            slow.clock.advance(by: .milliseconds(100))
            slow.peer.startRekey()
            slow.run()
        }
        #expect(slow.record.errors.isEmpty && slow.engine.rekeyCount == slowCount)
    }

    @Test(
        "RK-14 Nor may it have one prime after the other tested, at a pace that would else be forgiven; ours are forgiven",
        arguments: [false, true])
    func manyPrimes(areOurs: Bool) throws {
        let conversation = try session { configuration, _ in
            configuration.keyExchangeNames = ["diffie-hellman-group-exchange-sha256"]
        }
        var count = 0
        while !conversation.record.isOver, count < 40 {
            conversation.clock.advance(by: .milliseconds(500))
            conversation.peer.configuration.group = try FiniteFieldGroup(count.isMultiple(of: 2) ? .group15 : .group14)
            if areOurs { conversation.perform(.rekey) } else { conversation.peer.startRekey() }
            conversation.run()
            count += 1
        }
        #expect(conversation.record.errors == (areOurs ? [] : [.limit(.rekeys)]))
        #expect(areOurs == (conversation.engine.rekeyCount == 40))
    }
}
