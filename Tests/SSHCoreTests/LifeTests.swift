import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// Signs of life: `ServerAliveInterval`, silence that is shown, round trips, PING, and what the server says of its keys.
@Suite("Signs of life")
struct LifeTests {
    private static let channel = ChannelID(rawValue: 0)

    /// A session, with a channel whose program says nothing by itself or with none.
    private func session(
        _ delivery: Delivery = .whole, hasChannel: Bool = false,
        _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.program = { _ in [] }
        script.endsInput = false
        if !hasChannel { script.commands = [] }
        change(&configuration, &script)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.isLoggedIn && conversation.record.errors.isEmpty)
        return conversation
    }

    private func every(_ seconds: Int, _ countMax: Int, answered: Bool = false) throws -> Conversation {
        try session { configuration, script in
            configuration.answersGlobalRequests = answered
            script.configuration.keepAlive.interval = .seconds(seconds)
            script.configuration.keepAlive.countMax = countMax
        }
    }

    private func probeCount(_ conversation: Conversation) -> Int {
        conversation.peer.messages(GlobalRequest.self).count { $0.name == GlobalRequest.keepAlive && $0.wantsReply }
    }

    @Test("So many questions stay unanswered, and one silent interval later it is over, as in ssh", arguments: 0...5)
    func countMax(_ countMax: Int) throws {
        let conversation = try every(10, countMax)
        let start = conversation.clock.now
        conversation.passDeadlines { _ in false }
        #expect(conversation.record.errors == [.timeout(.session)])
        #expect(conversation.clock.now == start + .seconds(10 * (countMax + 1)))
        #expect(probeCount(conversation) == countMax)
    }

    @Test(
        "Any packet counts as a sign of life",
        arguments: [MessageNumber.ignore, .requestFailure, .pong, .channelSuccess])
    func anyPacket(_ number: MessageNumber) throws {
        let conversation = try session(hasChannel: true) { configuration, script in
            configuration.answersGlobalRequests = false
            script.configuration.keepAlive.interval = .seconds(10)
        }
        let start = conversation.clock.now
        conversation.passDeadlines { $0.clock.now >= start + .seconds(30) }
        conversation.clock.advance(by: .seconds(5))
        conversation.inject(.bytes([number.rawValue] + [UInt8](repeating: 0, count: 8)))
        conversation.passDeadlines { _ in false }
        #expect(conversation.record.errors == [.timeout(.session)])
        #expect(conversation.clock.now == start + .seconds(35 + 40))
    }

    @Test("A server that answers is asked for ever", arguments: [1, 3])
    func answered(_ countMax: Int) throws {
        let conversation = try every(10, countMax, answered: true)
        let end = conversation.clock.now + .seconds(10_000)
        conversation.passDeadlines { $0.clock.now >= end }
        #expect(conversation.record.errors.isEmpty && probeCount(conversation) == 1000)
        #expect(conversation.record.silences.isEmpty)
    }

    @Test(
        "and so is one that knows no such questions, or whose answers are others",
        arguments: [MessageNumber.unimplemented, .ignore])
    func answeredOtherwise(_ number: MessageNumber) throws {
        let conversation = try session { configuration, script in
            script.configuration.keepAlive.interval = .seconds(10)
            configuration.hook = { peer, _, payload in
                guard (try? RequestFailure(payload: payload)) != nil else { return [.payload(payload)] }
                let asked = peer.received.last { $0.number == MessageNumber.globalRequest.rawValue }
                return number == .ignore
                    ? [.bytes([number.rawValue, 0, 0, 0, 0])]
                    : [.message(Unimplemented(sequenceNumber: asked?.sequence ?? 0))]
            }
        }
        let end = conversation.clock.now + .seconds(10_000)
        conversation.passDeadlines { $0.clock.now >= end }
        #expect(conversation.record.errors.isEmpty && probeCount(conversation) == 1000)
        #expect(conversation.record.silences.isEmpty)
    }

    @Test("Ruling 32: without settings an answer that is due is asked for once, missed aloud, and ends nothing")
    func shown() throws {
        let conversation = try session(hasChannel: true) { configuration, _ in
            configuration.answersGlobalRequests = false
        }
        conversation.inject(.message(Ignore(data: ByteBuffer())))
        conversation.clock.advance(by: .seconds(100))
        conversation.peer.configuration.hook = { _, _, _ in [] }
        conversation.write([1], to: Self.channel)
        conversation.run()
        let start = conversation.clock.now
        #expect(conversation.engine.deadline == start + .seconds(10))
        conversation.passDeadline()
        #expect(probeCount(conversation) == 1 && conversation.record.silences.isEmpty)
        conversation.passDeadlines { $0.clock.now >= start + .seconds(60) }
        #expect(conversation.record.silences == [15, 30, 45, 60].map { .seconds($0) })
        conversation.passDeadlines { $0.clock.now >= start + .seconds(7200) }
        #expect(conversation.record.errors.isEmpty && probeCount(conversation) == 1)
        #expect(conversation.record.silences.count == 480 && conversation.record.endedSilenceCount == 0)
        conversation.inject(.message(Ignore(data: ByteBuffer())))
        #expect(conversation.record.endedSilenceCount == 1 && conversation.engine.deadline == nil)
        conversation.inject(.message(Ignore(data: ByteBuffer())))
        #expect(conversation.record.endedSilenceCount == 1)
    }

    @Test("Ruling 32: where nothing was sent, nothing is asked and nothing is due")
    func idle() throws {
        let conversation = try session()
        conversation.inject(.message(Ignore(data: ByteBuffer())))
        #expect(conversation.engine.deadline == nil)
        conversation.clock.advance(by: .seconds(100_000))
        conversation.advance(by: .zero)
        #expect(probeCount(conversation) == 0 && conversation.record.silences.isEmpty)
    }

    @Test("Ruling 32: during a key exchange nothing is asked, whatever the settings", arguments: [true, false])
    func exchange(_ hasInterval: Bool) throws {
        let conversation = try session(hasChannel: true) { _, script in
            if hasInterval { script.configuration.keepAlive.interval = .seconds(1) }
        }
        let before = probeCount(conversation)
        conversation.peer.configuration.hook = { _, _, _ in [] }
        conversation.perform(.rekey)
        conversation.passDeadlines { _ in false }
        #expect(conversation.record.errors == [.timeout(.rekey)] && probeCount(conversation) == before)
        #expect(conversation.record.silences.isEmpty)
    }

    @Test("Round trips are learned from the first service and from each answered question")
    func roundTrips() throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.acceptsService = false
        configuration.judge = { _, _ in [] }
        configuration.answersGlobalRequests = false
        script.commands = []
        script.configuration.keepAlive.interval = .seconds(10)
        let conversation = try Conversation(configuration, script: script).run()
        #expect(conversation.engine.roundTrip.estimate == nil)
        conversation.clock.advance(by: .milliseconds(80))
        conversation.inject(.message(ServiceAccept(service: "ssh-userauth")), .message(UserauthSuccess()))
        #expect(conversation.record.isLoggedIn && conversation.engine.roundTrip.estimate == .milliseconds(80))
        conversation.passDeadline()
        conversation.clock.advance(by: .milliseconds(160))
        conversation.inject(.message(RequestFailure()))
        #expect(conversation.engine.roundTrip.estimate == .milliseconds(90))
        // One that nobody asked for says nothing.
        conversation.clock.advance(by: .seconds(5))
        conversation.inject(.message(RequestFailure()))
        #expect(conversation.engine.roundTrip.estimate == .milliseconds(90))
    }

    @Test("SK-18 A PING is answered with its own bytes", arguments: [0, 1, 1000, 250_000], Delivery.allCases)
    func ping(_ byteCount: Int, _ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let data = ByteBuffer(bytes: (0..<byteCount).map { UInt8(truncatingIfNeeded: $0) })
        conversation.inject(.message(Ping(data: data)))
        #expect(conversation.peer.messages(Pong.self) == [Pong(data: data)] && conversation.record.errors.isEmpty)
    }

    @Test("SK-18 PINGs to a server that does not read stop our reading, not our memory", arguments: Delivery.allCases)
    func pingFlood(_ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        script.commands = []
        configuration.cipherNames = ["aes128-gcm@openssh.com"]
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        conversation.script.sends = false
        let count = delivery == .whole ? FloodTests.dearMillion : 1000
        let payload = Ping(data: ByteBuffer(repeating: 7, count: 100)).payload
        for _ in 0..<count { conversation.peer.inject(.payload(payload)) }
        conversation.run()
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount + 256 * 1024)
        #expect(conversation.engine.wantsInput == (count == 1000))
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.peer.messages(Pong.self).count == count && conversation.record.errors.isEmpty)
    }

    @Test("SK-19 A PONG that nobody asked for changes nothing", arguments: Delivery.allCases)
    func pong(_ delivery: Delivery) throws {
        let (configuration, script) = try HostileCheck.honest()
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        let sent = conversation.record.clientBytes.count
        for _ in 0..<100 { conversation.inject(.message(Pong(data: ByteBuffer(string: "?")))) }
        #expect(conversation.record.errors.isEmpty && conversation.record.clientBytes.count == sent)
    }

    private static func announcement(_ blobs: [[UInt8]], _ rest: [UInt8] = [], wantsReply: Bool = false) -> Emission {
        var details = ByteBuffer()
        for blob in blobs { details.writeString(blob) }
        details.writeBytes(rest)
        return .message(GlobalRequest(name: GlobalRequest.hostKeys, wantsReply: wantsReply, details: details))
    }

    @Test(
        "GR-05 Of the server's keys only the first announcement counts, and types that nobody knows are passed over",
        arguments: Delivery.allCases)
    func hostKeys(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let one = try TestKeys.ed25519(seed: 1).verificationKey
        let two = try TestKeys.rsa().verificationKey
        var strange = ByteBuffer()
        strange.writeString(utf8: "ssh-strange")
        conversation.inject(
            Self.announcement([one.blob, Array(strange.readableBytesView), [], two.blob, one.blob]),
            Self.announcement([try TestKeys.ed25519(seed: 9).verificationKey.blob], wantsReply: true))
        #expect(conversation.record.announcedKeys == [[try PublicKey(one), try PublicKey(two)]])
        #expect(conversation.record.errors.isEmpty && conversation.peer.messages(RequestFailure.self).count == 1)
        let none = try session(delivery)
        none.inject(Self.announcement([Array(strange.readableBytesView)]))
        #expect(none.record.announcedKeys.isEmpty && none.record.errors.isEmpty)
    }

    @Test("GR-05 C12 Of a thousand keys the first 32 count, and of them neither certificates nor any twice")
    func manyHostKeys() throws {
        let conversation = try session()
        let keys = try (1...1000).map { try TestKeys.ed25519(seed: $0).verificationKey }
        let certificate = try TestKeys.certificate(of: TestKeys.ed25519(), by: TestKeys.ed25519(seed: 2))
        #expect(try Certificate(blob: certificate).key == PublicKey(keys[0]))
        let blobs = keys.map(\.blob)
        conversation.inject(Self.announcement([certificate, blobs[0], blobs[0], certificate] + blobs.dropFirst()))
        #expect(Limits.announcedHostKeyCount == 32 && Set(blobs).count == 1000)
        #expect(conversation.record.announcedKeys == [try keys.prefix(32).map { try PublicKey($0) }])
        #expect(conversation.record.errors.isEmpty)
    }

    @Test("GR-05 Keys that are announced before the login end it", arguments: [Step.serviceAccept, .authentication])
    func earlyHostKeys(_ place: Step) throws {
        let announcement = Self.announcement([try TestKeys.ed25519(seed: 9).verificationKey.blob])
        guard case .payload(let payload) = announcement else {
            Issue.record("an announcement is no payload")
            return
        }
        let conversation = try HostileCheck.quietSession { configuration, _ in
            configuration.hook = { _, step, own in (step == place ? [.payload(payload)] : []) + [.payload(own)] }
        }
        #expect(conversation.record.errors.map(\.kind) == [.unexpected] && !conversation.record.isLoggedIn)
        #expect(conversation.record.announcedKeys.isEmpty)
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
    }

    @Test(
        "GR-05 An announcement that is cut short is an error",
        arguments: [[0], [0, 0, 0, 9, 1], [255, 255, 255, 255]] as [[UInt8]], Delivery.allCases)
    func damagedHostKeys(_ rest: [UInt8], _ delivery: Delivery) throws {
        let conversation = try session(delivery)
        conversation.inject(Self.announcement([try TestKeys.ed25519().verificationKey.blob], rest))
        #expect(conversation.record.errors.map(\.kind) == [.malformed] && conversation.record.announcedKeys.isEmpty)
    }
}
