package import SSHWire

/// The public key algorithms, by wire name (RFC 8709, RFC 5656, RFC 8332, RFC 4253 §6.6, OpenSSH PROTOCOL.u2f and
/// PROTOCOL.certkeys).
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

    // The same with a certificate in the key's place.
    case ed25519Certificate = "ssh-ed25519-cert-v01@openssh.com"
    case ecdsaNISTP256Certificate = "ecdsa-sha2-nistp256-cert-v01@openssh.com"
    case ecdsaNISTP384Certificate = "ecdsa-sha2-nistp384-cert-v01@openssh.com"
    case ecdsaNISTP521Certificate = "ecdsa-sha2-nistp521-cert-v01@openssh.com"
    case securityKeyEd25519Certificate = "sk-ssh-ed25519-cert-v01@openssh.com"
    case securityKeyECDSANISTP256Certificate = "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com"
    case rsaSHA512Certificate = "rsa-sha2-512-cert-v01@openssh.com"
    case rsaSHA256Certificate = "rsa-sha2-256-cert-v01@openssh.com"
    case rsaSHA1Certificate = "ssh-rsa-cert-v01@openssh.com"

    /// What a signature of it is called, which knows nothing of certificates.
    package var plain: SignatureAlgorithm {
        switch self {
        case .ed25519, .ed25519Certificate: .ed25519
        case .ecdsaNISTP256, .ecdsaNISTP256Certificate: .ecdsaNISTP256
        case .ecdsaNISTP384, .ecdsaNISTP384Certificate: .ecdsaNISTP384
        case .ecdsaNISTP521, .ecdsaNISTP521Certificate: .ecdsaNISTP521
        case .securityKeyEd25519, .securityKeyEd25519Certificate: .securityKeyEd25519
        case .securityKeyECDSANISTP256, .securityKeyECDSANISTP256Certificate: .securityKeyECDSANISTP256
        case .rsaSHA512, .rsaSHA512Certificate: .rsaSHA512
        case .rsaSHA256, .rsaSHA256Certificate: .rsaSHA256
        case .rsaSHA1, .rsaSHA1Certificate: .rsaSHA1
        case .ed448: .ed448
        }
    }

    package var isCertificate: Bool { self != plain }

    /// The same with a certificate in the key's place, where there is such a thing.
    package var certified: SignatureAlgorithm? {
        Self.allCases.first { $0.isCertificate && $0.plain == self }
    }

    /// The name in the blob of a key, or of a certificate, that makes such signatures.
    package var keyType: Name {
        guard rsaHash != nil else { return Name(rawValue) }
        return isCertificate ? "ssh-rsa-cert-v01@openssh.com" : "ssh-rsa"
    }

    /// The hash that an RSA signature is made over; the others' is their key's affair.
    var rsaHash: HashAlgorithm? {
        switch plain {
        case .rsaSHA512: .sha512
        case .rsaSHA256: .sha256
        case .rsaSHA1: .sha1
        default: nil
        }
    }
}
