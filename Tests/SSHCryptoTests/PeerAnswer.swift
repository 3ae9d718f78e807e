@testable import SSHCrypto

#if PostQuantum
    import enum Crypto.MLKEM768
#endif

/// What a server answers to our share, and the K that it computes.
struct PeerAnswer {
    let share: [UInt8]
    /// With its length field.
    let secret: [UInt8]

    init(share: [UInt8], secret: [UInt8]) {
        self.share = share
        self.secret = secret
    }

    init(_ algorithm: KeyExchangeAlgorithm, to key: borrowing EphemeralKey, random: inout RandomSource) throws {
        let clientShare = key.publicShare
        switch algorithm.method {
        case .sntrup761:
            var kem = SecretBytes(count: 0)
            let ciphertext = try SNTRUP761.encapsulate(
                to: Array(clientShare.prefix(1158)), random: &random, secret: &kem)
            try self.init(ciphertext, kem.exposed(), curveShare: clientShare.dropFirst(1158), .sha512, &random)
        case .mlkem768:
            #if PostQuantum
                let result = try MLKEM768.PublicKey(rawRepresentation: clientShare.prefix(1184)).encapsulate()
                let kem = result.sharedSecret.withUnsafeBytes { Array($0) }
                try self.init(
                    Array(result.encapsulated), kem, curveShare: clientShare.dropFirst(1184), .sha256, &random)
            #else
                throw CryptoError.unsupported
            #endif
        default:
            let own = try EphemeralKey(for: algorithm, random: &random)
            let share = own.publicShare
            self.init(share: share, secret: try own.sharedSecret(with: clientShare).encoded.exposed())
        }
    }

    /// Both secrets, hashed in a row, are a hybrid's K: a string (RFC 10042 §2.4).
    private init(
        _ ciphertext: [UInt8], _ kem: [UInt8], curveShare: ArraySlice<UInt8>, _ hash: HashAlgorithm,
        _ random: inout RandomSource
    ) throws {
        let curve = try X25519(random: &random)
        let share = ciphertext + curve.publicShare
        let both = try kem + curve.agree(with: Array(curveShare)).exposed()
        self.init(share: share, secret: [0, 0, 0, UInt8(hash.byteCount)] + (try Digest.hash(hash, both)))
    }
}
