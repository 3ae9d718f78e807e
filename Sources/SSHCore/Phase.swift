/// How far a connection has come.
///
/// A key exchange runs beside it (`KeyExchangeStage`), so this stays small.
package enum Phase: Hashable, Sendable {
    /// The identification strings are being exchanged (RFC 4253 §4.2).
    case identification
    /// The first key exchange, up to the peer's NEWKEYS.
    case firstKeyExchange
    /// `ssh-userauth` is asked for or running (RFC 4252).
    case authentication
    /// Channels may be opened (RFC 4254).
    case connected
    /// Over: nothing is read or sent any more.
    case closed
}

/// How far the key exchange in progress has come, seen from what the peer may send next.
package enum KeyExchangeStage: Hashable, Sendable, CaseIterable {
    /// None in progress.
    case idle
    /// Our KEXINIT is out, the peer's is awaited.
    case awaitingKexInit
    /// Our request for a group is out.
    case awaitingGroup
    /// Our public share is out.
    case awaitingReply
    /// Our public share in the server's group is out.
    case awaitingGroupReply
    /// The reply is proven; the host key awaits a decision. Nothing is read meanwhile.
    case awaitingTrust
    /// Our NEWKEYS is out.
    case awaitingNewKeys
}
