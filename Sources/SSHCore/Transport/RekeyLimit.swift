/// How long one set of keys is used before we start a key exchange (`RekeyLimit`, RFC 4253 §9).
///
/// Packets have a limit of their own (`Limits.rekeyPacketCount`) that nobody sets.
package struct RekeyLimit: Hashable, Sendable {
    /// Bytes on the wire, in either direction.
    ///
    /// Default 1 GiB.
    package var byteCount = Limits.rekeyByteCount
    /// Default nil: keys do not age.
    package var interval: Duration?

    package init() {}
}
