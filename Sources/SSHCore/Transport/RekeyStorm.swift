/// Notices a server that starts one key exchange after the other and does nothing else: each costs us more than it.
///
/// A bucket that holds `Limits.idleRekeyCount` exchanges and drains by ten a second; data on a channel empties it. One that the
/// server asked for, with a prime that had to be tested, takes as long as many and counts as so many.
struct RekeyStorm {
    private static let drainInterval = Duration.milliseconds(100)

    private static let primeCost = 30

    private var level = 0
    private var primeCount = 0
    /// Whether the server asked for the exchange at hand.
    var isServers = false
    private var lastDrain: Instant?

    mutating func dataMoved() {
        level = 0
    }

    /// What the first exchange costs, nobody counts.
    mutating func began(testedPrimeCount: Int) {
        primeCount = testedPrimeCount
    }

    /// `testedPrimeCount` are those of the whole connection.
    mutating func exchanged(now: Instant, testedPrimeCount: Int) throws(ProtocolError) {
        if let lastDrain {
            let drained = max(0, Int(clamping: Int64((now - lastDrain) / Self.drainInterval)))
            level = max(0, level - drained)
        }
        lastDrain = now
        level += 1 + (isServers ? (testedPrimeCount - primeCount) * Self.primeCost : 0)
        primeCount = testedPrimeCount
        guard level <= Limits.idleRekeyCount else { throw .limit(.rekeys) }
    }
}
