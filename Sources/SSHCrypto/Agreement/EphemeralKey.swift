/// Our half of one key exchange, used once.
package struct EphemeralKey: ~Copyable {
    // Not private: an optimized build of another module then misses its metadata when it is linked (Swift 6.3.1).
    enum Part: ~Copyable {
        case x25519(X25519)
        case x448(X448)
        case ecdh(ECDHKey)
        case finiteField(FiniteFieldKey)
        case sntrup761(SNTRUP761, X25519)
        #if PostQuantum
            case mlkem768(MLKEM768Key, X25519)
        #endif
    }

    /// What travels: a point, a number without its length field, or a hybrid's two shares in a row.
    package let publicShare: [UInt8]
    private let part: Part
    private let hash: HashAlgorithm

    /// Group exchange has no key before the server has chosen: see `init(group:hash:random:)`.
    package init(for algorithm: KeyExchangeAlgorithm, random: inout RandomSource) throws(CryptoError) {
        hash = algorithm.hash
        switch algorithm.method {
        case .x25519:
            let key = try X25519(random: &random)
            publicShare = key.publicShare
            part = .x25519(key)
        case .x448:
            let key = try X448(random: &random)
            publicShare = key.publicShare
            part = .x448(key)
        case .ecdh(let curve):
            let key = try ECDHKey(curve, random: &random)
            publicShare = key.publicShare
            part = .ecdh(key)
        case .finiteField(let name):
            let key = try FiniteFieldKey(FiniteFieldGroup(name), random: &random)
            publicShare = key.publicShare
            part = .finiteField(key)
        case .sntrup761:
            let kem = SNTRUP761(random: &random)
            let curve = try X25519(random: &random)
            publicShare = kem.publicKey + curve.publicShare
            part = .sntrup761(kem, curve)
        case .groupExchange:
            throw .unsupported
        case .mlkem768:
            #if PostQuantum
                let kem = try MLKEM768Key(random: &random)
                let curve = try X25519(random: &random)
                publicShare = kem.publicShare + curve.publicShare
                part = .mlkem768(kem, curve)
            #else
                throw .unsupported
            #endif
        }
    }

    package init(
        group: FiniteFieldGroup, hash: HashAlgorithm, random: inout RandomSource
    ) throws(CryptoError) {
        let key = try FiniteFieldKey(group, random: &random)
        publicShare = key.publicShare
        part = .finiteField(key)
        self.hash = hash
    }

    /// K from the server's share; one of the wrong length, or that proves to be no share at all, is refused.
    ///
    /// With `keepsZeros`, X25519's K keeps the zero bytes in front that an mpint may not have.
    package consuming func sharedSecret(
        with peerShare: [UInt8], keepsZeros: Bool = false
    ) throws(CryptoError) -> SharedSecret {
        let hash = hash
        switch consume part {
        case .x25519(let key):
            return SharedSecret(magnitude: try key.agree(with: peerShare), keepsZeros: keepsZeros)
        case .x448(let key): return SharedSecret(magnitude: try key.agree(with: peerShare))
        case .ecdh(let key): return SharedSecret(magnitude: try key.agree(with: peerShare))
        case .finiteField(let key): return SharedSecret(magnitude: try key.agree(with: peerShare))
        case .sntrup761(let kem, let curve):
            let (ciphertext, share) = try Self.split(peerShare, at: SNTRUP761.ciphertextByteCount)
            return try SharedSecret(hybrid: kem.decapsulate(ciphertext), curve.agree(with: share), hash: hash)
        #if PostQuantum
            case .mlkem768(let kem, let curve):
                let (ciphertext, share) = try Self.split(peerShare, at: MLKEM768Key.ciphertextByteCount)
                return try SharedSecret(
                    hybrid: kem.decapsulate(ciphertext), curve.agree(with: share), hash: hash)
        #endif
        }
    }

    private static func split(_ share: [UInt8], at count: Int) throws(CryptoError) -> ([UInt8], [UInt8]) {
        guard share.count == count + X25519.byteCount else { throw .invalidShare }
        return (Array(share.prefix(count)), Array(share.dropFirst(count)))
    }
}
