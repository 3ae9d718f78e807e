import CLibcrypto

/// OpenSSH's ChaCha20-Poly1305 packets (PROTOCOL.chacha20poly1305): one key hides the length, the other the rest; the
/// nonce is the sequence number.
///
/// Block 0 of the second key's stream is the Poly1305 key, the body starts at block 1.
struct ChaChaPolyPacket: ~Copyable {
    static let tagByteCount = 16
    private static let blockByteCount = 64
    private static let polyKeyByteCount = 32

    private let body: CipherContext
    private let length: CipherContext
    private let authenticator: Authenticator
    private var block: SecretBytes

    /// Not in use.
    init() {
        body = CipherContext()
        length = CipherContext()
        authenticator = Authenticator()
        block = SecretBytes(count: 0)
    }

    init(keys: borrowing DirectionKeys, encrypts: Bool) throws(CryptoError) {
        let body = try keys.makeCipher(.chaCha20Poly1305, encrypts: encrypts, setsNonce: false)
        let length = try keys.makeCipher(.chaCha20Poly1305, encrypts: encrypts, setsNonce: false, keyOffset: 32)
        let authenticator = try Authenticator.poly1305()
        self.body = body
        self.length = length
        self.authenticator = authenticator
        block = SecretBytes(count: Self.blockByteCount)
    }

    /// The length field, decrypted but not yet authenticated.
    func packetLength(_ field: UInt32, sequence: UInt32) throws(CryptoError) -> UInt32 {
        var field = field
        try Self.begin(length, sequence: sequence)
        try unsafe withUnsafeMutableBytes(of: &field) { (bytes) throws(CryptoError) in
            guard let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            try unsafe length.update(base, count: 4, into: base)
        }
        return UInt32(bigEndian: field)
    }

    /// Opens a packet: 4 bytes of encrypted length, `bodyByteCount` of ciphertext, the tag.
    ///
    /// The tag is judged first.
    mutating func open(
        _ packet: UnsafePointer<UInt8>, bodyByteCount: Int, sequence: UInt32,
        into plaintext: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        try begin(sequence: sequence)
        try unsafe authenticator.update(packet, count: 4 + bodyByteCount)
        try unsafe authenticator.verify(packet + 4 + bodyByteCount, count: Self.tagByteCount)
        try unsafe body.update(packet + 4, count: bodyByteCount, into: plaintext)
    }

    /// Seals in place; there is room for the tag behind the body.
    mutating func seal(
        _ packet: UnsafeMutablePointer<UInt8>, bodyByteCount: Int, sequence: UInt32
    ) throws(CryptoError) {
        try Self.begin(length, sequence: sequence)
        try unsafe length.update(packet, count: 4, into: packet)
        try begin(sequence: sequence)
        try unsafe body.update(packet + 4, count: bodyByteCount, into: packet + 4)
        try unsafe authenticator.update(packet, count: 4 + bodyByteCount)
        try unsafe authenticator.finish(packet + 4 + bodyByteCount, count: Self.tagByteCount)
    }

    /// Spends block 0 on the Poly1305 key, which leaves the cipher at block 1.
    private mutating func begin(sequence: UInt32) throws(CryptoError) {
        try Self.begin(body, sequence: sequence)
        try unsafe block.withUnsafeMutableBytes { (bytes) throws(CryptoError) in
            unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
            guard let key = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            try unsafe body.update(key, count: Self.blockByteCount, into: key)
            try unsafe authenticator.start(key: key, count: Self.polyKeyByteCount)
        }
    }

    /// Block 0 of the packet's stream: a little-endian counter, then the sequence number as a big-endian nonce.
    private static func begin(_ cipher: borrowing CipherContext, sequence: UInt32) throws(CryptoError) {
        let start: (UInt64, UInt64) = (0, UInt64(sequence).bigEndian)
        try unsafe withUnsafeBytes(of: start) { (bytes) throws(CryptoError) in
            guard let nonce = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            try unsafe cipher.begin(nonce: nonce)
        }
    }
}
