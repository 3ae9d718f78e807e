/// An estimate of the round trip, from answers that cost the server nothing (as RFC 6298 §2 smooths it).
package struct RoundTrip: Hashable, Sendable {
    package private(set) var estimate: Duration?

    package init() {}

    mutating func add(_ sample: Duration) {
        guard sample >= .zero else { return }
        estimate = estimate.map { ($0 * 7 + sample) / 8 } ?? sample
    }
}
