/// A moment of the monotonic clock that the driver reads; the core itself has no clock.
package struct Instant: Hashable, Comparable, Sendable {
    package let sinceStart: Duration

    package init(sinceStart: Duration) {
        self.sinceStart = sinceStart
    }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.sinceStart < right.sinceStart
    }

    package static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(sinceStart: instant.sinceStart + duration)
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        left.sinceStart - right.sinceStart
    }
}
