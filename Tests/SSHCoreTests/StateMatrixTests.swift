import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// Every message in every state of a real connection (hostile.md §6), and mutations of all that an honest peer says.
@Suite("Every message at every point")
struct StateMatrixTests {
    private static let states: [(step: Step, phase: Phase, stage: KeyExchangeStage)] = [
        (.kexInit, .firstKeyExchange, .awaitingKexInit), (.kexReply, .firstKeyExchange, .awaitingReply),
        (.kexGroup, .firstKeyExchange, .awaitingGroup), (.kexReply, .firstKeyExchange, .awaitingGroupReply),
        (.newKeys, .firstKeyExchange, .awaitingNewKeys), (.extInfo, .authentication, .idle),
        (.serviceAccept, .authentication, .idle), (.authentication, .authentication, .idle),
        (.channelReply, .connected, .idle), (.channelData, .connected, .idle),
    ]

    private func conversation(
        _ state: (step: Step, phase: Phase, stage: KeyExchangeStage), _ payload: [UInt8], isStrict: Bool
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.isStrict = isStrict
        if [.awaitingGroup, .awaitingGroupReply].contains(state.stage) {
            configuration.keyExchangeNames = ["diffie-hellman-group-exchange-sha256"]
        }
        configuration.hook = { peer, current, own in
            guard current == state.step else { return [.payload(own)] }
            peer.configuration.hook = { _, _, own in [.payload(own)] }
            return [.bytes(payload), .payload(own)]
        }
        return try Conversation(configuration, script: script).run()
    }

    @Test(
        "What the gate refuses ends the connection, what it does not know is answered, in the engine too",
        arguments: states.indices)
    func everyMessage(_ index: Int) throws {
        let state = Self.states[index]
        for number in UInt8.min...UInt8.max {
            let isStrict = number % 2 == 0
            let body = number % 3 == 0 ? [] : [UInt8](repeating: 0, count: 16)
            let conversation = try conversation(state, [number] + body, isStrict: isStrict)
            let record = conversation.record
            let verdict = MessageGate.permits(
                MessageNumber(rawValue: number), phase: state.phase, keyExchange: state.stage, isStrict: isStrict)
            #expect(record.errors.count <= 1 && conversation.peer.messages(Disconnect.self).count <= 1)
            switch verdict {
            case .refuse:
                guard case .unexpected(let named, _) = record.errors.first else {
                    Issue.record("\(number) before \(state.step): \(record.errors)")
                    continue
                }
                #expect(named.rawValue == number)
            case .unimplemented:
                // Before KEXINIT a strict server has broken its word all the same.
                let isForgiven = !(isStrict && state.stage == .awaitingKexInit)
                #expect(record.errors.isEmpty == isForgiven, "\(number) before \(state.step): \(record.errors)")
                #expect(!conversation.peer.messages(Unimplemented.self).isEmpty)
            case .accept: break
            }
        }
    }

    /// Changes, cuts or lengthens a payload.
    private static func mutate(_ bytes: [UInt8], _ generator: inout SplitMix) -> [UInt8] {
        var mutated = bytes
        switch Int.random(in: 0..<5, using: &generator) {
        case 0:
            mutated[Int.random(in: mutated.indices, using: &generator)] ^= UInt8.random(in: 1...255, using: &generator)
        case 1: mutated.removeLast(Int.random(in: 0..<mutated.count, using: &generator))
        case 2: mutated += (0..<Int.random(in: 1...40, using: &generator)).map { UInt8($0) }
        case 3:
            let start = Int.random(in: mutated.indices, using: &generator)
            for index in start..<min(start + 4, mutated.count) { mutated[index] = 0xFF }
        default:
            for _ in 0..<8 {
                mutated[Int.random(in: mutated.indices, using: &generator)] = UInt8.random(
                    in: 0...255, using: &generator)
            }
        }
        return mutated
    }

    @Test("Whatever one payload is changed into, there is at most one error, and nothing after it", arguments: 0..<8)
    func mutatedPayloads(_ batch: Int) throws {
        for seed in 0..<150 {
            let start = UInt64(batch * 1000 + seed)
            var (configuration, script) = try HostileCheck.honest()
            configuration.isStrict = seed % 2 == 0
            script.seed = start
            configuration.hook = { peer, step, own in
                // Decided by the place alone, so that a run can be repeated.
                var generator = SplitMix(state: start &* 7919 &+ UInt64(peer.wire.count))
                guard step != .identification, Int.random(in: 0..<4, using: &generator) == 0 else {
                    return [.payload(own)]
                }
                return [.bytes(Self.mutate(Array(own.readableBytesView), &generator))]
            }
            let delivery = Delivery.allCases[seed % Delivery.allCases.count]
            let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
            checkEnd(conversation, "seed \(start)")
        }
    }

    @Test("Whatever the network changes, there is at most one error, and no login on changed keys", arguments: 0..<4)
    func mutatedBytes(_ batch: Int) throws {
        for seed in 0..<100 {
            let start = UInt64(batch * 1000 + seed)
            var (configuration, script) = try HostileCheck.honest()
            configuration.isStrict = seed % 2 == 0
            script.seed = start
            configuration.hook = { peer, step, own in
                let generator = SplitMix(state: start &* 104_729 &+ UInt64(peer.wire.count))
                var probe = generator
                guard step != .identification, Int.random(in: 0..<4, using: &probe) == 0 else { return [.payload(own)] }
                let state = probe
                return [
                    .altered(own) { packet in
                        var generator = state
                        packet = Self.mutate(packet, &generator)
                    }
                ]
            }
            let delivery = Delivery.allCases[seed % Delivery.allCases.count]
            let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
            checkEnd(conversation, "seed \(start)")
        }
    }

    private func checkEnd(_ conversation: Conversation, _ name: String) {
        // Stalled, it ends with a deadline; no clock runs only where a person is asked, or in a session.
        for _ in 0..<4 where !conversation.record.isOver { conversation.passDeadline() }
        conversation.close()
        let record = conversation.record
        #expect(record.errors.count == 1 && record.misuses.isEmpty, "\(name): \(record.errors) \(record.misuses)")
        #expect(record.lateEvents.isEmpty && !conversation.engineHasOutbound, "\(name)")
        #expect(conversation.peer.messages(Disconnect.self).count <= 1)
        for canary in [ClientScript.user, ClientScript.password, HostileCheck.command] {
            #expect(!contains(record.clientBytes, canary), "\(name)")
        }
    }
}
