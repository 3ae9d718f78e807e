package import SSHCrypto

/// The proof that a host key may be relied upon.
///
/// Only this file can make one: from the known hosts under a policy, from a person's answer, from a pin, or because the
/// embedding program itself vouches. Nothing continues past the host's authentication without it, so that a failure on
/// the way there can never count as success.
public struct TrustedHostKey: Sendable {
    /// What the trust rests on.
    public enum Ground: Hashable, Sendable {
        /// The key is on record for the host.
        case knownHosts(KnownHostLocation)
        /// A certificate of an authority that is on record for the host.
        case certificate(Certificate, KnownHostLocation)
        /// Unknown so far, and accepted by a person or by `acceptNew`.
        case firstContact
        /// The caller demanded this key.
        case pin
        /// The embedding program decided.
        case caller
        /// The host is this machine itself, whose keys are not checked.
        case loopback
        /// Nobody checked: the policy is off.
        case unverified
    }

    /// The host's key; of a certificate, the one that it certifies.
    public let key: PublicKey

    /// What the trust rests on.
    public let ground: Ground

    /// The key differs from those on record and only `HostKeyPolicy.off` let it pass.
    ///
    /// No password, keyboard-interactive, agent or forwarding may follow, for they could end up in the wrong hands.
    public let restrictsAuthentication: Bool

    fileprivate init(_ key: PublicKey, on ground: Ground, restrictsAuthentication: Bool = false) {
        self.key = key
        self.ground = ground
        self.restrictsAuthentication = restrictsAuthentication
    }

    /// The key is one of those that the caller demands; `nil` when it is not.
    package static func pinned(_ fingerprints: [String], key: PublicKey) -> TrustedHostKey? {
        guard fingerprints.contains(where: key.fingerprint.matches) else { return nil }
        return TrustedHostKey(key, on: .pin)
    }

    /// The host is this machine: who can listen on its loopback needs no man in the middle (`NoHostAuthenticationForLocalhost`).
    package static func loopback(_ key: PublicKey) -> TrustedHostKey {
        TrustedHostKey(key, on: .loopback)
    }

    /// DANGER: trusts `key` on nothing but the word of the embedding program.
    ///
    /// The one door around known hosts, policies and pins. It exists for the public option with which a program brings a
    /// verification of its own, and must be called nowhere else, and only after that verification has said yes.
    package static func vouched(byCallerFor key: PublicKey) -> TrustedHostKey {
        TrustedHostKey(key, on: .caller)
    }
}

extension KnownHosts {
    /// The key of a certificate that an authority on record for the host signed; `nil` where no such authority did.
    ///
    /// - Throws: Why the certificate does not count, although the authority does.
    package func trust(
        _ certificate: Certificate, for place: (host: String, port: Int), at secondsSince1970: UInt64,
        algorithms: [SignatureAlgorithm]
    ) throws(CertificateFault) -> TrustedHostKey? {
        guard let line = authority(certificate.authority, host: place.host, port: place.port) else { return nil }
        try certificate.check(for: place.host, as: .host, at: secondsSince1970, algorithms: algorithms)
        return TrustedHostKey(certificate.key, on: .certificate(certificate, line))
    }
}

extension HostKeyPolicy {
    /// What follows from `verdict` for `key`.
    package func decide(_ verdict: HostKeyVerdict, key: PublicKey) -> HostKeyDecision {
        switch (verdict, self) {
        case (.known(let location), _): .trust(TrustedHostKey(key, on: .knownHosts(location)), .leaveAsIs)
        case (.revoked(let location), _): .refuse(.revoked(location))
        case (.changed, .off):
            .trust(TrustedHostKey(key, on: .unverified, restrictsAuthentication: true), .leaveAsIs)
        case (.changed(let records), _): .refuse(.changed(records))
        case (.unknown, .ask): .ask(HostKeyQuestion(key: key))
        case (.unknown, .acceptNew): .trust(TrustedHostKey(key, on: .firstContact), .remember)
        case (.unknown, .strict): .refuse(.unknown)
        case (.unknown, .off): .trust(TrustedHostKey(key, on: .unverified), .remember)
        }
    }
}

/// The question whether an unknown host's key is right.
///
/// Only `HostKeyPolicy.ask` puts it.
package struct HostKeyQuestion: Hashable, Sendable {
    package let key: PublicKey

    fileprivate init(key: PublicKey) {
        self.key = key
    }

    /// What follows from the answer; a fingerprint that is not the key's leads to the same question again.
    package func answer(_ answer: HostKeyAnswer) -> HostKeyDecision {
        switch answer {
        case .yes: return .trust(TrustedHostKey(key, on: .firstContact), .remember)
        case .once: return .trust(TrustedHostKey(key, on: .firstContact), .leaveAsIs)
        case .no: return .refuse(.declined)
        case .fingerprint(let text):
            guard key.fingerprint.matches(text) else { return .ask(self) }
            return .trust(TrustedHostKey(key, on: .firstContact), .remember)
        }
    }
}
