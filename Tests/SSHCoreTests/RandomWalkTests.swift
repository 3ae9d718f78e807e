import HostileWalk
import Testing

/// Row ST-02: what a server says in any order, against a model of two hundred lines.
@Suite("Random walks")
struct RandomWalkTests {
    @Test("ST-02 Whatever a server says, in whatever order, the client is where the model is", arguments: 0..<4)
    func walks(_ batch: UInt64) throws {
        var ends: Set<String> = []
        for seed in batch * 1_000_000..<batch * 1_000_000 + 400 {
            let walk = try RandomWalk(seed: seed)
            #expect(walk.disagreements.isEmpty, "seed \(seed): \(walk.trace)")
            ends.insert("\(String(describing: walk.model.end)) \(walk.model.phase) \(walk.model.channel)")
        }
        // The walks lead somewhere.
        #expect(ends.count > 12, "\(ends)")
    }

    @Test("ST-02 A model that is wrong about one thing is found out")
    func control() throws {
        let attempts = RandomWalk.wrongPasswordCount + 2
        let isFound = try (0..<300).contains { try !RandomWalk(seed: $0, attempts: attempts).disagreements.isEmpty }
        #expect(isFound)
    }
}
