import NIOCore
import PeerSupport
import SSHCrypto
import SSHWire

/// The ways in which packets are protected, with what their lengths must be.
package enum TestedMode: String, CaseIterable, Sendable {
    case plain
    case aes256GCM = "aes256-gcm@openssh.com"
    case aes128GCM = "aes128-gcm@openssh.com"
    case chaCha20Poly1305 = "chacha20-poly1305@openssh.com"
    case ctrETM = "aes128-ctr, encrypt-then-MAC"
    case ctr = "aes256-ctr, encrypt-and-MAC"

    package static let encrypted = allCases.filter { $0 != .plain }

    package var tagByteCount: Int {
        switch self {
        case .plain: 0
        case .aes256GCM, .aes128GCM, .chaCha20Poly1305: 16
        case .ctrETM, .ctr: 32
        }
    }

    package var block: Int { self == .plain || self == .chaCha20Poly1305 ? 8 : 16 }

    /// Whether the four bytes of the length count towards the blocks.
    package var countsLength: Bool { self == .plain || self == .ctr }

    /// The least length that is allowed.
    package var minimumLength: UInt32 {
        switch self {
        case .plain, .ctr: 12
        case .aes256GCM, .aes128GCM, .ctrETM: 16
        case .chaCha20Poly1305: 8
        }
    }

    /// The greatest length that is allowed.
    package var maximumLength: UInt32 { countsLength ? 262_140 : 262_144 }

    /// The step whose packet is the first of this kind that matters.
    package var step: Step { self == .plain ? .kexReply : .authentication }

    package func prepare(_ configuration: inout PeerConfiguration) {
        // Room for packets that a strict exchange would not allow.
        if self == .plain { configuration.isStrict = false }
        switch self {
        case .plain: break
        case .aes256GCM, .aes128GCM, .chaCha20Poly1305: configuration.cipherNames = [Name(rawValue)]
        case .ctrETM:
            configuration.cipherNames = ["aes128-ctr"]
            configuration.macNames = ["hmac-sha2-256-etm@openssh.com"]
        case .ctr:
            configuration.cipherNames = ["aes256-ctr"]
            configuration.macNames = ["hmac-sha2-256"]
        }
        configuration.makeForge = { try Forge($0, $1, $2) }
    }

    /// A body of the given padding length around an IGNORE, filled up to whole blocks and `byteCount` at least.
    package func body(claiming padding: UInt8, byteCount: Int, filledWith filler: UInt8 = 0) -> [UInt8] {
        let head: [UInt8] = [padding, MessageNumber.ignore.rawValue]
        let outside = countsLength ? 4 : 0
        let total = (max(byteCount, 16) + outside + block - 1) / block * block - outside
        return head + [UInt8](repeating: filler, count: total - head.count)
    }
}
