public import Logging
package import NIOCore
package import SSHCore
public import SSHIdentity

/// Where to connect to, as whom, and how.
public struct SSHConfiguration: Sendable {
    /// Which address family to use.
    public enum AddressFamily: Hashable, Sendable { case any, ipv4, ipv6 }

    /// A name, a literal IPv4 or IPv6 address with its zone if need be, or `unix/PATH` for a socket of this machine.
    public var host: String
    /// The TCP port.
    ///
    /// Default 22.
    public var port: Int
    /// The user to log in as.
    public var user: String
    /// How the host's key is verified.
    public var hostVerification: HostVerification
    /// The name under which the host's key is looked up and stored.
    ///
    /// Default `nil`: the host itself.
    public var hostKeyAlias: String?
    /// Means to log in, tried in this order within each method.
    public var credentials: [Credential]
    /// The methods to log in by, in the order in which they are tried as far as the server takes them.
    public var authenticationMethods = ["publickey", "keyboard-interactive", "password"]
    /// Whether a login is refused that the server granted without asking for any proof.
    ///
    /// Default false: it is told by `ConnectionInfo.isAuthenticationProven`.
    public var requiresProof = false
    /// How keys that were read from files are given to the first agent of the credentials.
    ///
    /// Default `nil`: not at all.
    public var agentAddition: AgentAddition?
    /// The bound on TCP and identification for each address; one with more than 32 addresses has no more time than that for
    /// all.
    ///
    /// Default `nil`: 30 seconds for everything up to NEWKEYS.
    public var connectTimeout: Duration?
    /// Default `any`.
    public var addressFamily = AddressFamily.any
    /// How often all addresses are tried, with a second in between, before giving up.
    ///
    /// Default 1.
    public var connectionAttempts = 1
    /// The local address to connect from, as a name or a literal.
    ///
    /// Default `nil`: the system chooses.
    public var bindAddress: String?
    /// The local interface whose address to connect from, unless `bindAddress` is set.
    ///
    /// Default `nil`: the system chooses.
    public var bindInterface: String?
    /// The traffic class of what is sent, as the byte of the IP header that DSCP is part of (RFC 2474 §3).
    ///
    /// Default `nil`: the system's.
    public var trafficClass: UInt8?
    /// What stands behind our identification and a blank: printable ASCII (RFC 4253 §4.2).
    ///
    /// Default `nil`: neither.
    public var versionAddendum: String?
    /// Whether TCP itself looks after a silent peer (`SO_KEEPALIVE`).
    ///
    /// Default true.
    public var usesTCPKeepAlive = true
    /// Which algorithms are offered.
    ///
    /// Default `standard`. Setting it replaces lists that were chosen before.
    public var profile = AlgorithmProfile.standard {
        didSet {
            algorithms = profile.policy
            keepsHostKeyOrder = false
        }
    }
    /// The fewest bits that an RSA key of the host may have, 1,024 at least.
    ///
    /// Default `nil`: 2,048, and 1,024 in the legacy profile.
    public var requiredRSASize: Int?
    /// Whether compression is asked for, where the server has it.
    ///
    /// Default false: it is taken only where the server insists.
    public var prefersCompression = false
    /// After how many bytes in either direction new keys are agreed on.
    ///
    /// Default `nil`: 1 GiB.
    public var rekeyByteCount: UInt64?
    /// After how much time new keys are agreed on.
    ///
    /// Default `nil`: keys do not age.
    public var rekeyInterval: Duration?
    /// What the receive window of a session may grow to, in bytes: 65,536 at least, 2^32−1 at most (RFC 4254 §5.2).
    ///
    /// Default 16 MiB. It begins with 2 MiB and grows where the path carries more in a round trip. What a session holds
    /// in memory because nobody takes it is bounded by it.
    public var maximumWindowByteCount = Int(Limits.channelWindowMaximumByteCount)
    /// After how much silence the server is asked for a sign of life.
    ///
    /// Default `nil`: silence ends nothing.
    public var serverAliveInterval: Duration?
    /// How many such questions may stay unanswered; one more silent interval ends the connection.
    ///
    /// Default 3.
    public var serverAliveCountMax = 3
    /// The file that keeps how logins went, so that the next one at the same host needs fewer round trips.
    ///
    /// It holds no secret, and may be lost. Default `nil`: nothing is kept.
    public var memoryPath: String?
    /// Whether the first session is opened along with the login where `memoryPath` says that the key will do.
    ///
    /// For who surely starts one. Default false.
    public var opensSessionEarly = false
    /// Told what was known of a connection on which a login failed.
    package var onFailedLogin: (@Sendable (ConnectionInfo) -> Void)?
    /// How long nothing may move on a session, in either direction, before it is closed.
    ///
    /// Default `nil`: for ever.
    public var sessionIdleTimeout: Duration?
    /// How long nothing may move on any session before all of them are closed.
    ///
    /// Default `nil`: for ever.
    public var idleTimeout: Duration?
    /// What the connection tells about itself.
    ///
    /// Default: nothing.
    public var logger = Logger(label: "fairlead") { _ in SwiftLogNoOpLogHandler() }
    /// Answers questions about the host's key, passwords, passphrases and what else the server wants to know.
    ///
    /// Default: all are declined.
    public var responder: any LoginResponder = SilentResponder()
    /// Told of the host's key as soon as it is trusted, before the login.
    ///
    /// The error is what any policy but `off` would have refused the key with; nil where there is nothing to object.
    public var onHostKey: (@Sendable (TrustedHostKey, SSHError?) -> Void)?
    /// The server's words before login, escaped; nil drops them.
    public var onBanner: (@Sendable (String) -> Void)?
    /// Told of every message that is sent and received, on the connection's event loop: it must not block.
    ///
    /// Default `nil`, which costs nothing. A second try, after a server hung up on the first, counts its time anew.
    public var onMessage: (@Sendable (MessageRecord) -> Void)?
    /// How names become addresses.
    package var resolve: @Sendable (String, Int, AddressFamily) throws(SSHError) -> [SocketAddress] =
        PlatformAddresses.resolve
    package var algorithms = AlgorithmPolicy.standard
    /// How the last login went.
    var remembered: RememberedLogin?
    /// Whether a key exchange that is not post-quantum is worth a warning.
    package var warnsOfWeakCrypto = false
    /// Whether a login by key names the host's key where the server understands that.
    package var bindsLogins = true
    /// True when the user chose the host-key algorithms, so that known hosts do not reorder them.
    package var keepsHostKeyOrder = false

    /// A configuration with the algorithms' default order and 30 seconds for the handshake.
    ///
    /// - Parameters:
    ///   - host: A name or a literal address.
    ///   - port: The TCP port. Default 22.
    ///   - user: The user to log in as.
    ///   - hostVerification: How the host's key is verified; there is no default.
    ///   - credentials: Means to log in, tried in this order.
    public init(
        host: String, port: Int = 22, user: String, hostVerification: HostVerification, credentials: [Credential]
    ) {
        self.host = host
        self.port = port
        self.user = user
        self.hostVerification = hostVerification
        self.credentials = credentials
    }

    /// The name for known hosts.
    package var trustName: String { alias?.name ?? host }

    /// The port for known hosts: an alias stands for host and port, as in ssh.
    package var trustPort: Int { alias?.port ?? port }

    /// An alias may be written as known hosts have it: `[host]:port`.
    private var alias: (name: String, port: Int)? {
        guard let hostKeyAlias else { return nil }
        guard hostKeyAlias.hasPrefix("["), let end = hostKeyAlias.lastIndex(of: "]"),
            hostKeyAlias[end...].hasPrefix("]:"), let port = Int(hostKeyAlias[end...].dropFirst(2)),
            1...65535 ~= port
        else { return (hostKeyAlias, 22) }
        return (String(hostKeyAlias[..<end].dropFirst()), port)
    }

    /// The name as known hosts show it, with the port unless it is the usual one.
    package var displayName: String { trustPort == 22 ? trustName : "[\(trustName)]:\(trustPort)" }
}
