import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Synchronization
import Testing

/// A network that ends, or lets nothing through any more, at any point of a session with all that a session has: a refused
/// and a granted login, output of both kinds, input, new keys, a status.
@Suite("Ends and black holes")
struct BlackHoleTests {
    /// What the server says in that session, and what is going on once it has said it.
    private static let session: [(number: UInt8, situation: ProtocolError.Situation)] = [
        (0, .keyExchange), (20, .keyExchange), (31, .keyExchange), (21, .serviceRequest), (7, .serviceRequest),
        (6, .authentication), (53, .authentication), (51, .authentication), (60, .authentication), (52, .session),
        (91, .session), (99, .session), (94, .session), (20, .rekey), (31, .rekey), (21, .session), (94, .session),
        (95, .session), (93, .session), (94, .session), (98, .session), (96, .session), (97, .session),
    ]
    private static let interval = Duration.seconds(15)

    private static func honest() throws -> (PeerConfiguration, ClientScript) {
        var (configuration, script) = try HostileCheck.honest()
        let key = try TestKeys.ed25519(seed: 3)
        configuration.acceptedKeys = [try PublicKey(key.verificationKey).blob]
        configuration.judge = { _, attempt in
            guard case .password = attempt.method else { return nil }
            return [.banner(Array("not so".utf8)), .failure(["publickey"], isPartial: false)]
        }
        configuration.program = { _ in
            [
                .output([1]), .rekey, .output([2]), .error([3]), .echoInput, .exitStatus(0), .endOfOutput, .close,
            ]
        }
        script.credentials = [.password(ClientScript.password), .key(key, .ed25519, asksFirst: true)]
        script.input = [4]
        script.configuration.keepAlive.interval = interval
        script.configuration.keepAlive.countMax = 3
        return (configuration, script)
    }

    private static func broken(at point: FaultPoint, _ delivery: Delivery) throws -> Conversation {
        var (configuration, script) = try honest()
        configuration.fallSilent(at: point)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    private static func situation(at point: FaultPoint) -> ProtocolError.Situation {
        point.packetCount == 0 ? .identification : session[point.packetCount - 1].situation
    }

    /// Neither time nor a second end of the transport has any effect.
    private static func checkOver(_ conversation: Conversation) {
        conversation.clock.advance(by: .seconds(86_400))
        conversation.attempt { engine, now throws(ProtocolError) in try engine.timeOut(now: now) }
        #expect(conversation.close().record.errors.count == 1 && conversation.record.lateEvents.isEmpty)
        #expect(!conversation.engineHasOutbound)
    }

    @Test("The session of these tests says what the table lists, and works")
    func table() throws {
        var (configuration, script) = try Self.honest()
        let noted = NotedNumbers()
        configuration.noteNumbers { noted.add($0) }
        let conversation = try Conversation(configuration, script: script).run()
        #expect(noted.all == Self.session.map(\.number))
        #expect(conversation.record.errors.isEmpty && conversation.record.exits == [.status(0)])
        #expect(conversation.record.closed.count == 1)
        #expect(FaultPoint.all(in: Self.session.count).count >= 40)
    }

    @Test(
        "NW-02 An end at any point is one error that names what was going on",
        arguments: FaultPoint.all(in: session.count), [Delivery.whole, .byteByByte])
    func end(_ point: FaultPoint, _ delivery: Delivery) throws {
        let conversation = try Self.broken(at: point, delivery).close()
        #expect(conversation.record.errors == [.closed(Self.situation(at: point))])
        Self.checkOver(conversation)
    }

    @Test(
        "NW-03 A black hole at any point is one time-out that names what was going on, by its own deadline",
        arguments: FaultPoint.all(in: session.count), [Delivery.whole, .byteByByte])
    func blackHole(_ point: FaultPoint, _ delivery: Delivery) throws {
        let conversation = try Self.broken(at: point, delivery)
        #expect(conversation.record.errors.isEmpty)
        conversation.passDeadlines { _ in false }
        let situation = Self.situation(at: point)
        #expect(conversation.record.errors == [.timeout(situation)])
        #expect(conversation.clock.now.sinceStart == Self.budget(of: situation))
        Self.checkOver(conversation)
    }

    /// Nothing moves the clock before a fault: what is due is due since the start, or since the key exchange began.
    private static func budget(of situation: ProtocolError.Situation) -> Duration {
        switch situation {
        case .identification, .keyExchange: Limits.handshake
        case .serviceRequest, .authentication: Limits.authenticationReply
        case .rekey: Limits.rekey
        case .channelOpen, .session, .closing: interval * 4
        }
    }

    @Test("NW-13 A packet that comes drop by drop puts no deadline off", arguments: session.indices)
    func drops(packetCount: Int) throws {
        let point = FaultPoint(packetCount: packetCount, isInside: false)
        var (configuration, script) = try Self.honest()
        let kept = NotedNumbers()
        configuration.fallSilent(at: point) { rest in for byte in rest { kept.add(byte) } }
        let conversation = try Conversation(configuration, script: script).run()
        let budget = Self.budget(of: Self.situation(at: point))
        // The shortest packet has 16 bytes, and so is not whole before its time is over.
        let drops = kept.all.prefix(15)
        #expect(drops.count == 15)
        for (index, drop) in drops.enumerated() {
            let moment = budget * (index + 1) / 16
            while conversation.clock.now.sinceStart < moment, let next = conversation.engine.deadline,
                next.sinceStart <= moment
            { conversation.passDeadline() }
            conversation.clock.advance(by: moment - conversation.clock.now.sinceStart)
            conversation.deliver(ByteBuffer(bytes: [drop]))
        }
        #expect(conversation.record.errors.isEmpty)
        conversation.passDeadlines { _ in false }
        #expect(conversation.record.errors == [.timeout(Self.situation(at: point))])
        #expect(conversation.clock.now.sinceStart == budget)
    }

    @Test("NW-11 A clock that jumps a day ahead of a dead connection finds one error, and is asked for nothing more")
    func sleep() throws {
        for packetCount in 1...Self.session.count {
            let point = FaultPoint(packetCount: packetCount, isInside: false)
            let conversation = try Self.broken(at: point, .whole)
            for _ in 0..<8 where !conversation.record.isOver {
                conversation.clock.advance(by: .seconds(86_400))
                conversation.attempt { engine, now throws(ProtocolError) in try engine.timeOut(now: now) }
                conversation.run()
            }
            #expect(conversation.record.errors == [.timeout(Self.situation(at: point))], "after packet \(packetCount)")
            Self.checkOver(conversation)
        }
    }

    @Test("NW-11 A clock that jumps a day, either way, harms no connection that lives", arguments: [86_400, -86_400])
    func jump(seconds: Int) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.program = { _ in [] }
        script.endsInput = false
        script.configuration.keepAlive.interval = Self.interval
        let conversation = try Conversation(configuration, script: script).run()
        let data = ChannelData(recipient: ChannelID(rawValue: 0), data: ByteBuffer(bytes: [5]))
        for round in 1...3 {
            conversation.clock.advance(by: .seconds(seconds))
            // The timer fires late; then what is due is done, and the server answers.
            conversation.attempt { engine, now throws(ProtocolError) in try engine.timeOut(now: now) }
            conversation.inject(.message(data))
            #expect(conversation.record.errors.isEmpty)
            #expect(conversation.record.output[ChannelID(rawValue: 0)]?.count == round)
        }
    }
}

private final class NotedNumbers: Sendable {
    private let numbers = Mutex<[UInt8]>([])

    var all: [UInt8] { numbers.withLock { $0 } }

    func add(_ number: UInt8) { numbers.withLock { $0.append(number) } }
}
