#if PostQuantum
    import Crypto

    /// One use of ML-KEM-768 (FIPS 203), by swift-crypto.
    struct MLKEM768Key: ~Copyable {
        static let ciphertextByteCount = 1088
        private static let seedByteCount = 64

        let publicShare: [UInt8]
        private let key: MLKEM768.PrivateKey

        init(random: inout RandomSource) throws(CryptoError) {
            try self.init(seed: random.secret(count: Self.seedByteCount))
        }

        init(seed: consuming SecretBytes) throws(CryptoError) {
            do {
                key = try unsafe seed.withUnsafeBytes {
                    try unsafe MLKEM768.PrivateKey(seedRepresentation: $0, publicKey: nil)
                }
                publicShare = Array(key.publicKey.rawRepresentation)
            } catch {
                throw .failed(operation: "ML-KEM key generation")
            }
        }

        /// A ciphertext that was tampered with gives another secret, not an error (FIPS 203 §6.3).
        func decapsulate(_ ciphertext: [UInt8]) throws(CryptoError) -> SecretBytes {
            guard ciphertext.count == Self.ciphertextByteCount, let secret = try? key.decapsulate(ciphertext) else {
                throw .invalidShare
            }
            var bytes = SecretBytes(count: secret.bitCount / 8)
            unsafe secret.withUnsafeBytes { source in
                unsafe bytes.withUnsafeMutableBytes { unsafe $0.copyMemory(from: source) }
            }
            return bytes
        }
    }
#endif
