package enum PacketDirection: Sendable {
    case clientToServer
    case serverToClient
}

/// Turns the shared secret and what both sides hashed into keys (RFC 4253 §7.2).
package struct SessionKeys {
    private let exchangeHash: [UInt8]
    private let sessionID: [UInt8]
    private let hash: HashAlgorithm

    package init(exchangeHash: [UInt8], sessionID: [UInt8], hash: HashAlgorithm) {
        self.exchangeHash = exchangeHash
        self.sessionID = sessionID
        self.hash = hash
    }

    /// The keys of one direction; a cipher that authenticates gets no MAC key.
    package func derive(
        _ direction: PacketDirection, cipher: CipherAlgorithm, mac: MACAlgorithm?, secret: borrowing SharedSecret
    ) throws(CryptoError) -> DirectionKeys {
        let letters: (UInt8, UInt8, UInt8) =
            switch direction {
            case .clientToServer: (UInt8(ascii: "A"), UInt8(ascii: "C"), UInt8(ascii: "E"))
            case .serverToClient: (UInt8(ascii: "B"), UInt8(ascii: "D"), UInt8(ascii: "F"))
            }
        let macByteCount = cipher.isAuthenticated ? 0 : mac?.keyByteCount ?? 0
        return DirectionKeys(
            initialVector: try key(letters.0, byteCount: cipher.ivByteCount, secret: secret),
            encryptionKey: try key(letters.1, byteCount: cipher.keyByteCount, secret: secret),
            macKey: try key(letters.2, byteCount: macByteCount, secret: secret))
    }

    /// K1 = HASH(K ‖ H ‖ letter ‖ session id), then Kn = HASH(K ‖ H ‖ K1 ‖ … ‖ Kn-1) until there is enough.
    private func key(
        _ letter: UInt8, byteCount: Int, secret: borrowing SharedSecret
    ) throws(CryptoError) -> SecretBytes {
        let step = hash.byteCount
        let stepCount = (byteCount + step - 1) / step
        var material = SecretBytes(count: stepCount * step)
        for index in 0..<stepCount {
            var digest = try Digest(hash)
            try digest.update(secret.encoded)
            try digest.update(exchangeHash)
            if index == 0 {
                try digest.update([letter] + sessionID)
            } else {
                try digest.update(material.prefix(index * step))
            }
            try digest.finalize(into: &material, at: index * step)
        }
        return material.prefix(byteCount)
    }
}
