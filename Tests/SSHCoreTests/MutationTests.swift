import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// Mutations of all that an honest peer says, on its own side and on the way.
@Suite("Mutated conversations")
struct MutationTests {
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
