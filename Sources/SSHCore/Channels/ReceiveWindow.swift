/// How much the peer may still send on a channel, and what to give back as the user consumes (RFC 4254 §5.2).
///
/// It grows with what the path can carry, as TCP's does: where the user takes half a window within one round trip, the
/// window is what holds the peer back, or soon will be. What is granted and not yet consumed never exceeds its size, nor
/// that the maximum, so neither does what a channel holds in memory.
package struct ReceiveWindow: Hashable, Sendable {
    /// What is consumed and not granted again is window that nobody uses: a large one must not lose a quarter to it.
    private static let stepByteCount: UInt32 = 512 * 1024

    private let maximum: UInt32
    private var size: UInt32
    private var granted: UInt32
    private var consumed: UInt32 = 0
    /// Overruns are forgiven up to a tenth of the window, summed: some servers miscount, as OpenSSH knows.
    private var overrun: UInt32 = 0
    /// When the round trip began in which consumption is counted, and how much it was.
    private var roundStart: Instant?
    private var roundByteCount: UInt32 = 0

    package init(size: UInt32, maximum: UInt32) {
        self.maximum = maximum
        self.size = min(size, maximum)
        granted = self.size
    }

    /// What CHANNEL_OPEN grants.
    package var initialByteCount: UInt32 { size }

    package mutating func receive(_ byteCount: Int) throws(ProtocolError) {
        let count = UInt32(clamping: byteCount)
        guard count > granted else {
            granted -= count
            return
        }
        let (sum, hasOverflowed) = overrun.addingReportingOverflow(count - granted)
        guard !hasOverflowed, sum <= size / 10 else { throw .channel(.windowExceeded) }
        overrun = sum
        granted = 0
    }

    /// The user took bytes; returns what to grant the peer now, in few and large steps.
    ///
    /// Without a round trip it stays as it is.
    package mutating func consume(_ byteCount: Int, now: Instant, roundTrip: Duration?) -> UInt32? {
        let (sum, hasOverflowed) = consumed.addingReportingOverflow(UInt32(clamping: byteCount))
        let added = min(hasOverflowed ? .max : sum, size - granted) - consumed
        consumed += added
        let growth = growth(by: added, now, roundTrip)
        guard growth > 0 || consumed >= min(size / 4, Self.stepByteCount) else { return nil }
        size += growth
        // Both are parts of the size.
        let credit = consumed + growth
        granted += credit
        consumed = 0
        return credit > 0 ? credit : nil
    }

    private mutating func growth(by added: UInt32, _ now: Instant, _ roundTrip: Duration?) -> UInt32 {
        guard size < maximum, let roundTrip else { return 0 }
        if roundStart.map({ now - $0 > roundTrip }) ?? true {
            roundStart = now
            roundByteCount = 0
        }
        let (sum, hasOverflowed) = roundByteCount.addingReportingOverflow(added)
        roundByteCount = hasOverflowed ? .max : sum
        guard roundByteCount >= size / 2 else { return 0 }
        roundStart = nil
        // Each step costs a round trip: few and large ones.
        return size > maximum / 8 ? maximum - size : size * 7
    }
}
