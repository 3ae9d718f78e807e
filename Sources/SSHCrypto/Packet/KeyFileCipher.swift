import CSodium

/// The encryption of a private key's file: a packet cipher, used once over the whole (OpenSSH PROTOCOL.key).
package struct KeyFileCipher {
    package let algorithm: CipherAlgorithm

    package init(_ algorithm: CipherAlgorithm) {
        self.algorithm = algorithm
    }

    /// What is taken of the stretched passphrase: the key, then the initial vector.
    package var keyByteCount: Int { algorithm.keyByteCount + algorithm.ivByteCount }

    /// What stands behind the encrypted part.
    package var tagByteCount: Int { algorithm.isAuthenticated ? 16 : 0 }

    package var blockByteCount: Int { algorithm.blockByteCount }

    /// `authenticationFailed` where a tag is wrong; without a tag a wrong key gives other bytes.
    package func decrypt(
        _ bytes: borrowing SecretBytes, tag: [UInt8], key: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        guard tag.count == tagByteCount, key.count == keyByteCount, bytes.count > 0,
            bytes.count.isMultiple(of: blockByteCount)
        else { throw .failed(operation: "a key file's encryption") }
        var plain = SecretBytes(count: bytes.count)
        try unsafe key.withUnsafeBytes { (key) throws(CryptoError) in
            try unsafe bytes.withUnsafeBytes { (source) throws(CryptoError) in
                try unsafe plain.withUnsafeMutableBytes { (target) throws(CryptoError) in
                    guard let key = unsafe key.bindMemory(to: UInt8.self).baseAddress,
                        let input = unsafe source.bindMemory(to: UInt8.self).baseAddress,
                        let output = unsafe target.bindMemory(to: UInt8.self).baseAddress
                    else { throw .failed(operation: "a key file's encryption") }
                    guard algorithm != .chaCha20Poly1305 else {
                        return try unsafe Self.openChaCha(input, count: source.count, tag: tag, key: key, into: output)
                    }
                    let context = try unsafe CipherContext(
                        algorithm.implementation, key: key, nonce: key + algorithm.keyByteCount, encrypts: false)
                    try unsafe context.update(input, count: source.count, into: output)
                    if algorithm.isAuthenticated { try unsafe context.finish(verifying: tag, count: 16) }
                }
            }
        }
        return plain
    }

    /// The first half of the key, the sequence number 0, and no length in front (OpenSSH PROTOCOL.chacha20poly1305).
    private static func openChaCha(
        _ input: UnsafePointer<UInt8>, count: Int, tag: [UInt8], key: UnsafePointer<UInt8>,
        into output: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let nonce = [UInt8](repeating: 0, count: 8)
        var once = SecretBytes(count: 64)
        let isGood = unsafe once.withUnsafeMutableBytes { once in
            guard let once = unsafe once.bindMemory(to: UInt8.self).baseAddress else { return false }
            return unsafe crypto_stream_chacha20(once, 64, nonce, key) == 0
                && crypto_onetimeauth_verify(tag, input, UInt64(count), once) == 0
        }
        guard isGood else { throw .authenticationFailed }
        guard unsafe crypto_stream_chacha20_xor_ic(output, input, UInt64(count), nonce, 1, key) == 0 else {
            throw .failed(operation: "crypto_stream_chacha20_xor_ic")
        }
    }
}
