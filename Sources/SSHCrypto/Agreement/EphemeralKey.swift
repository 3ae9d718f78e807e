import CSodium

/// Our half of one key exchange, used once: X25519 (RFC 7748, RFC 8731).
package struct EphemeralKey: ~Copyable {
    private static let byteCount = 32

    package let publicShare: [UInt8]
    private let scalar: SecretBytes

    package init(for algorithm: KeyExchangeAlgorithm, random: inout RandomSource) throws(CryptoError) {
        switch algorithm {
        case .curve25519SHA256, .curve25519SHA256LibSSH: try self.init(scalar: random.secret(count: Self.byteCount))
        }
    }

    init(scalar: consuming SecretBytes) throws(CryptoError) {
        guard scalar.count == Self.byteCount else { throw .invalidKey }
        var share = [UInt8](repeating: 0, count: Self.byteCount)
        let result = unsafe scalar.withUnsafeBytes { scalar in
            guard let scalar = unsafe scalar.bindMemory(to: UInt8.self).baseAddress else { return Int32(-1) }
            return unsafe crypto_scalarmult_curve25519_base(&share, scalar)
        }
        guard result == 0 else { throw .failed(operation: "crypto_scalarmult_curve25519_base") }
        publicShare = share
        self.scalar = scalar
    }

    /// A share of another length, or one that makes the result zero whatever our scalar is, is refused (RFC 8731 §3).
    package consuming func sharedSecret(with peerShare: [UInt8]) throws(CryptoError) -> SharedSecret {
        guard peerShare.count == Self.byteCount else { throw .invalidShare }
        var product = SecretBytes(count: Self.byteCount)
        let isGood = unsafe scalar.withUnsafeBytes { scalar in
            unsafe product.withUnsafeMutableBytes { product in
                guard let scalar = unsafe scalar.bindMemory(to: UInt8.self).baseAddress,
                    let product = unsafe product.bindMemory(to: UInt8.self).baseAddress
                else { return false }
                return unsafe crypto_scalarmult_curve25519(product, scalar, peerShare) == 0
                    && sodium_is_zero(product, Self.byteCount) == 0
            }
        }
        guard isGood else { throw .invalidShare }
        return SharedSecret(magnitude: product)
    }
}
