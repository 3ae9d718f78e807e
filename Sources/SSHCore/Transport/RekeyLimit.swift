/// How long one set of keys is used before we start a key exchange (`RekeyLimit`, RFC 4253 §9).
///
/// Packets have a limit of their own (`Limits.rekeyPacketCount`) that nobody sets.
package struct RekeyLimit: Hashable, Sendable {
    /// Bytes on the wire, in either direction.
    ///
    /// Default 1 GiB; 16 at least, as in ssh, or one key exchange would follow the other.
    package var byteCount = Limits.rekeyByteCount { didSet { byteCount = max(byteCount, 16) } }
    /// Default nil: keys do not age; an interval of no length is none.
    package var interval: Duration? { didSet { if let interval, interval <= .zero { self.interval = nil } } }

    package init() {}
}
