public import SSHIdentity

/// How the host's key is verified.
///
/// There is no default that accepts anything: the caller chooses.
public struct HostVerification: Sendable {
    /// What a person is told about an unknown host.
    public struct Question: Sendable {
        /// The host and port as the configuration names them.
        public let host: String
        /// The TCP port.
        public let port: Int
        /// The key that the host proved to hold.
        public let key: PublicKey
        /// True when a fingerprint was given that is not the key's.
        public let isRepeated: Bool
    }

    /// A person's answer.
    public enum Answer: Hashable, Sendable {
        /// Accept, and add the key to the user's known hosts.
        case yes
        /// Accept for this connection only.
        case once
        /// Refuse.
        case no
        /// Accept and add if the key has this fingerprint, `SHA256:…` or `MD5:…`; otherwise ask again.
        case fingerprint(String)
    }

    /// Files and policy of `known_hosts(5)` verification.
    struct KnownHostsSettings: Sendable {
        var userFiles: [String]
        var globalFiles: [String]
        var policy: HostKeyPolicy
        var hashesNames: Bool
    }

    enum Kind: Sendable {
        case knownHosts(KnownHostsSettings)
        case pinned([String])
        case custom(@Sendable (Question) async throws -> Bool)
    }

    let kind: Kind

    /// Verifies against `known_hosts` files, as OpenSSH does.
    ///
    /// A changed or revoked key is never asked about. A new one is appended to the first of `userFiles`.
    ///
    /// - Parameters:
    ///   - userFiles: Files that belong to the user, the first of which is written to.
    ///   - globalFiles: Files of the system, only read. Default none.
    ///   - policy: What to do with a host that is unknown; `ask` asks the configuration's `responder`. Default `strict`:
    ///     refuse.
    ///   - hashesNames: Whether host names are written hashed. Default false.
    /// - Returns: The verification, to be given to `SSHConfiguration`.
    public static func knownHosts(
        userFiles: [String], globalFiles: [String] = [], policy: HostKeyPolicy = .strict, hashesNames: Bool = false
    ) -> HostVerification {
        HostVerification(
            kind: .knownHosts(
                KnownHostsSettings(
                    userFiles: userFiles, globalFiles: globalFiles, policy: policy, hashesNames: hashesNames)))
    }

    /// Accepts a key that has one of these fingerprints (`SHA256:…` or `MD5:…`), and no other.
    public static func pinned(_ fingerprints: [String]) -> HostVerification {
        HostVerification(kind: .pinned(fingerprints))
    }

    /// Leaves the decision to the embedding program: true accepts.
    ///
    /// The key's signature is proven by then; whether the key is the right one is for the closure to know.
    public static func custom(_ verify: @escaping @Sendable (Question) async throws -> Bool) -> HostVerification {
        HostVerification(kind: .custom(verify))
    }
}
