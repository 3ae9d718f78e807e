/// What protects one direction: the mode, and the one cipher of it that is in use. (The others are empty: an enum would
/// have to be taken apart and put together again for each packet.)
package struct PacketCipher: ~Copyable {
    let mode: PacketMode
    private var gcm = GCMPacket()
    private var chaChaPoly = ChaChaPolyPacket()
    private var block = BlockPacket()

    init() {
        mode = PacketMode()
    }

    package init(
        _ cipher: CipherAlgorithm, mac: MACAlgorithm?, keys: borrowing DirectionKeys, encrypts: Bool
    ) throws(CryptoError) {
        let mode = try PacketMode(cipher: cipher, mac: mac)
        var gcm = GCMPacket()
        var chaChaPoly = ChaChaPolyPacket()
        var block = BlockPacket()
        switch mode.protection {
        case .none: break
        case .gcm: gcm = try GCMPacket(cipher, keys: keys, encrypts: encrypts)
        case .chaChaPoly: chaChaPoly = try ChaChaPolyPacket(keys: keys, encrypts: encrypts)
        case .ctr, .cbc:
            guard let mac else { throw .unsupported }
            block = try BlockPacket(cipher, mac: mac, keys: keys, encrypts: encrypts)
        }
        self.mode = mode
        self.gcm = gcm
        self.chaChaPoly = chaChaPoly
        self.block = block
    }

    /// How many bytes of a packet tell its length.
    var headerByteCount: Int { mode.hidesLengthInBlocks ? mode.blockByteCount : 4 }

    /// The length field of the packet whose first `headerByteCount` bytes are at `packet`.
    mutating func packetLength(_ packet: UnsafePointer<UInt8>, sequence: UInt32) throws(CryptoError) -> UInt32 {
        let field = unsafe UnsafeRawPointer(packet).loadUnaligned(as: UInt32.self)
        switch mode.protection {
        case .none, .gcm: return UInt32(bigEndian: field)
        case .chaChaPoly: return try chaChaPoly.packetLength(field, sequence: sequence)
        case .ctr, .cbc:
            return mode.hidesLengthInBlocks ? try unsafe block.packetLength(packet) : UInt32(bigEndian: field)
        }
    }

    /// Opens a packet that is wholly there: length field, body, tag.
    mutating func open(
        _ packet: UnsafePointer<UInt8>, bodyByteCount: Int, sequence: UInt32,
        into plaintext: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        switch mode.protection {
        case .none:
            unsafe plaintext.update(from: packet + 4, count: bodyByteCount)
        case .gcm:
            try unsafe gcm.open(packet, bodyByteCount: bodyByteCount, into: plaintext)
        case .chaChaPoly:
            try unsafe chaChaPoly.open(packet, bodyByteCount: bodyByteCount, sequence: sequence, into: plaintext)
        case .ctr, .cbc:
            try unsafe block.open(packet, bodyByteCount: bodyByteCount, sequence: sequence, into: plaintext)
        }
    }

    /// Seals a packet in place; there is room for the tag behind the body.
    package mutating func seal(
        _ packet: UnsafeMutablePointer<UInt8>, bodyByteCount: Int, sequence: UInt32
    ) throws(CryptoError) {
        switch mode.protection {
        case .none: break
        case .gcm: try unsafe gcm.seal(packet, bodyByteCount: bodyByteCount)
        case .chaChaPoly: try unsafe chaChaPoly.seal(packet, bodyByteCount: bodyByteCount, sequence: sequence)
        case .ctr, .cbc: try unsafe block.seal(packet, bodyByteCount: bodyByteCount, sequence: sequence)
        }
    }
}
