import CLibcrypto

/// HMAC-SHA1 under one short key after another (RFC 2104).
///
/// For finding a name among a hundred thousand salted hashes: libcrypto takes eight times as long to give its own HMAC a
/// new key as it takes for the four blocks that are hashed here.
@safe package struct RekeyedHMAC: ~Copyable {
    private static let blockByteCount = 64

    private let context: OpaquePointer

    package init() throws(CryptoError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw Libcrypto.failure("EVP_MD_CTX_new") }
        guard unsafe EVP_DigestInit_ex(context, HashAlgorithm.sha1.implementation, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw Libcrypto.failure("EVP_DigestInit_ex")
        }
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// The key may have 64 bytes at most.
    package func code(key: [UInt8], over message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard key.count <= Self.blockByteCount else { throw .failed(operation: "a long HMAC key") }
        let inner = try hash(key, pad: 0x36, message)
        return try hash(key, pad: 0x5C, inner)
    }

    private func hash(_ key: [UInt8], pad: UInt8, _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        var block = [UInt8](repeating: pad, count: Self.blockByteCount)
        for index in key.indices { block[index] ^= key[index] }
        var digest = [UInt8](repeating: 0, count: HashAlgorithm.sha1.byteCount)
        // Without an algorithm libcrypto begins anew with the one at hand.
        try Libcrypto.require(unsafe EVP_DigestInit_ex(context, nil, nil), "EVP_DigestInit_ex")
        try Libcrypto.require(unsafe EVP_DigestUpdate(context, block, block.count), "EVP_DigestUpdate")
        try Libcrypto.require(unsafe EVP_DigestUpdate(context, message, message.count), "EVP_DigestUpdate")
        try Libcrypto.require(unsafe EVP_DigestFinal_ex(context, &digest, nil), "EVP_DigestFinal_ex")
        return digest
    }
}
