import CLibcrypto

/// One use of X448 (RFC 7748 §5, RFC 8731 §3).
@safe struct X448: ~Copyable {
    static let byteCount = 56

    let publicShare: [UInt8]
    private let key: OpaquePointer

    init(random: inout RandomSource) throws(CryptoError) {
        try self.init(scalar: random.secret(count: Self.byteCount))
    }

    init(scalar: consuming SecretBytes) throws(CryptoError) {
        let key = unsafe scalar.withUnsafeBytes { scalar in
            unsafe EVP_PKEY_new_raw_private_key(
                EVP_PKEY_X448, nil, scalar.bindMemory(to: UInt8.self).baseAddress, scalar.count)
        }
        guard let key = unsafe key else { throw Libcrypto.failure("EVP_PKEY_new_raw_private_key") }
        var share = [UInt8](repeating: 0, count: Self.byteCount)
        var count = share.count
        guard unsafe EVP_PKEY_get_raw_public_key(key, &share, &count) == 1, count == Self.byteCount else {
            unsafe EVP_PKEY_free(key)
            throw Libcrypto.failure("EVP_PKEY_get_raw_public_key")
        }
        publicShare = share
        unsafe self.key = key
    }

    deinit {
        unsafe EVP_PKEY_free(key)
    }

    /// A share of another length, or one that makes the result zero, is refused (RFC 8731 §3).
    func agree(with peerShare: [UInt8]) throws(CryptoError) -> SecretBytes {
        defer { ERR_clear_error() }
        guard peerShare.count == Self.byteCount,
            let peer = unsafe EVP_PKEY_new_raw_public_key(EVP_PKEY_X448, nil, peerShare, peerShare.count)
        else { throw .invalidShare }
        defer { unsafe EVP_PKEY_free(peer) }
        guard let context = unsafe EVP_PKEY_CTX_new(key, nil) else { throw Libcrypto.failure("EVP_PKEY_CTX_new") }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var product = SecretBytes(count: Self.byteCount)
        var count = product.count
        let isGood = unsafe product.withUnsafeMutableBytes { bytes in
            unsafe EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, peer) == 1
                && EVP_PKEY_derive(context, bytes.bindMemory(to: UInt8.self).baseAddress, &count) == 1
        }
        guard isGood, count == Self.byteCount, !product.isZero else { throw .invalidShare }
        return product
    }
}
