import CSodium
package import NIOCore

/// One direction's decryption, a packet at a time: out of a shared buffer that is never mutated, into another.
///
/// After any error the direction is dead: what follows cannot be opened.
package struct Opener: ~Copyable {
    private static let lengthByteCount = 4

    private var cipher: PacketCipher

    /// Plain: before NEWKEYS.
    package init() {
        cipher = PacketCipher()
    }

    /// `mac` is nil, or ignored, for a cipher that authenticates.
    package init(cipher: CipherAlgorithm, mac: MACAlgorithm?, keys: borrowing DirectionKeys) throws(CryptoError) {
        self.cipher = try PacketCipher(cipher, mac: mac, keys: keys, encrypts: false)
    }

    /// How many bytes must be there before `packetLength` is asked: 4, or a block for CTR and CBC with a MAC that is not EtM.
    package var headerByteCount: Int { cipher.headerByteCount }

    package var tagByteCount: Int { cipher.mode.tagByteCount }

    /// What the length must be a multiple of: 16 for AES, else 8.
    package var blockByteCount: Int { cipher.mode.blockByteCount }

    /// Whether the blocks are those of the length alone, or of the length and its own four bytes.
    package var lengthIsOutsideBlocks: Bool { cipher.mode.lengthIsOutsideBlocks }

    /// Whether an early end of the connection would tell what a block decrypts to (CVE-2008-5161).
    ///
    /// In CBC mode an attacker can place any block where a length is read before the MAC is checked.
    package var mustHideFailures: Bool { cipher.mode.protection == .cbc && cipher.mode.hidesLengthInBlocks }

    /// The length field of the packet that begins at `index`.
    ///
    /// Nothing has authenticated it yet.
    package mutating func packetLength(
        in bytes: ByteBuffer, at index: Int, sequence: UInt32
    ) throws(CryptoError) -> UInt32 {
        let range = try Self.range(of: headerByteCount, in: bytes, at: index)
        return try unsafe bytes.withVeryUnsafeBytes { (source) throws(CryptoError) in
            let packet = try unsafe Self.pointer(source, range)
            return try unsafe cipher.packetLength(packet, sequence: sequence)
        }
    }

    /// Authenticates and decrypts the packet that begins at `index`, of whose length the caller approves, into
    /// `plaintext`: padding length, payload, padding.
    ///
    /// Nothing is left there if it fails.
    package mutating func open(
        _ packetLength: UInt32, in bytes: ByteBuffer, at index: Int, sequence: UInt32,
        into plaintext: inout ByteBuffer
    ) throws(CryptoError) {
        plaintext.clear()
        guard let bodyByteCount = Int(exactly: packetLength), bodyByteCount > 0, bodyByteCount < Int(Int32.max) else {
            throw .failed(operation: "a packet's length")
        }
        let range = try Self.range(of: Self.lengthByteCount + bodyByteCount + tagByteCount, in: bytes, at: index)
        plaintext.clear(minimumCapacity: bodyByteCount)
        try unsafe plaintext.withVeryUnsafeMutableBytes { (target) throws(CryptoError) in
            try unsafe bytes.withVeryUnsafeBytes { (source) throws(CryptoError) in
                guard target.count >= bodyByteCount, let output = unsafe target.bindMemory(to: UInt8.self).baseAddress
                else {
                    throw .failed(operation: "room for a packet")
                }
                do throws(CryptoError) {
                    let packet = try unsafe Self.pointer(source, range)
                    try unsafe cipher.open(packet, bodyByteCount: bodyByteCount, sequence: sequence, into: output)
                } catch {
                    unsafe sodium_memzero(output, bodyByteCount)
                    throw error
                }
            }
        }
        plaintext.moveWriterIndex(to: bodyByteCount)
    }

    /// `count` bytes from `index` on, if the buffer has them.
    private static func range(of count: Int, in bytes: ByteBuffer, at index: Int) throws(CryptoError) -> Range<Int> {
        guard index >= bytes.readerIndex, index <= bytes.writerIndex, bytes.writerIndex - index >= count else {
            throw .failed(operation: "a packet that is not all there")
        }
        return index..<index + count
    }

    private static func pointer(
        _ source: UnsafeRawBufferPointer, _ range: Range<Int>
    ) throws(CryptoError) -> UnsafePointer<UInt8> {
        guard range.upperBound <= source.count, let base = unsafe source.bindMemory(to: UInt8.self).baseAddress else {
            throw .failed(operation: "a packet's place")
        }
        return unsafe base + range.lowerBound
    }
}
