import Foundation
import HostileWalk

/// `Walks COUNT [FIRST]`: so many random walks from a seed on, and how they ended.
@main
struct Walks {
    static func main() throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard let count = numbers.first, numbers.count == CommandLine.argc - 1 else {
            print("Walks COUNT [FIRST]")
            exit(2)
        }
        let first = numbers.count > 1 ? numbers[1] : 0
        var ends: [String: Int] = [:]
        var disagreementCount = 0
        for seed in first..<first + count {
            let walk = try RandomWalk(seed: seed)
            let end = walk.model.end.map { "\($0)" } ?? "still there"
            ends["\(walk.model.phase), \(end)", default: 0] += 1
            guard !walk.disagreements.isEmpty else { continue }
            disagreementCount += 1
            print("seed \(seed): \(walk.disagreements) \(walk.trace)")
        }
        for (end, number) in ends.sorted(by: { $0.key < $1.key }) { print("\(end): \(number)") }
        print("\(count) walks, \(disagreementCount) of them elsewhere than the model")
        if disagreementCount > 0 { exit(1) }
    }
}
