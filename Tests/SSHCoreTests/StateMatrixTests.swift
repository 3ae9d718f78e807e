import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import Testing

/// Each of the 256 numbers at each point of a connection, without a body and with the least one that parses.
///
/// `state-matrix.txt` is the verdict, for reading: what comes of a message by itself. What is taken quietly or answered
/// with UNIMPLEMENTED must besides leave the peer's own next words as good as if it had never come.
@Suite("ST-01 Every message at every point")
struct StateMatrixTests {
    private static let bodies = ["empty", "least"]

    private static let golden: [String: String] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "state-matrix.txt")
        let lines = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
        let entries = lines.filter { !$0.hasPrefix("#") }.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (String(parts[0]), parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : "")
        }
        return Dictionary(entries) { "\($0) and again \($1)" }
    }()

    @Test("ST-01 All 256 messages, without a body and with one, have the table's verdict", arguments: ClientState.all)
    func verdicts(_ state: ClientState) throws {
        let least = try LeastMessage(state)
        for body in Self.bodies {
            let payloads = (UInt8.min...UInt8.max).map { body == "empty" ? [$0] : least.payload($0) }
            let line = Self.line(try Self.judged(payloads, in: state))
            #expect(line == Self.golden["\(state), \(body)"], "\(state), \(body): \(line)")
        }
    }

    @Test("ST-01 Once it is over, no message has any effect")
    func silence() throws {
        let conversation = try HostileCheck.quietSession()
        conversation.inject(.bytes([0]))
        #expect(conversation.record.errors.count == 1)
        let (before, byteCount) = (Probe(conversation), conversation.record.clientBytes.count)
        for number in UInt8.min...UInt8.max { conversation.inject(.bytes([number]), .bytes([number, 0, 0, 0, 0])) }
        #expect(Probe(conversation).trace == before.trace && conversation.record.lateEvents.isEmpty)
        #expect(conversation.record.errors.count == 1 && conversation.record.clientBytes.count == byteCount)
    }

    @Test("ST-01 The table has each point twice and nothing else, and each line has every number once")
    func completeness() {
        let names = ClientState.all.flatMap { state in Self.bodies.map { "\(state), \($0)" } }
        #expect(Set(names) == Set(Self.golden.keys) && Set(names).count == names.count)
        #expect(names.count * 256 >= 7000)
        for (name, line) in Self.golden {
            let words = line.split(whereSeparator: { " ;".contains($0) }).filter { $0.first?.isNumber == true }
            let numbers = words.flatMap { word in
                let ends = word.split(separator: "-").compactMap { Int($0) }
                return Array((ends.first ?? 0)...(ends.last ?? 0))
            }
            #expect(numbers.sorted() == Array(0...255), "\(name)")
        }
    }

    private enum Verdict {
        /// Nothing that anybody could see.
        static let quiet = "quiet"
        /// An answer, or an event.
        static let acts = "acts"
        static let unimplemented = "UNIMPLEMENTED"
    }

    /// Each message's verdict, with a star where the honest peer's own next words then end the connection.
    private static func judged(_ payloads: [[UInt8]], in state: ClientState) throws -> [String] {
        let verdicts = try verdicts(on: payloads, in: state)
        let borne = verdicts.indices.filter { [Verdict.quiet, Verdict.unimplemented].contains(verdicts[$0]) }
        // All of them in a row, and only where that fails one by one.
        guard !state.isWhole(try state.pass(borne.map { payloads[$0] })) else { return verdicts }
        return try verdicts.indices.map { index in
            guard borne.contains(index), !state.isWhole(try state.pass([payloads[index]])) else {
                return verdicts[index]
            }
            return verdicts[index] + "*"
        }
    }

    private static func verdicts(on payloads: [[UInt8]], in state: ClientState) throws -> [String] {
        var verdicts: [String] = []
        var fresh: Conversation?
        var rest = Probe(try settled(state.enter(), state))
        for payload in payloads {
            let conversation = try fresh ?? state.enter()
            if fresh == nil && state.settle == nil { rest = Probe(conversation) }
            let sequence = conversation.peer.sendSequence
            conversation.inject(state.emission(payload))
            let verdict = verdict(try settled(conversation, state), since: rest, sequence)
            verdicts.append(verdict)
            // What left a trace, or had to be looked at, is no place to try the next one.
            let isBorne = verdict == Verdict.quiet || verdict == Verdict.unimplemented
            fresh = isBorne && state.settle == nil ? conversation : nil
            if fresh != nil { rest = Probe(conversation) }
        }
        return verdicts
    }

    private static func settled(_ conversation: Conversation, _ state: ClientState) throws -> Conversation {
        state.settle?(conversation)
        return conversation
    }

    private static func verdict(_ conversation: Conversation, since rest: Probe, _ sequence: UInt32) -> String {
        let record = conversation.record
        #expect(record.errors.count <= 1 && record.lateEvents.isEmpty && record.misuses.isEmpty)
        #expect(conversation.peer.messages(Disconnect.self).count <= 1)
        if let error = record.errors.first { return error.kind.rawValue }
        let answers = conversation.peer.messages(Unimplemented.self)
        let after = Probe(conversation)
        guard answers.count == rest.unimplemented else {
            let isRight = answers.count == rest.unimplemented + 1 && answers.last?.sequenceNumber == sequence
            return isRight && after.trace == rest.trace ? Verdict.unimplemented : "wrong answer"
        }
        return after.trace == rest.trace ? Verdict.quiet : Verdict.acts
    }

    /// What can be seen of an engine from outside.
    private struct Probe {
        let trace: String
        let unimplemented: Int

        init(_ conversation: Conversation) {
            let (record, engine) = (conversation.record, conversation.peer)
            unimplemented = engine.messages(Unimplemented.self).count
            let output = record.output.values.reduce(0) { $0 + $1.count }
            let errorOutput = record.errorOutput.values.reduce(0) { $0 + $1.count }
            let questions = [
                record.offeredKeys.count, record.agreements.count, record.rounds.count, record.signatureRequests.count,
                record.infoRequests.count, record.proofs.count, record.banners.count, record.announcedKeys.count,
            ]
            let channels = [
                record.exits.count, record.refusals.count, record.replies.count, record.opened.count,
                record.ended.count, record.closed.count, output, errorOutput,
            ]
            let sent = engine.received.count - unimplemented
            trace = "\(questions) \(channels) \(sent) \(conversation.engine.phase)"
        }
    }

    /// A line of the table: `quiet 2-4; UNIMPLEMENTED 8-19 22-29; unexpected 0`.
    private static func line(_ verdicts: [String]) -> String {
        let order = [
            Verdict.quiet, Verdict.quiet + "*", Verdict.acts, Verdict.unimplemented, Verdict.unimplemented + "*",
            "unexpected", "malformed",
        ]
        let found = order.filter(verdicts.contains) + Set(verdicts).subtracting(order).sorted()
        return found.map { verdict in
            let numbers = verdicts.indices.filter { verdicts[$0] == verdict }
            return "\(verdict) " + ranges(numbers)
        }.joined(separator: "; ")
    }

    private static func ranges(_ numbers: [Int]) -> String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound == number - 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }.joined(
            separator: " ")
    }
}
