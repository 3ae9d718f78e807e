package import SSHWire

/// The signature algorithms, by wire name (RFC 8709, RFC 5656, RFC 8332).
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case ed25519 = "ssh-ed25519"
    case ecdsaNISTP256 = "ecdsa-sha2-nistp256"
    case rsaSHA512 = "rsa-sha2-512"
    case rsaSHA256 = "rsa-sha2-256"

    /// The name in the blob of a key that makes such signatures.
    package var keyType: Name {
        switch self {
        case .ed25519: "ssh-ed25519"
        case .ecdsaNISTP256: "ecdsa-sha2-nistp256"
        case .rsaSHA512, .rsaSHA256: "ssh-rsa"
        }
    }

    /// The hash that is signed; Ed25519 has its own.
    var hash: HashAlgorithm? {
        switch self {
        case .ed25519: nil
        case .ecdsaNISTP256, .rsaSHA256: .sha256
        case .rsaSHA512: .sha512
        }
    }
}
