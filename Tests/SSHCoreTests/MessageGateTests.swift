import SSHCore
import SSHWire
import Testing

/// What is legal when: every number in every state, against a table for reading.
@Suite("The gate for messages")
struct MessageGateTests {
    struct State: Sendable, CustomStringConvertible {
        let phase: Phase
        let stages: [KeyExchangeStage]
        /// Nil where it makes no difference.
        let isStrict: Bool?
        let accepted: String
        let unimplemented: String

        var description: String {
            let strictness = isStrict.map { $0 ? ", strict" : ", not strict" } ?? ""
            return "\(phase), \(stages)\(strictness)"
        }
    }

    /// Whatever stands in neither column ends the connection.
    static let golden: [State] =
        [
            State(
                phase: .identification, stages: KeyExchangeStage.allCases, isStrict: nil, accepted: "",
                unimplemented: ""),
            State(phase: .closed, stages: KeyExchangeStage.allCases, isStrict: nil, accepted: "", unimplemented: ""),
            State(
                phase: .firstKeyExchange, stages: [.idle, .awaitingKexInit], isStrict: nil, accepted: "1-4 20",
                unimplemented: "8-19 22-29 128-255"),
            State(
                phase: .firstKeyExchange, stages: [.awaitingReply, .awaitingGroup], isStrict: true, accepted: "1 31",
                unimplemented: ""),
            State(
                phase: .firstKeyExchange, stages: [.awaitingGroupReply], isStrict: true, accepted: "1 33",
                unimplemented: ""),
            State(phase: .firstKeyExchange, stages: [.awaitingTrust], isStrict: true, accepted: "1", unimplemented: ""),
            State(
                phase: .firstKeyExchange, stages: [.awaitingNewKeys], isStrict: true, accepted: "1 21",
                unimplemented: ""),
            State(
                phase: .firstKeyExchange, stages: [.awaitingReply, .awaitingGroup], isStrict: false,
                accepted: "1-4 31", unimplemented: "8-19 22-29 128-255"),
            State(
                phase: .firstKeyExchange, stages: [.awaitingGroupReply], isStrict: false, accepted: "1-4 33",
                unimplemented: "8-19 22-29 128-255"),
            State(
                phase: .firstKeyExchange, stages: [.awaitingTrust], isStrict: false, accepted: "1-4",
                unimplemented: "8-19 22-29 128-255"),
            State(
                phase: .firstKeyExchange, stages: [.awaitingNewKeys], isStrict: false, accepted: "1-4 21",
                unimplemented: "8-19 22-29 128-255"),
            State(
                phase: .authentication, stages: [.idle, .awaitingKexInit], isStrict: nil,
                accepted: "1-4 6-7 20 51-53 60",
                unimplemented: "5 8-19 22-29 35-49 54-59 62-79 83-89 101-255"),
            State(
                phase: .connected, stages: [.idle, .awaitingKexInit], isStrict: nil,
                accepted: "1-4 7 20 53 80-82 90-100 192-193",
                unimplemented: "5 8-19 22-29 35-49 54-59 62-79 83-89 101-191 194-255"),
        ]
        + [Phase.authentication, .connected].flatMap { phase in
            // Ruling 4: strictness covers the first exchange alone.
            [
                State(
                    phase: phase, stages: [.awaitingReply, .awaitingGroup], isStrict: nil, accepted: "1-4 31",
                    unimplemented: "8-19 22-29 128-255"),
                State(
                    phase: phase, stages: [.awaitingGroupReply], isStrict: nil, accepted: "1-4 33",
                    unimplemented: "8-19 22-29 128-255"),
                State(
                    phase: phase, stages: [.awaitingTrust], isStrict: nil, accepted: "1-4",
                    unimplemented: "8-19 22-29 128-255"),
                State(
                    phase: phase, stages: [.awaitingNewKeys], isStrict: nil, accepted: "1-4 21",
                    unimplemented: "8-19 22-29 128-255"),
            ]
        }

    @Test("All 256 numbers have the verdict of the table", arguments: golden)
    func verdicts(_ state: State) {
        for stage in state.stages {
            for isStrict in state.isStrict.map({ [$0] }) ?? [true, false] {
                let verdicts = (0...255).map { number in
                    MessageGate.permits(
                        MessageNumber(rawValue: UInt8(number)), phase: state.phase, keyExchange: stage,
                        isStrict: isStrict)
                }
                #expect(ranges(of: .accept, in: verdicts) == state.accepted)
                #expect(ranges(of: .unimplemented, in: verdicts) == state.unimplemented)
            }
        }
    }

    @Test("The table has every state")
    func completeness() {
        let states = Self.golden.flatMap { state in
            state.stages.flatMap { stage in
                (state.isStrict.map { [$0] } ?? [true, false]).map { "\(state.phase) \(stage) \($0)" }
            }
        }
        #expect(Set(states).count == states.count)
        #expect(states.count == 5 * KeyExchangeStage.allCases.count * 2)
    }

    private func ranges(of verdict: MessageGate.Verdict, in verdicts: [MessageGate.Verdict]) -> String {
        var parts: [String] = []
        var start: Int?
        for number in 0...256 {
            let isMember = number < 256 && verdicts[number] == verdict
            if isMember, start == nil { start = number }
            guard !isMember, let first = start else { continue }
            parts.append(first == number - 1 ? "\(first)" : "\(first)-\(number - 1)")
            start = nil
        }
        return parts.joined(separator: " ")
    }
}
