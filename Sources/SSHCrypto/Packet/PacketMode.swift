/// How one direction protects its packets; what follows from it about their shape.
struct PacketMode {
    enum Protection { case none, gcm, chaChaPoly, ctr }

    let protection: Protection
    let blockByteCount: Int
    let tagByteCount: Int
    /// The length field does not count towards the blocks: AEAD and encrypt-then-MAC.
    let lengthIsOutsideBlocks: Bool

    /// Before NEWKEYS (RFC 4253 §6).
    static var plain: PacketMode {
        PacketMode(protection: .none, blockByteCount: 8, tagByteCount: 0, lengthIsOutsideBlocks: false)
    }

    init(cipher: CipherAlgorithm, mac: MACAlgorithm?) throws(CryptoError) {
        let blockByteCount = cipher.blockByteCount
        switch cipher {
        case .aes128GCM, .aes256GCM:
            self.init(
                protection: .gcm, blockByteCount: blockByteCount, tagByteCount: GCMPacket.tagByteCount,
                lengthIsOutsideBlocks: true)
        case .chaCha20Poly1305:
            self.init(
                protection: .chaChaPoly, blockByteCount: blockByteCount, tagByteCount: ChaChaPolyPacket.tagByteCount,
                lengthIsOutsideBlocks: true)
        case .aes128CTR, .aes192CTR, .aes256CTR:
            guard let mac else { throw .unsupported }
            self.init(
                protection: .ctr, blockByteCount: blockByteCount, tagByteCount: mac.tagByteCount,
                lengthIsOutsideBlocks: mac.encryptsFirst)
        }
    }

    private init(protection: Protection, blockByteCount: Int, tagByteCount: Int, lengthIsOutsideBlocks: Bool) {
        self.protection = protection
        self.blockByteCount = blockByteCount
        self.tagByteCount = tagByteCount
        self.lengthIsOutsideBlocks = lengthIsOutsideBlocks
    }

    /// How much padding a payload gets: at least four bytes, to a whole number of blocks, and further to a multiple of
    /// `granularity` as far as the one byte that counts the padding allows (RFC 4253 §6).
    func paddingByteCount(payloadByteCount: Int, granularity: Int) -> Int {
        let block = blockByteCount
        let unpadded = (lengthIsOutsideBlocks ? 1 : 5) + payloadByteCount
        let step = granularity > block ? (granularity + block - 1) / block * block : block
        let excess = (unpadded + 4) % step
        let padding = excess == 0 ? 4 : 4 + step - excess
        guard padding > 255 else { return padding }
        return padding - (padding - 255 + block - 1) / block * block
    }
}
