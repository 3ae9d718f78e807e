import CLibcrypto

/// The ciphers, by wire name (RFC 4344, RFC 5647 as OpenSSH names it, OpenSSH PROTOCOL.chacha20poly1305).
package enum CipherAlgorithm: String, CaseIterable, Sendable {
    case chaCha20Poly1305 = "chacha20-poly1305@openssh.com"
    case aes128GCM = "aes128-gcm@openssh.com"
    case aes256GCM = "aes256-gcm@openssh.com"
    case aes128CTR = "aes128-ctr"
    case aes192CTR = "aes192-ctr"
    case aes256CTR = "aes256-ctr"

    package var keyByteCount: Int {
        switch self {
        case .chaCha20Poly1305: 64
        case .aes128GCM, .aes128CTR: 16
        case .aes192CTR: 24
        case .aes256GCM, .aes256CTR: 32
        }
    }

    package var ivByteCount: Int {
        switch self {
        case .chaCha20Poly1305: 0
        case .aes128GCM, .aes256GCM: 12
        case .aes128CTR, .aes192CTR, .aes256CTR: 16
        }
    }

    /// What a packet's length is rounded to.
    package var blockByteCount: Int {
        switch self {
        case .chaCha20Poly1305: 8
        case .aes128GCM, .aes256GCM, .aes128CTR, .aes192CTR, .aes256CTR: 16
        }
    }

    /// Whether it authenticates too, so that no MAC is negotiated.
    package var isAuthenticated: Bool {
        switch self {
        case .chaCha20Poly1305, .aes128GCM, .aes256GCM: true
        case .aes128CTR, .aes192CTR, .aes256CTR: false
        }
    }

    var implementation: OpaquePointer? {
        switch self {
        case .chaCha20Poly1305: unsafe EVP_chacha20()
        case .aes128GCM: unsafe EVP_aes_128_gcm()
        case .aes256GCM: unsafe EVP_aes_256_gcm()
        case .aes128CTR: unsafe EVP_aes_128_ctr()
        case .aes192CTR: unsafe EVP_aes_192_ctr()
        case .aes256CTR: unsafe EVP_aes_256_ctr()
        }
    }
}
