import Fairlead
import Foundation
import PeerSupport
import TestSupport

/// Sessions that come, work and go for hours, some of them hurt on the way, and what that leaves in the process.
///
///     Soak MINUTES [WORKERS] [SEED]
@main
struct Soak {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        guard let minutes = numbers.first, minutes > 0, numbers.count == CommandLine.argc - 1 else {
            say("Soak MINUTES [WORKERS] [SEED]")
            exit(2)
        }
        let workerCount = numbers.count > 1 ? max(1, numbers[1]) : 8
        let seed = UInt64(numbers.count > 2 ? numbers[2] : 1)
        let world = try await World(workerCount: workerCount)
        // One of each, so that what is made once is there.
        for work in Work.allCases { try await world.warmUp(work) }
        let before = try await ProcessCounts.settled()
        let tally = Tally()
        let series = Series()
        let end = ContinuousClock.now + .seconds(60 * minutes)
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<workerCount {
                group.addTask {
                    var worker = Worker(index, seed: seed, world, tally)
                    while ContinuousClock.now < end { await worker.work() }
                }
            }
            group.addTask { await series.sample(until: end, tally) }
        }
        let after = try await ProcessCounts.settled(below: before)
        let complaints = tally.complaints + series.complaints + leftovers(before, after)
        say(tally.description)
        say("before \(before); after \(after)")
        for complaint in complaints { say("FAIL  \(complaint)") }
        world.stop()
        if !complaints.isEmpty { exit(1) }
        say("ok    \(minutes) minutes")
    }

    private static func leftovers(_ before: ProcessCounts, _ after: ProcessCounts) -> [String] {
        var found: [String] = []
        if after.descriptors > before.descriptors { found.append("descriptors are left: \(before), \(after)") }
        // The runtime's own threads for tasks come when there is much to do, and stay.
        if after.threads > before.threads + ProcessInfo.processInfo.activeProcessorCount + 2 {
            found.append("threads are left: \(before), \(after)")
        }
        // Both at rest: whatever stays of thousands of connections would be many times that.
        if after.heap > before.heap + 1024 * 1024 { found.append("memory is left: \(before), \(after)") }
        return found
    }
}

/// A line that is there at once, whatever standard output is.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
