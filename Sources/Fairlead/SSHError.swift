public import SSHIdentity

/// Why something could not be done: how far it came, what kind of failure it is, and one sentence for a person.
///
/// Compare `stage` and `kind`, never the text. A remote command's exit status is a result, not an error. Text of the server
/// is escaped already and safe to show.
public struct SSHError: Error, Hashable, Sendable, CustomStringConvertible {
    /// How far the connection had come.
    public enum Stage: String, Hashable, Sendable, CaseIterable {
        /// The caller's own arguments; nothing was sent.
        case usage
        /// Finding the host's addresses.
        case resolve
        /// Opening the TCP connection.
        case connect
        /// Exchanging identification strings (RFC 4253 §4.2).
        case identification
        /// Agreeing on algorithms (RFC 4253 §7.1).
        case negotiation
        /// Agreeing on keys (RFC 4253 §7–8).
        case keyExchange = "key exchange"
        /// Deciding whether to trust the host's key.
        case hostKey = "host key"
        /// Logging in (RFC 4252).
        case authentication
        /// Opening or using a channel (RFC 4254).
        case channel
        /// The connection ended while it was in use.
        case lost
    }

    /// What went wrong.
    public enum Kind: Hashable, Sendable {
        /// A wait took longer than it may.
        case timeout
        /// The caller's task was cancelled.
        case cancelled
        /// The peer closed the connection without a word.
        case closed
        /// The peer ended the connection with a DISCONNECT of this code (RFC 4253 §11.1).
        case disconnected(code: UInt32)
        /// The system refused; its `errno`.
        case system(errno: Int32)
        /// The name has no address.
        case unknownHost
        /// The peer does not speak SSH-2.
        case notSSH
        /// No algorithm in common; see `offers`.
        case noCommonAlgorithm
        /// The host's key is not known, and nobody may or wants to vouch for it.
        case hostKeyUnknown
        /// The host shows a key other than those on record.
        case hostKeyChanged
        /// The host's key is marked as revoked.
        case hostKeyRevoked
        /// The host's key or its signature is wrong, or too weak.
        case hostKeyInvalid
        /// Every credential was refused, or there was none that the server takes.
        case denied
        /// The server refused the channel or the request.
        case refused
        /// More output than the caller set as its limit.
        case outputLimit
        /// The peer broke the protocol, or the bytes were changed on the way.
        case protocolViolation
        /// A file cannot be read, or does not hold what it should.
        case file
        /// The caller asked for what cannot be.
        case misuse
    }

    /// Who can mend it.
    public enum Responsible: String, Hashable, Sendable { case user, server, network, caller }

    /// Both sides' lists where no algorithm was in common, escaped.
    public struct Offers: Hashable, Sendable {
        /// What was being chosen, such as `key exchange`.
        public let slot: String
        /// What we offered, comma-separated, in our order.
        public let ours: String
        /// What the server offered.
        public let theirs: String
        /// The options of the tool that would let us agree; nil where we have nothing that the server offers.
        public let remedy: String?
    }

    /// How far the connection had come.
    public let stage: Stage
    /// What went wrong.
    public let kind: Kind
    /// One sentence for a person.
    public let message: String
    /// The server's own words, escaped; nil when it said nothing.
    public let serverText: String?
    /// Both sides' lists; only where `kind` is `noCommonAlgorithm`.
    public let offers: Offers?
    /// Other keys on record; only where `kind` is `hostKeyChanged`.
    public let knownKeys: [KnownHostRecord]
    /// What was tried, skipped and refused to log in, a line each; only where `kind` is `denied`.
    public let attempts: [String]
    /// The key that the host showed; only where `stage` is `hostKey` and the key's possession is proven.
    public let offeredKey: PublicKey?

    package init(
        _ stage: Stage, _ kind: Kind, _ message: String, serverText: String? = nil, offers: Offers? = nil,
        knownKeys: [KnownHostRecord] = [], offeredKey: PublicKey? = nil, attempts: [String] = []
    ) {
        self.stage = stage
        self.kind = kind
        self.message = message
        self.serverText = serverText
        self.offers = offers
        self.knownKeys = knownKeys
        self.offeredKey = offeredKey
        self.attempts = attempts
    }

    /// Who can mend it.
    public var responsible: Responsible {
        switch kind {
        case .misuse, .cancelled, .outputLimit: .caller
        case .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .denied, .file, .unknownHost, .noCommonAlgorithm: .user
        case .timeout, .closed, .system: .network
        case .notSSH, .disconnected, .hostKeyInvalid, .refused, .protocolViolation: .server
        }
    }

    /// The sentence, with the server's words where there are any.
    public var description: String {
        guard let serverText, !serverText.isEmpty else { return message }
        return "\(message): \(serverText)"
    }
}
