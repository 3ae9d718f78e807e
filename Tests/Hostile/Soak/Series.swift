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

    /// How much more there is in the last third than in the one before it, at the most.
    ///
    /// No less than what lies about in the allocator's arenas, which fill for an hour or two; what connections leave behind
    /// shows at rest.
    var complaints: [String] {
        let all = samples.withLock { $0.map(\.memory) }
        let third = all.count / 3
        guard third > 0, let early = all.dropFirst(third).prefix(third).max(), let late = all.suffix(third).max() else {
            return []
        }
        return late - early <= 8 * 1024 * 1024 ? [] : ["memory grew from \(early) to \(late)"]
    }
}
