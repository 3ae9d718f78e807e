import Foundation
import FuzzTargets
import PeerSupport
import Testing

/// What makes new inputs out of lists of steps.
@Suite struct StepMutatorTests {
    /// Three steps behind a head of three bytes: CHANNEL_DATA of two bytes, an honest packet, and raw bytes.
    private static let input: [UInt8] =
        [8, 0, 1] + [2, 0, 11, 94, 0, 0, 0, 0, 0, 0, 0, 2, 7, 7] + [0, 0, 0] + [3, 0, 2, 9, 9]

    private static func mutate(_ seed: UInt32, atMost count: Int = 4096) -> [UInt8]? {
        StepMutator.mutate(input, of: .client, maximumByteCount: count, seed: seed) { bytes, limit in
            Array(bytes.reversed().prefix(limit))
        }
    }

    @Test("A seed decides what becomes of an input, and most seeds make something else of it")
    func deterministic() {
        let results = (0..<500).map { Self.mutate($0) }
        #expect(results == (0..<500).map { Self.mutate($0) })
        #expect(Set(results).count > 200)
        #expect(results.contains { ($0 ?? []).count > Self.input.count } && results.contains { ($0 ?? []).count < 20 })
    }

    @Test("A changed input is no longer than allowed, whatever that is")
    func limit() {
        for seed in UInt32(0)..<300 {
            for count in [3, 10, 25, 40] { #expect((Self.mutate(seed, atMost: count) ?? []).count <= count) }
        }
    }

    @Test("A payload's length fields come to lie")
    func lies() {
        let lengths = (UInt32(0)..<2000).compactMap { (seed: UInt32) -> [UInt8]? in
            let result = Self.mutate(seed) ?? []
            // The same step, with other bytes where the length of the data stood.
            return result.count > 14 && result[3...6] == [2, 0, 11, 94] ? Array(result[11...14]) : nil
        }
        #expect(Set(lengths).isSuperset(of: [[0, 0, 0, 0], [0, 0, 0, 3], [0x80, 0, 0, 0], [255, 255, 255, 255]]))
    }

    @Test(
        "What is made of the seeds of the whole client gets behind the login often, has a session there, and later keys"
    )
    func depth() throws {
        var (count, loginCount, sessionCount, rekeyCount) = (0, 0, 0, 0)
        for seed in try FuzzCorpusTests.files("Corpus", of: .client) {
            let input = [UInt8](try Data(contentsOf: seed))
            for number in UInt32(0)..<10 {
                let mutant = StepMutator.mutate(input, of: .client, maximumByteCount: 4096, seed: number) { bytes, _ in
                    bytes
                }
                guard let conversation = mutant.flatMap(ClientFuzz.conversation) else { continue }
                let record = conversation.record
                count += 1
                loginCount += record.isLoggedIn ? 1 : 0
                sessionCount += record.output.isEmpty ? 0 : 1
                rekeyCount += record.agreements.count > 1 ? 1 : 0
            }
        }
        #expect(count > 100)
        let found = "\(count) inputs, \(loginCount) logins, \(sessionCount) sessions, \(rekeyCount) with later keys"
        #expect(3 * loginCount > count && 4 * sessionCount > count && 50 * rekeyCount > count, "\(found)")
        #expect(loginCount < count, "\(found)")
    }

    @Test("What is no list of steps is left to libFuzzer")
    func others() {
        #expect(StepMutator.mutate([1, 2, 3], of: .pem, maximumByteCount: 9, seed: 1) { bytes, _ in bytes } == nil)
    }
}
