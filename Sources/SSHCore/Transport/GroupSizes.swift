import SSHCrypto
import SSHWire

/// How large a prime to ask of a server (RFC 4419 §3).
enum GroupSizes {
    /// No smaller prime is accepted, whatever a server offers.
    private static let minimum: UInt32 = 2048
    private static let maximum: UInt32 = 8192

    /// By the strength of the stronger cipher, as NIST SP 800-57 has it, and no more than the server can work with.
    static func request(for algorithms: NegotiatedAlgorithms, quirks: Quirks) -> KexDHGexRequest {
        let strength = max(algorithms.cipherClientToServer.strength, algorithms.cipherServerToClient.strength)
        let preferred: UInt32 =
            switch strength {
            case ...112: 2048
            case ...128: 3072
            case ...192: 7680
            default: 8192
            }
        let maximum = quirks.contains(.groupsUpTo4096) ? 4096 : Self.maximum
        return KexDHGexRequest(minimum: minimum, preferred: min(preferred, maximum), maximum: maximum)
    }
}

extension CipherAlgorithm {
    /// In bits.
    fileprivate var strength: Int {
        switch self {
        case .chaCha20Poly1305: 256
        case .tripleDESCBC: 112
        default: keyByteCount * 8
        }
    }
}
