import CLibcrypto

/// The ciphers, by wire name (RFC 4253 §6.3, RFC 4344, RFC 5647 as OpenSSH names it, OpenSSH PROTOCOL.chacha20poly1305).
///
/// Those in CBC mode are for old devices, where the user asks for them.
package enum CipherAlgorithm: String, CaseIterable, Sendable {
    case chaCha20Poly1305 = "chacha20-poly1305@openssh.com"
    case aes128GCM = "aes128-gcm@openssh.com"
    case aes256GCM = "aes256-gcm@openssh.com"
    case aes128CTR = "aes128-ctr"
    case aes192CTR = "aes192-ctr"
    case aes256CTR = "aes256-ctr"
    case aes256CBC = "aes256-cbc"
    case aes192CBC = "aes192-cbc"
    case aes128CBC = "aes128-cbc"
    case tripleDESCBC = "3des-cbc"

    package var keyByteCount: Int { parameters.key }
    package var ivByteCount: Int { parameters.iv }

    /// What a packet's length is rounded to.
    package var blockByteCount: Int { parameters.block }

    /// Whether it authenticates too, so that no MAC is negotiated.
    package var isAuthenticated: Bool { protection == .gcm || protection == .chaChaPoly }

    var protection: PacketMode.Protection { parameters.protection }

    private var parameters: (protection: PacketMode.Protection, key: Int, iv: Int, block: Int) {
        switch self {
        case .chaCha20Poly1305: (.chaChaPoly, 64, 0, 8)
        case .aes128GCM: (.gcm, 16, 12, 16)
        case .aes256GCM: (.gcm, 32, 12, 16)
        case .aes128CTR: (.ctr, 16, 16, 16)
        case .aes192CTR: (.ctr, 24, 16, 16)
        case .aes256CTR: (.ctr, 32, 16, 16)
        case .aes256CBC: (.cbc, 32, 16, 16)
        case .aes192CBC: (.cbc, 24, 16, 16)
        case .aes128CBC: (.cbc, 16, 16, 16)
        case .tripleDESCBC: (.cbc, 24, 8, 8)
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
        case .aes256CBC: unsafe EVP_aes_256_cbc()
        case .aes192CBC: unsafe EVP_aes_192_cbc()
        case .aes128CBC: unsafe EVP_aes_128_cbc()
        case .tripleDESCBC: unsafe EVP_des_ede3_cbc()
        }
    }
}
