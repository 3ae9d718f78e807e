/// The key exchanges (RFC 8731).
package enum KeyExchangeAlgorithm: String, CaseIterable, Sendable {
    case curve25519SHA256 = "curve25519-sha256"
    case curve25519SHA256LibSSH = "curve25519-sha256@libssh.org"

    /// Hashes the exchange and derives the keys.
    package var hash: HashAlgorithm {
        switch self {
        case .curve25519SHA256, .curve25519SHA256LibSSH: .sha256
        }
    }
}
