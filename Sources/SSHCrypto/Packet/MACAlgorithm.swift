/// The MACs that go with ciphers which do not authenticate (RFC 6668, OpenSSH PROTOCOL §1.5).
package enum MACAlgorithm: String, CaseIterable, Sendable {
    case hmacSHA256ETM = "hmac-sha2-256-etm@openssh.com"
    case hmacSHA512ETM = "hmac-sha2-512-etm@openssh.com"
    case hmacSHA256 = "hmac-sha2-256"
    case hmacSHA512 = "hmac-sha2-512"

    package var keyByteCount: Int { hash.byteCount }
    package var tagByteCount: Int { hash.byteCount }

    /// Encrypt-then-MAC: the length travels in the clear and the MAC covers the ciphertext.
    package var encryptsFirst: Bool {
        switch self {
        case .hmacSHA256ETM, .hmacSHA512ETM: true
        case .hmacSHA256, .hmacSHA512: false
        }
    }

    var hash: HashAlgorithm {
        switch self {
        case .hmacSHA256ETM, .hmacSHA256: .sha256
        case .hmacSHA512ETM, .hmacSHA512: .sha512
        }
    }
}
