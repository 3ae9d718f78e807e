import CSodium

/// One use of X25519 (RFC 7748 §5).
struct X25519: ~Copyable {
    static let byteCount = 32

    let publicShare: [UInt8]
    private let scalar: SecretBytes

    init(random: inout RandomSource) throws(CryptoError) {
        try self.init(scalar: random.secret(count: Self.byteCount))
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
    consuming func agree(with peerShare: [UInt8]) throws(CryptoError) -> SecretBytes {
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
        return product
    }
}
