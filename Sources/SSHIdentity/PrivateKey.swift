package import SSHCrypto
import SSHWire

/// A private key, ready to sign; its secret parts lie in guarded memory and are never shown.
public struct PrivateKey: Sendable {
    package let signingKey: SigningKey

    /// The public half, derived from the secret rather than believed.
    public let publicKey: PublicKey

    /// The comment that the key file carries, as its bytes stand there.
    package let commentBytes: [UInt8]

    package init(_ signingKey: SigningKey, commentBytes: [UInt8]) throws(KeyError) {
        self.signingKey = signingKey
        self.commentBytes = commentBytes
        publicKey = try PublicKey(signingKey.verificationKey)
    }

    /// The key's comment, made safe to show.
    public var comment: String { PeerText.line(commentBytes) }
}
