/// How one direction protects its packets; what follows from it about their shape.
struct PacketMode {
    enum Protection { case none, gcm, chaChaPoly, ctr, cbc }

    let protection: Protection
    let blockByteCount: Int
    let tagByteCount: Int
    /// The length field does not count towards the blocks: AEAD and encrypt-then-MAC.
    let lengthIsOutsideBlocks: Bool

    /// Before NEWKEYS (RFC 4253 §6).
    init() {
        protection = .none
        blockByteCount = 8
        tagByteCount = 0
        lengthIsOutsideBlocks = false
    }

    init(cipher: CipherAlgorithm, mac: MACAlgorithm?) throws(CryptoError) {
        let mac = cipher.isAuthenticated ? nil : mac
        guard cipher.isAuthenticated || mac != nil else { throw .unsupported }
        protection = cipher.protection
        blockByteCount = cipher.blockByteCount
        tagByteCount = mac?.tagByteCount ?? GCMPacket.tagByteCount
        lengthIsOutsideBlocks = mac?.encryptsFirst ?? true
    }

    /// A block cipher hides the length, which must be decrypted before the MAC can be checked.
    var hidesLengthInBlocks: Bool { !lengthIsOutsideBlocks && protection != .none }

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
