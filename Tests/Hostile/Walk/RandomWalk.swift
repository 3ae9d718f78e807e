import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Synchronization

/// One conversation in which a seed decides what the server says beside its honest words, and a model what must come of it
/// (row ST-02).
package struct RandomWalk {
    package static let wrongPasswordCount = 2

    /// What the engine did that the model does not know; empty where they agree.
    package let disagreements: [String]
    package let model: ReferenceModel
    /// All that the server said; in brackets what it honestly had to say.
    package let trace: String

    /// `attempts` is how often the model believes that the client tries to log in: three times is right.
    package init(seed: UInt64, attempts: Int = wrongPasswordCount + 1) throws {
        let hostKey = try TestKeys.ed25519()
        let course = Course(seed: seed, attempts: attempts, hostKey: hostKey)
        var configuration = PeerConfiguration(hostKey: hostKey)
        configuration.acceptedPassword = ClientScript.password
        configuration.isStrict = course.isStrict
        configuration.seed = seed
        let isShort = course.isShort
        configuration.program = { _ in
            [.output([1]), .error([2])] + (isShort ? [.exitStatus(3), .endOfOutput, .close] : [])
        }
        configuration.hook = { _, step, own in course.speak(step, own) }
        var script = ClientScript()
        script.seed = seed
        script.credentials =
            Array(repeating: .password([0]), count: Self.wrongPasswordCount) + [.password(ClientScript.password)]
        script.commands = [[UInt8(ascii: "x")]]
        let delivery: Delivery = seed % 16 == 0 ? .byteByByte : .whole
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        while !conversation.record.isOver, let stir = course.stir() {
            switch stir {
            case .message(let payload): conversation.inject(.payload(payload))
            case .peerRekeys:
                conversation.peer.startRekey()
                conversation.run()
            case .clientRekeys: conversation.perform(.rekey)
            }
        }
        model = course.model
        trace = course.trace
        disagreements = Self.compare(conversation, model)
    }

    private static func compare(_ conversation: Conversation, _ model: ReferenceModel) -> [String] {
        let record = conversation.record
        var found: [String] = []
        func expect(_ isSo: Bool, _ what: @autoclosure () -> String) { if !isSo { found.append(what()) } }
        expect(record.errors.count <= 1 && record.lateEvents.isEmpty, "more than one end: \(record.errors)")
        expect(conversation.peer.messages(Disconnect.self).count <= 1, "more than one DISCONNECT")
        expect(isEnd(record.errors.first, model.end), "\(record.errors) for \(String(describing: model.end))")
        expect(record.isLoggedIn == (model.phase == .session), "logged in: \(record.isLoggedIn)")
        let output = record.output.values.reduce(0) { $0 + $1.count }
        let errorOutput = record.errorOutput.values.reduce(0) { $0 + $1.count }
        expect(output + errorOutput == model.outputByteCount, "\(output) and \(errorOutput) bytes")
        expect(record.exits.count == model.exitCount, "\(record.exits)")
        expect(conversation.engine.rekeyCount == model.rekeyCount, "\(conversation.engine.rekeyCount) rekeys")
        let isOpen = record.opened.count == 1
        expect(isOpen == [.open, .ended].contains(model.channel) || model.channel == .gone, "\(record.opened) opened")
        // What we say while keys change leaves later; and after the end nobody counts.
        guard model.end == nil, model.exchange == .none else { return found }
        let peer = conversation.peer
        let answers = [
            (peer.messages(Unimplemented.self).count, model.unimplementedCount),
            (peer.messages(RequestFailure.self).count, model.refusedRequestCount),
            (peer.messages(ChannelOpenFailure.self).count, model.refusedChannelCount),
            (peer.messages(Pong.self).count, model.pongCount),
        ]
        expect(answers.allSatisfy { $0.0 == $0.1 }, "answers: \(answers)")
        return found
    }

    private static func isEnd(_ error: ProtocolError?, _ end: ReferenceModel.End?) -> Bool {
        switch (error, end) {
        case (nil, nil), (.unexpected, .unexpected), (.disconnected, .disconnected), (.channel, .channel): true
        case (.authentication(.unsolicited), .unsolicited): true
        case (.keyExchange, .keyExchange), (.hostSignature, .keyExchange): true
        // A length that makes no sense may ask for more than comes.
        case (.integrity, .outOfStep), (.packet, .outOfStep), (nil, .outOfStep): true
        default: false
        }
    }
}

/// What one seed makes a server say.
private final class Course: Sendable {
    enum Stir { case message(ByteBuffer), peerRekeys, clientRekeys }

    private struct State {
        var generator: SplitMix
        var model: ReferenceModel
        var left: Int
        var trace: [String] = []
    }

    let isStrict: Bool
    /// Whether the program ends by itself.
    let isShort: Bool
    private let hostKey: SigningKey
    private let state: Mutex<State>

    init(seed: UInt64, attempts: Int, hostKey: SigningKey) {
        var generator = SplitMix(state: seed)
        isStrict = generator.next() % 2 == 0
        isShort = generator.next() % 3 == 0
        self.hostKey = hostKey
        // So many messages that an honest server would not say.
        let left = Int(generator.next() % 65)
        state = Mutex(
            State(generator: generator, model: ReferenceModel(isStrict: isStrict, attempts: attempts), left: left))
    }

    var model: ReferenceModel { state.withLock { $0.model } }
    var trace: String { state.withLock { $0.trace.joined(separator: " ") } }

    /// The peer's own next words, and before them what else comes to its mind.
    func speak(_ step: Step, _ own: ByteBuffer) -> [Emission] {
        guard step != .identification else { return [.payload(own)] }
        return state.withLock { state in
            var emissions: [Emission] = []
            while state.left > 0, state.generator.next() % 4 == 0 { emissions.append(.payload(invent(&state))) }
            let number: UInt8 = own.getInteger(at: own.readerIndex) ?? 0
            state.model.receive(number, isGenuine: true)
            state.trace.append("[\(number)]")
            return emissions + [.payload(own)]
        }
    }

    /// What happens when both sides fell silent; nil when the walk is over.
    func stir() -> Stir? {
        state.withLock { state in
            guard state.left > 0 else { return nil }
            if state.model.mayRekey, state.generator.next() % 12 == 0 {
                state.left -= 1
                guard state.generator.next() % 2 == 0 else { return .peerRekeys }
                state.trace.append("rekey")
                state.model.rekey()
                return .clientRekeys
            }
            return .message(invent(&state))
        }
    }

    /// Mostly something that the client bears, or the walk would be over at once.
    private func invent(_ state: inout State) -> ByteBuffer {
        state.left -= 1
        let isBold = state.generator.next() % 24 == 0
        var number = UInt8(0)
        for _ in 0..<50 {
            number = WalkMessage.numbers[Int(state.generator.next() % UInt64(WalkMessage.numbers.count))]
            var after = state.model
            after.receive(number, isGenuine: false)
            if isBold || after.end == nil { break }
        }
        state.model.receive(number, isGenuine: false)
        state.trace.append("\(number)")
        return WalkMessage.payload(number, isStrict: isStrict, hostKey: hostKey)
    }
}
