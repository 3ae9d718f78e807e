/// The MACs that go with ciphers which do not authenticate (RFC 4253 §6.4, RFC 6668, OpenSSH PROTOCOL §1.5).
///
/// Those on SHA-1 are for old devices, where the user asks for them.
package enum MACAlgorithm: String, CaseIterable, Sendable {
    case hmacSHA256ETM = "hmac-sha2-256-etm@openssh.com"
    case hmacSHA512ETM = "hmac-sha2-512-etm@openssh.com"
    case hmacSHA256 = "hmac-sha2-256"
    case hmacSHA512 = "hmac-sha2-512"
    case hmacSHA1 = "hmac-sha1"
    case hmacSHA1ETM = "hmac-sha1-etm@openssh.com"
    case hmacSHA1Truncated = "hmac-sha1-96"

    package var keyByteCount: Int { hash.byteCount }
    package var tagByteCount: Int { self == .hmacSHA1Truncated ? 12 : hash.byteCount }

    /// Encrypt-then-MAC: the length travels in the clear and the MAC covers the ciphertext.
    package var encryptsFirst: Bool {
        switch self {
        case .hmacSHA256ETM, .hmacSHA512ETM, .hmacSHA1ETM: true
        case .hmacSHA256, .hmacSHA512, .hmacSHA1, .hmacSHA1Truncated: false
        }
    }

    var hash: HashAlgorithm {
        switch self {
        case .hmacSHA256ETM, .hmacSHA256: .sha256
        case .hmacSHA512ETM, .hmacSHA512: .sha512
        case .hmacSHA1, .hmacSHA1ETM, .hmacSHA1Truncated: .sha1
        }
    }
}
