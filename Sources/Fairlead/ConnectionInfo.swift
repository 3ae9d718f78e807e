public import NIOCore
import SSHCore
import SSHCrypto
public import SSHIdentity
import SSHWire

/// What a connection agreed on and learned about its server, and what went through it so far.
public struct ConnectionInfo: Sendable {
    /// Both sides' lists for one choice; each entry is escaped.
    public struct Offer: Hashable, Sendable {
        /// What was chosen, such as `key exchange`.
        public let slot: String
        /// What we offered, in our order, which decides (RFC 4253 §7.1).
        public let ours: [String]
        /// What the server offered.
        public let theirs: [String]
    }

    /// What one stage of a connection took.
    public struct StageDuration: Hashable, Sendable {
        /// The stage, which ended well.
        public let stage: SSHError.Stage
        /// From the end of the stage before it.
        public let duration: Duration
    }

    /// Our identification line.
    public internal(set) var clientIdentification = ""
    /// The server's identification line, escaped (RFC 4253 §4.2).
    public internal(set) var serverIdentification = ""
    /// The host's key, proven and trusted.
    public internal(set) var hostKey: PublicKey?
    /// Why the host's key is trusted, which is another question than whether its signature is right.
    public internal(set) var hostIdentity: TrustedHostKey?
    /// Both ends of the transport; nil before it is open.
    public internal(set) var remoteAddress: SocketAddress?, localAddress: SocketAddress?
    /// Both sides' lists in the last key exchange, in the order of KEXINIT; empty before the server's came.
    public internal(set) var offers: [Offer] = []
    /// How the host proved its key, such as `rsa-sha2-512`.
    public var hostKeyAlgorithm: String { algorithms?.hostKey.rawValue ?? "" }
    /// The key exchange's name, such as `curve25519-sha256`.
    public var keyExchange: String { algorithms?.keyExchange.rawValue ?? "" }
    /// The cipher of what we send.
    public var cipherClientToServer: String { algorithms?.cipherClientToServer.rawValue ?? "" }
    /// The cipher of what we receive.
    public var cipherServerToClient: String { algorithms?.cipherServerToClient.rawValue ?? "" }
    /// The MAC of what we send; nil where the cipher authenticates by itself.
    public var macClientToServer: String? { algorithms?.macClientToServer?.rawValue }
    /// The MAC of what we receive; nil where the cipher authenticates by itself.
    public var macServerToClient: String? { algorithms?.macServerToClient?.rawValue }
    /// The compression of what we send: `none`, or what begins with the login.
    public var compressionClientToServer: String { algorithms?.compressionClientToServer.rawValue ?? "" }
    /// The compression of what we receive: `none`, or what begins with the login.
    public var compressionServerToClient: String { algorithms?.compressionServerToClient.rawValue ?? "" }
    /// Whether the key exchange withstands a quantum computer that comes later.
    public var isPostQuantum: Bool { algorithms?.keyExchange.isPostQuantum == true }
    private var algorithms: NegotiatedAlgorithms?
    /// Keys that the server says it has as well; none of them is proven (OpenSSH PROTOCOL §2.5).
    public internal(set) var announcedHostKeys: [PublicKey] = []
    /// Whether strict key exchange is in force (CVE-2023-48795).
    public internal(set) var isStrict = false
    /// The methods that convinced the server, comma-separated: `none`, `publickey`, `password`, `keyboard-interactive`.
    public internal(set) var authenticationMethod = ""
    /// Whether the server saw any proof of who logs in; one that lets everybody in may fake prompts of ours later.
    public internal(set) var isAuthenticationProven = false
    /// The host's certificate, where it was trusted for that.
    public var hostCertificate: Certificate? {
        guard case .certificate(let certificate, _) = hostIdentity?.ground else { return nil }
        return certificate
    }
    /// What the server takes for a login's signature; nil where it did not say (RFC 8308 §3.1).
    public internal(set) var serverSignatureAlgorithms: [String]?
    /// Whether the server announced `ping@openssh.com` and `publickey-hostbound@openssh.com`.
    public internal(set) var supportsPing = false, supportsHostBoundPublicKey = false
    /// Packets and their bytes, as they are on the wire.
    public internal(set) var sentByteCount: UInt64 = 0, receivedByteCount: UInt64 = 0
    /// How many packets.
    public internal(set) var sentPacketCount: UInt64 = 0, receivedPacketCount: UInt64 = 0
    /// Key exchanges after the first.
    public internal(set) var rekeyCount = 0
    /// How long each stage took, in their order; a person's time is in that of the host's key and of the login.
    public internal(set) var timings: [StageDuration] = []
    private var lastMark = SSHConnection.now
    /// An estimate of the round trip; nil before there is one.
    public internal(set) var roundTripTime: Duration?

    /// The clock runs from here.
    mutating func begin(at start: Instant) { lastMark = start }

    /// A stage has ended; only its first end counts.
    mutating func mark(_ stage: SSHError.Stage) {
        guard !timings.contains(where: { $0.stage == stage }) else { return }
        let now = SSHConnection.now
        timings.append(StageDuration(stage: stage, duration: now - lastMark))
        lastMark = now
    }

    /// What the engine knows by now.
    mutating func read(_ engine: borrowing Engine) {
        algorithms = engine.algorithms ?? algorithms
        offers = zip(NegotiationFailure.Slot.allCases, engine.proposedLists).map { slot, lists in
            Offer(slot: slot.rawValue, ours: lists.0.names.map(\.text), theirs: lists.1.names.map(\.text))
        }
        clientIdentification = PeerText.line(engine.configuration.identification)
        isStrict = engine.isStrictKeyExchange
        serverSignatureAlgorithms = engine.serverSignatureAlgorithms?.names.map(\.text)
        supportsPing = engine.supportsPing
        supportsHostBoundPublicKey = engine.supportsHostBoundPublicKey
        sentByteCount = engine.traffic.sent.byteCount
        sentPacketCount = engine.traffic.sent.packetCount
        receivedByteCount = engine.traffic.received.byteCount
        receivedPacketCount = engine.traffic.received.packetCount
        rekeyCount = engine.rekeyCount
        roundTripTime = engine.roundTrip.estimate
    }
}
