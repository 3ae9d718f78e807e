package import SSHCrypto
package import SSHIdentity
package import SSHWire

/// What a driver tells the engine to do.
///
/// Bulk data has a door of its own, `Engine.send`.
package enum Command {
    case trust(TrustedHostKey)
    case refuseHostKey
    case authenticate(AuthenticationRequest)
    case provideSignature([UInt8])
    /// Answers to `Event.promptsReceived`, one for each.
    case answer([Password])
    /// Asks the server to prove that it holds these keys: `Event.hostKeysProven`.
    case proveHostKeys([PublicKey])
    /// No credential is left.
    case giveUpAuthentication
    /// Renew the keys now.
    case rekey
    /// A message that means nothing, with an answer that means nothing (OpenSSH PROTOCOL §1.8); none where the server has no such.
    case ping
    case openSession(ChannelID)
    case request(ChannelID, SessionRequest)
    /// The user took that many bytes of the channel: the window may be credited.
    case consumed(ChannelID, byteCount: Int)
    /// Nothing more will be sent on the channel.
    case endInput(ChannelID)
    case close(ChannelID)
    case disconnect(DisconnectReason, text: String)
}

/// One attempt to log in.
package enum AuthenticationRequest: Sendable {
    /// Asks what would do.
    case none
    /// Signs at once, or first asks whether the key would do: for keys whose use costs a person something.
    case publicKey(LoginIdentity, asksFirst: Bool)
    /// A password, and what is to replace it.
    case password(Password, replacement: Password? = nil)
    case keyboardInteractive
}

/// A key to log in with, as the server is to see it.
package struct LoginIdentity: Hashable, Sendable {
    package let key: PublicKey
    package let algorithm: SignatureAlgorithm
    /// The key's own blob, or its certificate's.
    package let blob: [UInt8]

    package init(key: PublicKey, algorithm: SignatureAlgorithm, certificate: [UInt8]? = nil) {
        self.key = key
        self.algorithm = algorithm
        blob = certificate ?? key.blob
    }
}

/// A password that is on its way to a server.
package final class Password: Sendable {
    package let secret: SecretBytes

    package init(_ secret: consuming SecretBytes) {
        self.secret = secret
    }
}
