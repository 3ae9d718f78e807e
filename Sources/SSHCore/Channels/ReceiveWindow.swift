/// How much the peer may still send on a channel, and what to give back as the user consumes (RFC 4254 §5.2).
///
/// What is granted and not yet consumed never exceeds `maximum`, so neither does what a channel holds in memory.
package struct ReceiveWindow: Hashable, Sendable {
    private let maximum: UInt32
    private var granted: UInt32
    private var consumed: UInt32 = 0
    /// Overruns are forgiven up to a tenth of the window, summed: some servers miscount, as OpenSSH knows.
    private var overrun: UInt32 = 0

    package init(maximum: UInt32) {
        self.maximum = maximum
        granted = maximum
    }

    package mutating func receive(_ byteCount: Int) throws(ProtocolError) {
        let count = UInt32(clamping: byteCount)
        guard count > granted else {
            granted -= count
            return
        }
        let (sum, hasOverflowed) = overrun.addingReportingOverflow(count - granted)
        guard !hasOverflowed, sum <= maximum / 10 else { throw .channel(.windowExceeded) }
        overrun = sum
        granted = 0
    }

    /// The user took bytes; returns what to grant the peer now, in few and large steps.
    package mutating func consume(_ byteCount: Int) -> UInt32? {
        let (sum, hasOverflowed) = consumed.addingReportingOverflow(UInt32(clamping: byteCount))
        consumed = min(hasOverflowed ? .max : sum, maximum - granted)
        guard consumed >= maximum / 8 else { return nil }
        let credit = consumed
        granted += credit
        consumed = 0
        return credit
    }
}
