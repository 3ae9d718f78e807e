/// Packets of a block cipher, in CTR or CBC mode, with an HMAC (RFC 4253 §6.3, RFC 4344 §4, RFC 6668).
///
/// The counter, or the chain of blocks, runs on from packet to packet for the life of the keys.
///
/// Encrypt-then-MAC leaves the length in the clear. Otherwise the first block must be decrypted, unauthenticated, to learn
/// the length; it is kept until the packet is opened, because the cipher cannot go back.
struct BlockPacket: ~Copyable {
    let tagByteCount: Int
    let encryptsFirst: Bool
    private let cipher: CipherContext
    private let authenticator: Authenticator
    private var firstBlock: SecretBytes
    private var holdsFirstBlock = false

    /// Not in use.
    init() {
        tagByteCount = 0
        encryptsFirst = true
        cipher = CipherContext()
        authenticator = Authenticator()
        firstBlock = SecretBytes(count: 0)
    }

    init(
        _ algorithm: CipherAlgorithm, mac: MACAlgorithm, keys: borrowing DirectionKeys, encrypts: Bool
    ) throws(CryptoError) {
        guard keys.macKey.count == mac.keyByteCount else { throw .failed(operation: "a MAC key's length") }
        let cipher = try keys.makeCipher(algorithm, encrypts: encrypts, setsNonce: true)
        let authenticator = try Authenticator(hmac: mac.hash, key: keys.macKey)
        self.cipher = cipher
        self.authenticator = authenticator
        tagByteCount = mac.tagByteCount
        encryptsFirst = mac.encryptsFirst
        firstBlock = SecretBytes(count: algorithm.blockByteCount)
    }

    /// The length at the head of an encrypt-and-MAC packet, whose first block is at `packet`.
    ///
    /// Asking again is harmless.
    mutating func packetLength(_ packet: UnsafePointer<UInt8>) throws(CryptoError) -> UInt32 {
        if !holdsFirstBlock { try unsafe decryptFirstBlock(packet) }
        return unsafe firstBlock.withUnsafeBytes { unsafe UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    /// Opens a packet: 4 bytes of length, `bodyByteCount` of ciphertext, the MAC.
    mutating func open(
        _ packet: UnsafePointer<UInt8>, bodyByteCount: Int, sequence: UInt32,
        into plaintext: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard encryptsFirst else {
            return try unsafe openThenVerify(packet, bodyByteCount: bodyByteCount, sequence: sequence, into: plaintext)
        }
        try authenticate(sequence)
        try unsafe authenticator.update(packet, count: 4 + bodyByteCount)
        try unsafe authenticator.verify(packet + 4 + bodyByteCount, count: tagByteCount)
        try unsafe cipher.update(packet + 4, count: bodyByteCount, into: plaintext)
    }

    /// Seals in place; there is room for the MAC behind the body.
    mutating func seal(
        _ packet: UnsafeMutablePointer<UInt8>, bodyByteCount: Int, sequence: UInt32
    ) throws(CryptoError) {
        if encryptsFirst { try unsafe cipher.update(packet + 4, count: bodyByteCount, into: packet + 4) }
        try authenticate(sequence)
        try unsafe authenticator.update(packet, count: 4 + bodyByteCount)
        try unsafe authenticator.finish(packet + 4 + bodyByteCount, count: tagByteCount)
        if !encryptsFirst { try unsafe cipher.update(packet, count: 4 + bodyByteCount, into: packet) }
    }

    private mutating func openThenVerify(
        _ packet: UnsafePointer<UInt8>, bodyByteCount: Int, sequence: UInt32,
        into plaintext: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        let blockByteCount = firstBlock.count
        let restByteCount = bodyByteCount - (blockByteCount - 4)
        guard holdsFirstBlock, restByteCount >= 0 else { throw .failed(operation: "opening before its length") }
        holdsFirstBlock = false
        try authenticate(sequence)
        try unsafe firstBlock.withUnsafeBytes { (block) throws(CryptoError) in
            guard let base = unsafe block.bindMemory(to: UInt8.self).baseAddress else { return }
            unsafe plaintext.update(from: base + 4, count: block.count - 4)
            try unsafe authenticator.update(base, count: 4)
        }
        let done = blockByteCount - 4
        try unsafe cipher.update(packet + blockByteCount, count: restByteCount, into: plaintext + done)
        try unsafe authenticator.update(plaintext, count: bodyByteCount)
        try unsafe authenticator.verify(packet + 4 + bodyByteCount, count: tagByteCount)
    }

    private mutating func decryptFirstBlock(_ packet: UnsafePointer<UInt8>) throws(CryptoError) {
        try unsafe firstBlock.withUnsafeMutableBytes { (block) throws(CryptoError) in
            guard let base = unsafe block.bindMemory(to: UInt8.self).baseAddress else { return }
            try unsafe cipher.update(packet, count: block.count, into: base)
        }
        holdsFirstBlock = true
    }

    private func authenticate(_ sequence: UInt32) throws(CryptoError) {
        try authenticator.start()
        try authenticator.update(sequence)
    }
}
