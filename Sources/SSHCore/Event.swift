package import NIOCore
package import SSHCrypto
package import SSHIdentity
package import SSHWire

/// What the engine tells its driver, in order, pulled by `nextEvent()`.
package enum Event {
    /// The server named itself.
    case identified(Identification)
    /// Its key's signature over this exchange is proven; whether to trust it is asked here, and answered by
    /// `Command.trust` or `Command.refuseHostKey`.
    case hostKeyOffered(PublicKey, Certificate?)
    /// Keys are in force in both directions; again after each re-exchange.
    case keysExchanged(NegotiatedAlgorithms)
    /// A credential is wanted: `Command.authenticate`.
    case authenticationNeeded(AuthenticationRound)
    /// A signature is wanted: `Command.provideSignature`.
    case signatureNeeded(SignatureRequest)
    /// The server asks; `Command.answer`, or another request, answers.
    case promptsReceived(UserauthInfoRequest)
    /// What convinced the server, step by step.
    case authenticated([AuthenticationProof])
    /// The server's words before login, unescaped.
    case banner(ByteBuffer)
    case note(Note)
    /// An answer has been due for so long; again while it lasts.
    case silent(Duration)
    case silenceEnded
    /// The server's host keys by its own word: nothing here is proven.
    case hostKeysAnnounced([PublicKey])
    /// Those of `Command.proveHostKeys` that the server holds: all of them, or none.
    case hostKeysProven([PublicKey])
    case channelOpened(ChannelID)
    case channelRefused(ChannelID, reason: UInt32, text: ByteBuffer)
    /// The server never answered the open or a request; the rest of the connection is untouched.
    case channelTimedOut(ChannelID)
    case channelData(ChannelID, ChannelStream, ByteBuffer)
    case channelEnded(ChannelID)
    /// The oldest unanswered request of the channel was answered.
    case channelReply(ChannelID, request: Name, isSuccess: Bool)
    case channelExit(ChannelID, ChannelExit)
    /// More may be written: the window grew, or a key exchange ended.
    case channelWritable(ChannelID)
    /// Both sides are done with the channel; its number is free.
    case channelClosed(ChannelID)

    /// Remarks for whoever reads a log.
    package enum Note: Hashable, Sendable {
        /// What the server said before it named itself.
        case precedingLine([UInt8])
        case longIdentification
        /// The peer lacks strict key exchange and the negotiated cipher or MAC is open to Terrapin (CVE-2023-48795).
        case notStrict
        /// The key exchange does not withstand a quantum computer that comes later.
        case notPostQuantum(KeyExchangeAlgorithm)
        case debug(text: [UInt8], alwaysDisplay: Bool)
        case unimplemented(MessageNumber)
        case bannersSuppressed
        case globalRequestRefused(Name)
        case channelOpenRefused(Name)
        case channelRequestRefused(Name)
        case dataAfterEOF
    }
}

/// Which of a session's two streams some bytes belong to.
package enum ChannelStream: Hashable, Sendable { case output, error }

/// How a remote process ended (RFC 4254 §6.10).
package enum ChannelExit: Hashable, Sendable {
    case status(UInt32)
    case signal(name: [UInt8], dumpedCore: Bool, message: [UInt8])
}

/// Why a credential is wanted: at first, after a failure, or after one of several steps succeeded.
package struct AuthenticationRound: Hashable, Sendable {
    /// What the server said would do; nil before it said anything.
    package var methods: NameList?
    package var isPartialSuccess: Bool
    /// The server wants the password changed before it takes it; its prompt.
    package var expiredPasswordPrompt: [UInt8]?

    package init(methods: NameList?, isPartialSuccess: Bool, expiredPasswordPrompt: [UInt8]? = nil) {
        self.methods = methods
        self.isPartialSuccess = isPartialSuccess
        self.expiredPasswordPrompt = expiredPasswordPrompt
    }
}

/// What a private key is to sign (RFC 4252 §7).
package struct SignatureRequest: Hashable, Sendable {
    package let identity: LoginIdentity
    package let data: [UInt8]
}

/// What convinced the server.
package enum AuthenticationProof: String, Hashable, Sendable {
    case none
    case publicKey = "publickey"
    /// The server let us in for naming a key, without proof.
    case publicKeyUnproven = "publickey, unproven"
    case password
    case keyboardInteractive = "keyboard-interactive"
    /// The server let us in without a question.
    case keyboardInteractiveUnasked = "keyboard-interactive, nothing asked"

    /// Whether the server saw something that only the user has.
    package var isProof: Bool {
        switch self {
        case .publicKey, .password, .keyboardInteractive: true
        case .none, .publicKeyUnproven, .keyboardInteractiveUnasked: false
        }
    }
}
