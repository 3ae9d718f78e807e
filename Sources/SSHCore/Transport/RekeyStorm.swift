/// Notices a server that starts one key exchange after the other and does nothing else: each costs us more than it.
///
/// A bucket that holds `Limits.idleRekeyCount` exchanges and drains by ten a second; data on a channel empties it.
struct RekeyStorm {
    private static let drainInterval = Duration.milliseconds(100)

    private var level = 0
    private var lastDrain: Instant?

    mutating func dataMoved() {
        level = 0
    }

    mutating func exchanged(now: Instant) throws(ProtocolError) {
        if let lastDrain {
            let drained = max(0, Int(clamping: Int64((now - lastDrain) / Self.drainInterval)))
            level = max(0, level - drained)
        }
        lastDrain = now
        level += 1
        guard level <= Limits.idleRekeyCount else { throw .limit(.rekeys) }
    }
}
