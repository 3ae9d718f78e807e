package import SSHWire

/// The signature algorithms, by wire name (RFC 8709, RFC 5656, RFC 8332, RFC 4253 §6.6, OpenSSH PROTOCOL.u2f).
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case ed25519 = "ssh-ed25519"
    case ecdsaNISTP256 = "ecdsa-sha2-nistp256"
    case ecdsaNISTP384 = "ecdsa-sha2-nistp384"
    case ecdsaNISTP521 = "ecdsa-sha2-nistp521"
    case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
    case securityKeyECDSANISTP256 = "sk-ecdsa-sha2-nistp256@openssh.com"
    case rsaSHA512 = "rsa-sha2-512"
    case rsaSHA256 = "rsa-sha2-256"
    case ed448 = "ssh-ed448"
    /// For hosts that have nothing better, and only where the user asked for it (RFC 8332 §5.1).
    case rsaSHA1 = "ssh-rsa"

    /// The name in the blob of a key that makes such signatures.
    package var keyType: Name { rsaHash == nil ? Name(rawValue) : "ssh-rsa" }

    /// The hash that an RSA signature is made over; the others' is their key's affair.
    var rsaHash: HashAlgorithm? {
        switch self {
        case .rsaSHA512: .sha512
        case .rsaSHA256: .sha256
        case .rsaSHA1: .sha1
        case .ed25519, .ed448, .ecdsaNISTP256, .ecdsaNISTP384, .ecdsaNISTP521, .securityKeyEd25519,
            .securityKeyECDSANISTP256:
            nil
        }
    }
}
