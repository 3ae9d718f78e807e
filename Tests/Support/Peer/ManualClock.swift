import SSHCore

/// The time of a test: it passes only when told to.
package struct ManualClock: Sendable {
    package private(set) var now = Instant(sinceStart: .zero)

    package init() {}

    package mutating func advance(by duration: Duration) {
        now = now + duration
    }

    package mutating func advance(to instant: Instant) {
        now = max(now, instant)
    }
}
