package import Logging
import SSHCrypto
public import SSHIdentity
import SSHWire

/// An agent behind a socket of this machine, which keeps private keys and signs with them.
///
/// Each question goes over a connection of its own: an agent may be restarted in between, and an answer that is out of step
/// harms nobody.
public struct SSHAgent: Sendable {
    /// The socket, as `SSH_AUTH_SOCK` names it.
    public let path: String
    /// What each connection begins with.
    private(set) var binding: AgentRequest?
    package var logger = Logger(label: "fairlead") { _ in SwiftLogNoOpLogHandler() }
    /// Weaker RSA keys are passed over.
    package var minimumRSABitCount = 2048
    /// For what needs nobody's consent.
    package var answerLimit = Duration.seconds(5)
    /// For a person to confirm or to touch.
    package var signingLimit = Duration.seconds(120)
    /// After which the person is told.
    package var noticeDelay = Self.noticeDelay
    static let noticeDelay = Duration.seconds(2)

    /// The agent at a socket; nothing is asked of it yet.
    ///
    /// - Parameter path: The socket.
    public init(path: String) {
        self.path = path
    }

    /// Tells the agent on each connection which host it is for, so that it can use the keys that are bound to hosts.
    package mutating func bind(hostKey: [UInt8], sessionID: [UInt8], signature: [UInt8], isForwarding: Bool) {
        binding = .bind(hostKey: hostKey, sessionID: sessionID, signature: signature, isForwarding: isForwarding)
    }

    /// The keys that the agent has, in its order; those of a type that Fairlead does not know are left out.
    ///
    /// - Returns: Signers, each with the public key that it claims.
    /// - Throws: `SSHError` when the agent cannot be reached, or does not answer properly within five seconds.
    public func identities() async throws(SSHError) -> [AgentKey] {
        let reply = try await AgentClient(agent: self).ask(.identities)
        guard case .identities(let identities) = reply else { throw unexpected(reply, "list its keys") }
        return identities.compactMap { identity in
            do throws(KeyError) {
                return try AgentKey(identity, of: self)
            } catch {
                logger.debug("agent \(path): passed over \(PeerText.line(identity.comment)): \(error)")
                return nil
            }
        }
    }

    /// Gives the agent a key to keep; it asks for no passphrase from then on.
    ///
    /// An agent that does not know a constraint refuses the key: it never gets it without.
    ///
    /// - Parameters:
    ///   - key: The key.
    ///   - comment: What lists show of it. Default `nil`: the comment in the key's file.
    ///   - lifetime: After which the agent forgets it, in whole seconds. Default `nil`: never.
    ///   - confirm: Whether the agent asks before each use. Default false.
    /// - Throws: `SSHError` when the agent cannot be reached or refuses, and of kind `misuse` for a lifetime that cannot be.
    public func add(
        _ key: PrivateKey, comment: String? = nil, lifetime: Duration? = nil, confirm: Bool = false
    ) async throws(SSHError) {
        var wholeSeconds: UInt32?
        if let (seconds, attoseconds) = lifetime?.components {
            // Rounded up; nothing at all would be no constraint.
            wholeSeconds = UInt32(exactly: attoseconds > 0 ? seconds &+ 1 : seconds)
            guard let wholeSeconds, wholeSeconds > 0 else {
                throw SSHError(.usage, .misuse, "a key cannot live \(seconds) seconds in an agent")
            }
        }
        let comment = comment.map { Array($0.utf8) } ?? key.commentBytes
        let reply = try await AgentClient(agent: self).ask(
            .add(key, comment: comment, lifetime: wholeSeconds, confirm: confirm))
        guard reply == .done else { throw unexpected(reply, "take the key") }
    }

    fileprivate func unexpected(_ reply: AgentReply, _ purpose: String) -> SSHError {
        reply == .refused
            ? SSHError(.authentication, .denied, "agent \(path): it refused to \(purpose)")
            : SSHError(
                .authentication, .protocolViolation, "agent \(path): asked to \(purpose), it gave another answer")
    }
}

/// A key that an agent keeps.
public struct AgentKey: Signer {
    /// The public half, which nothing proves before the agent signs.
    public let publicKey: PublicKey
    /// The certificate for it that the agent has in its stead; it may have the key alone beside it.
    package let certificate: Certificate?
    private let identity: AgentIdentity
    /// It can be bound to a host after the keys were listed.
    package var agent: SSHAgent

    fileprivate init(_ identity: AgentIdentity, of agent: SSHAgent) throws(KeyError) {
        self.identity = identity
        self.agent = agent
        let bits = agent.minimumRSABitCount
        if let type = PublicKey.type(ofBlob: identity.blob), Certificate.isCertificate(type: type) {
            let certificate = try Certificate(blob: identity.blob, minimumRSABitCount: bits)
            self.certificate = certificate
            publicKey = certificate.key
        } else {
            certificate = nil
            publicKey = try PublicKey(blob: identity.blob, minimumRSABitCount: bits)
        }
    }

    /// What the agent's list shows of the key, made safe to show.
    public var comment: String { PeerText.line(identity.comment) }

    /// Has the agent sign, which may ask a person; the signature is verified.
    ///
    /// - Parameters:
    ///   - data: The bytes to sign, not hashed.
    ///   - algorithm: How, such as `rsa-sha2-512`.
    /// - Returns: The signature blob (RFC 4253 §6.6).
    /// - Throws: `SSHError` when the agent refuses, is gone, answers wrongly, or takes more than two minutes.
    public func sign(_ data: [UInt8], algorithm: String) async throws -> [UInt8] {
        guard let known = SignatureAlgorithm(rawValue: algorithm),
            known.keyType == publicKey.verificationKey.type
        else {
            let name = PeerText.line(algorithm.utf8)
            throw SSHError(.usage, .misuse, "\(name) is no algorithm for a key of type \(publicKey.typeName)")
        }
        let waiting = "agent \(agent.path): confirm or touch for \(comment) (\(publicKey.fingerprint.sha256))"
        let reply = try await AgentClient(agent: agent).ask(
            .sign(blob: identity.blob, data: data, known), notice: waiting)
        guard case .signature(let signature) = reply else { throw agent.unexpected(reply, "sign with \(comment)") }
        return try verified(signature, over: data, known)
    }
}
