import Synchronization
import TestSupport

/// What the process held, twice a minute.
final class Series: Sendable {
    private static let interval = 30.0
    private let samples = Mutex<[ProcessCounts]>([])

    func sample(until end: ContinuousClock.Instant, _ tally: Tally) async {
        while ContinuousClock.now < end {
            try? await Task.sleep(for: .seconds(min(Self.interval, max(0, (end - .now) / .seconds(1)))))
            guard let now = try? ProcessCounts.trimmed() else { continue }
            samples.withLock { $0.append(now) }
            say("\(tally.connectionCount) connections; \(now)")
        }
    }

    /// Bytes an hour, by least squares, without the first fifth.
    private var slope: Double {
        let all = samples.withLock { $0.map { Double($0.memory) } }
        let warm = Array(all.dropFirst(all.count / 5))
        guard warm.count > 2 else { return 0 }
        let times = warm.indices.map { Double($0) * Self.interval / 3600 }
        let (meanTime, mean) = (times.reduce(0, +) / Double(warm.count), warm.reduce(0, +) / Double(warm.count))
        let products = zip(times, warm).reduce(0) { $0 + ($1.0 - meanTime) * ($1.1 - mean) }
        return products / times.reduce(0) { $0 + ($1 - meanTime) * ($1 - meanTime) }
    }

    var slopeText: String { "\(Int(slope / 1024)) KiB an hour" }

    /// Growth: by its slope where there are hours to see one, else by how much more there is in the last third.
    func complaints(minutes: Int) -> [String] {
        if minutes >= 60 { return slope <= 1024 * 1024 ? [] : ["memory grows by \(slopeText)"] }
        let all = samples.withLock { $0.map(\.memory) }
        let third = all.count / 3
        guard third > 0, let early = all.dropFirst(third).prefix(third).max(), let late = all.suffix(third).max() else {
            return []
        }
        return late - early <= 8 * 1024 * 1024 ? [] : ["memory grew from \(early) to \(late)"]
    }
}
