/// What to do with a host key that the known hosts do not vouch for.
///
/// Under every policy a revoked key is refused; a changed key is accepted by `off` alone, and then without passwords.
public enum HostKeyPolicy: Hashable, Sendable {
    /// Ask about a host that is unknown; the default.
    case ask
    /// Accept and remember the key of a host that is unknown.
    case acceptNew
    /// Refuse a host that is unknown.
    case strict
    /// Accept whatever is shown, and remember the key of a host that is unknown. Insecure.
    case off
}

/// Whether an accepted key is to be written to the user's known hosts.
package enum HostKeyRemembering: Hashable, Sendable {
    case remember
    case leaveAsIs
}

/// Why a host key is refused.
package enum HostKeyRefusal: Error, Hashable, Sendable {
    /// The host is unknown and the policy asks nobody.
    case unknown
    /// The host is unknown and the person said no.
    case declined
    /// Other keys are on record for the host.
    case changed([KnownHostRecord])
    /// The key is marked `@revoked`.
    case revoked(KnownHostLocation)
}

/// What follows from a verdict under a policy.
package enum HostKeyDecision: Sendable {
    case trust(TrustedHostKey, HostKeyRemembering)
    case ask(HostKeyQuestion)
    case refuse(HostKeyRefusal)
}

/// A person's answer to the question whether an unknown host's key is right.
public enum HostKeyAnswer: Hashable, Sendable {
    /// Accept, and remember the key.
    case yes
    /// Accept for this connection only.
    case once
    /// Refuse.
    case no
    /// Accept and remember if the key has this fingerprint, `SHA256:…` or `MD5:…`; otherwise ask again.
    case fingerprint(String)
}
