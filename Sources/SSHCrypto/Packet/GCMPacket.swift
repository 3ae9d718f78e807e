/// AES-GCM packets (RFC 5647 with OpenSSH's names): the length is additional data, the nonce counts packets.
struct GCMPacket: ~Copyable {
    static let tagByteCount = 16

    private let cipher: CipherContext
    private var nonce: GCMNonce

    /// Not in use.
    init() {
        cipher = CipherContext()
        nonce = GCMNonce(fixed: 0, firstInvocation: 0)
    }

    init(_ algorithm: CipherAlgorithm, keys: borrowing DirectionKeys, encrypts: Bool) throws(CryptoError) {
        cipher = try keys.makeCipher(algorithm, encrypts: encrypts, setsNonce: false)
        nonce = unsafe keys.initialVector.withUnsafeBytes { iv in
            unsafe GCMNonce(
                fixed: UInt32(bigEndian: iv.loadUnaligned(as: UInt32.self)),
                firstInvocation: UInt64(bigEndian: iv.loadUnaligned(fromByteOffset: 4, as: UInt64.self)))
        }
    }

    /// Opens a packet: 4 bytes of length, `bodyByteCount` of ciphertext, the tag.
    mutating func open(
        _ packet: UnsafePointer<UInt8>, bodyByteCount: Int, into plaintext: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try begin()
        try unsafe cipher.update(packet, count: 4, into: nil)
        try unsafe cipher.update(packet + 4, count: bodyByteCount, into: plaintext)
        try unsafe cipher.finish(verifying: packet + 4 + bodyByteCount, count: Int32(Self.tagByteCount))
    }

    /// Seals in place; there is room for the tag behind the body.
    mutating func seal(_ packet: UnsafeMutablePointer<UInt8>, bodyByteCount: Int) throws(CryptoError) {
        try begin()
        try unsafe cipher.update(packet, count: 4, into: nil)
        try unsafe cipher.update(packet + 4, count: bodyByteCount, into: packet + 4)
        try unsafe cipher.finish(tag: packet + 4 + bodyByteCount, count: Int32(Self.tagByteCount))
    }

    private mutating func begin() throws(CryptoError) {
        let (invocation, fixed) = (try nonce.next(), nonce.fixed)
        let words = (
            fixed.bigEndian, UInt32(truncatingIfNeeded: invocation >> 32).bigEndian,
            UInt32(truncatingIfNeeded: invocation).bigEndian
        )
        try unsafe withUnsafeBytes(of: words) { (bytes) throws(CryptoError) in
            guard let nonce = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            try unsafe cipher.begin(nonce: nonce)
        }
    }
}

/// The nonces of one set of keys: a fixed field, and a 64-bit counter that starts anywhere, wraps to zero, and is refused
/// before it comes round to where it began (RFC 5647 §7.1).
struct GCMNonce {
    let fixed: UInt32
    private let last: UInt64
    private var counter: UInt64
    private var isSpent = false

    init(fixed: UInt32, firstInvocation: UInt64, lastInvocation: UInt64? = nil) {
        self.fixed = fixed
        counter = firstInvocation
        last = lastInvocation ?? (firstInvocation &- 1)
    }

    mutating func next() throws(CryptoError) -> UInt64 {
        guard !isSpent else { throw .failed(operation: "a nonce: this key has no more") }
        defer {
            isSpent = counter == last
            counter &+= 1
        }
        return counter
    }
}
