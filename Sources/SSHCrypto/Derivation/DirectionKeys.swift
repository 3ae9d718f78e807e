/// The keys of one direction (RFC 4253 §7.2).
///
/// `macKey` is empty where the cipher authenticates.
package struct DirectionKeys: ~Copyable {
    package let initialVector: SecretBytes
    package let encryptionKey: SecretBytes
    package let macKey: SecretBytes

    package init(
        initialVector: consuming SecretBytes, encryptionKey: consuming SecretBytes, macKey: consuming SecretBytes
    ) {
        self.initialVector = initialVector
        self.encryptionKey = encryptionKey
        self.macKey = macKey
    }

    /// A cipher keyed with the encryption key, from `keyOffset` on; all lengths are checked first.
    borrowing func makeCipher(
        _ algorithm: CipherAlgorithm, encrypts: Bool, setsNonce: Bool, keyOffset: Int = 0
    ) throws(CryptoError) -> CipherContext {
        guard encryptionKey.count == algorithm.keyByteCount, initialVector.count == algorithm.ivByteCount else {
            throw .failed(operation: "a key's length")
        }
        return try unsafe encryptionKey.withUnsafeBytes { (key) throws(CryptoError) -> CipherContext in
            try unsafe initialVector.withUnsafeBytes { (iv) throws(CryptoError) -> CipherContext in
                guard let key = unsafe key.bindMemory(to: UInt8.self).baseAddress else {
                    throw .failed(operation: "a key")
                }
                let nonce = unsafe setsNonce ? iv.bindMemory(to: UInt8.self).baseAddress : nil
                return try unsafe CipherContext(
                    algorithm.implementation, key: key + keyOffset, nonce: nonce, encrypts: encrypts)
            }
        }
    }
}
