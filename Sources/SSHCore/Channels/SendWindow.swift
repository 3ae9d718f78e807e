import SSHWire

/// How much we may still send on a channel (RFC 4254 §5.2).
package struct SendWindow: Hashable, Sendable {
    package private(set) var byteCount: UInt32

    package init(byteCount: UInt32) {
        self.byteCount = byteCount
    }

    /// Takes up to `wanted` bytes of the window.
    package mutating func spend(_ wanted: Int) {
        byteCount -= min(byteCount, UInt32(clamping: wanted))
    }

    /// The peer grants more; a sum past 2^32−1 is its error.
    package mutating func grow(by added: UInt32) throws(ProtocolError) {
        let (sum, hasOverflowed) = byteCount.addingReportingOverflow(added)
        guard !hasOverflowed else { throw .channel(.windowOverflow) }
        byteCount = sum
    }
}
