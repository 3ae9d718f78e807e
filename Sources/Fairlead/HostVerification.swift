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
        /// Where else the key is on record: another name of the same host, or of a copy of it.
        public let otherNames: [KnownHostNames]
        /// True when a fingerprint was given that is not the key's.
        public let isRepeated: Bool
    }

    /// A person's answer.
    public typealias Answer = HostKeyAnswer

    /// Whether keys that a host announces are learned, and those that it no longer has forgotten.
    public enum HostKeyUpdates: String, Hashable, Sendable { case yes, ask, no }

    /// Files and rules of `known_hosts(5)` verification, by the names that `ssh_config(5)` has for them.
    public struct KnownHostsOptions: Sendable {
        /// Files that belong to the user, the first of which is written to (`UserKnownHostsFile`).
        public var userFiles: [String]
        /// Files of the system, only read (`GlobalKnownHostsFile`).
        public var globalFiles: [String] = []
        /// What to do with a host that is unknown (`StrictHostKeyChecking`); `ask` asks the configuration's `responder`.
        public var policy: HostKeyPolicy
        /// Whether host names are written hashed (`HashKnownHosts`).
        public var hashesNames = false
        /// Fingerprints, `SHA256:…` or `MD5:…`, one of which the key must have.
        ///
        /// Then nobody is asked and nothing is written. Default empty: the files decide.
        public var pins: [String] = []
        /// Whether the key must suit the host's address as well (`CheckHostIP`): where it does not, a warning says so.
        public var checksAddress = false
        /// Whether a host that is this machine itself goes unchecked (`NoHostAuthenticationForLocalhost`).
        public var trustsLoopback = false
        /// Lists of keys that are refused, plain or binary; one that cannot be read refuses all (`RevokedHostKeys`).
        public var revokedKeysFiles: [String] = []
        /// A program and its arguments that tell more lines of known hosts (`KnownHostsCommand`).
        ///
        /// It is run without a shell, and ends the login unless it succeeds. In its arguments `%H`, `%I`, `%K`, `%t` and `%f`
        /// stand for what is looked for; `%%` is a percent sign. Default `nil`: none.
        public var command: [String]?
        /// Whether the host's other keys are learned once it proved to hold them (`UpdateHostKeys`).
        public var updatesHostKeys = HostKeyUpdates.no

        /// Known hosts in files.
        ///
        /// - Parameters:
        ///   - userFiles: Files that belong to the user, the first of which is written to.
        ///   - policy: What to do with a host that is unknown. Default `strict`: refuse.
        public init(userFiles: [String], policy: HostKeyPolicy = .strict) {
            self.userFiles = userFiles
            self.policy = policy
        }
    }

    enum Kind: Sendable {
        case knownHosts(KnownHostsOptions)
        case custom(@Sendable (Question) async throws -> Bool)
    }

    let kind: Kind

    /// Verifies against `known_hosts` files, as OpenSSH does.
    ///
    /// A key that changed for the host's name, or that is revoked, is never asked about. A new one is appended to the first of `userFiles`.
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
        var options = KnownHostsOptions(userFiles: userFiles, policy: policy)
        options.globalFiles = globalFiles
        options.hashesNames = hashesNames
        return knownHosts(options)
    }

    /// Verifies against `known_hosts` files and authorities, by rules in detail.
    ///
    /// - Parameter options: The files and rules.
    /// - Returns: The verification, to be given to `SSHConfiguration`.
    public static func knownHosts(_ options: KnownHostsOptions) -> HostVerification {
        HostVerification(kind: .knownHosts(options))
    }

    /// Accepts a key that has one of these fingerprints (`SHA256:…` or `MD5:…`), and no other.
    public static func pinned(_ fingerprints: [String]) -> HostVerification {
        var options = KnownHostsOptions(userFiles: [])
        options.pins = fingerprints
        return knownHosts(options)
    }

    /// Leaves the decision to the embedding program: true accepts.
    ///
    /// The key's signature is proven by then; whether the key is the right one is for the closure to know.
    public static func custom(_ verify: @escaping @Sendable (Question) async throws -> Bool) -> HostVerification {
        HostVerification(kind: .custom(verify))
    }
}
