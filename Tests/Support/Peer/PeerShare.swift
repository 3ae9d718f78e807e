import SSHCrypto

#if PostQuantum
    import enum Crypto.MLKEM768
#endif

/// A server's half of a key exchange, from the client's share.
struct PeerShare: ~Copyable {
    let publicShare: [UInt8]
    let secret: SharedSecret

    init(publicShare: [UInt8], secret: consuming SharedSecret) {
        self.publicShare = publicShare
        self.secret = secret
    }

    /// Hybrids are encapsulated to; elsewhere both sides do the same.
    static func answer(
        _ algorithm: KeyExchangeAlgorithm, group: FiniteFieldGroup?, to share: [UInt8], keepsZeros: Bool,
        random: inout RandomSource
    ) throws -> PeerShare {
        if algorithm.isPostQuantum { return try encapsulate(algorithm, to: share, random: &random) }
        let key =
            if let group {
                try EphemeralKey(group: group, hash: algorithm.hash, random: &random)
            } else {
                try EphemeralKey(for: algorithm, random: &random)
            }
        let publicShare = key.publicShare
        return PeerShare(publicShare: publicShare, secret: try key.sharedSecret(with: share, keepsZeros: keepsZeros))
    }

    private static func encapsulate(
        _ algorithm: KeyExchangeAlgorithm, to share: [UInt8], random: inout RandomSource
    ) throws -> PeerShare {
        let curve = try EphemeralKey(for: .curve25519SHA256, random: &random)
        let curveShare = curve.publicShare
        switch algorithm {
        #if PostQuantum
            case .mlkem768X25519SHA256:
                let result = try MLKEM768.PublicKey(rawRepresentation: share.prefix(1184)).encapsulate()
                let secret = try hybrid(
                    result.sharedSecret.withUnsafeBytes { Array($0) }, curve, Array(share.dropFirst(1184)), .sha256)
                return PeerShare(publicShare: Array(result.encapsulated) + curveShare, secret: secret)
        #endif
        case .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH:
            var encapsulated = SecretBytes(count: 0)
            let ciphertext = try SNTRUP761.encapsulate(
                to: Array(share.prefix(1158)), random: &random, secret: &encapsulated)
            let kem = encapsulated.withUnsafeBytes { bytes in Array(bytes) }
            let secret = try hybrid(kem, curve, Array(share.dropFirst(1158)), .sha512)
            return PeerShare(publicShare: ciphertext + curveShare, secret: secret)
        default: throw PeerError.noExchange
        }
    }

    private static func hybrid(
        _ secret: [UInt8], _ curve: consuming EphemeralKey, _ share: [UInt8], _ hash: HashAlgorithm
    ) throws -> SharedSecret {
        let shared = try curve.sharedSecret(with: share, keepsZeros: true)
        return try SharedSecret(hybrid: SecretBytes(copying: secret), magnitude(of: shared.encoded), hash: hash)
    }

    /// X25519's 32 bytes again, out of the mpint that kept its zeros.
    private static func magnitude(of encoded: borrowing SecretBytes) -> SecretBytes {
        encoded.withUnsafeBytes { SecretBytes(copying: $0.suffix(32)) }
    }
}
