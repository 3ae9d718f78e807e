package import NIOCore

/// One direction's encryption, a packet at a time, in place.
package struct Sealer: ~Copyable {
    private static let headByteCount = 5
    private static let maximumPaddingByteCount = 255

    private var cipher: PacketCipher

    /// Plain: before NEWKEYS.
    package init() {
        cipher = PacketCipher()
    }

    /// `mac` is nil, or ignored, for a cipher that authenticates.
    package init(cipher: CipherAlgorithm, mac: MACAlgorithm?, keys: borrowing DirectionKeys) throws(CryptoError) {
        self.cipher = try PacketCipher(cipher, mac: mac, keys: keys, encrypts: true)
    }

    /// What a packet takes beyond its payload, at most.
    package var maximumOverhead: Int {
        Self.headByteCount + Self.maximumPaddingByteCount + cipher.mode.tagByteCount
    }

    /// Seals the packet at `start`: five bytes of room, then the payload up to the writer index.
    ///
    /// The packet grows by padding and tag, in place if `maximumOverhead` bytes are writable (else the storage moves, and
    /// the old one keeps a copy of the payload). Where `granularity` is more than a block, the length is rounded up to a
    /// multiple of it, so that it does not tell how long a password is. Returns packet_length.
    @discardableResult
    package mutating func seal(
        packetAt start: Int, in buffer: inout ByteBuffer, sequence: UInt32, granularity: Int,
        random: inout RandomSource
    ) throws(CryptoError) -> UInt32 {
        let payloadByteCount = buffer.writerIndex - start - Self.headByteCount
        guard start >= buffer.readerIndex, payloadByteCount >= 0 else { throw .failed(operation: "a packet's place") }
        let padding = cipher.mode.paddingByteCount(payloadByteCount: payloadByteCount, granularity: granularity)
        let body = 1 + payloadByteCount + padding
        guard let length = UInt32(exactly: body), let paddingLength = UInt8(exactly: padding) else {
            throw .failed(operation: "a packet's length")
        }
        let end = start + 4 + body + cipher.mode.tagByteCount
        buffer.reserveCapacity(minimumWritableBytes: padding + cipher.mode.tagByteCount)
        buffer.setInteger(length, at: start)
        buffer.setInteger(paddingLength, at: start + 4)
        try unsafe buffer.withVeryUnsafeMutableBytes { (bytes) throws(CryptoError) in
            guard end <= bytes.count, let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else {
                throw .failed(operation: "room for a packet")
            }
            let paddingStart = start + 4 + body - padding
            unsafe random.fill(UnsafeMutableRawBufferPointer(rebasing: bytes[paddingStart..<paddingStart + padding]))
            try unsafe cipher.seal(base + start, bodyByteCount: body, sequence: sequence)
        }
        buffer.moveWriterIndex(to: end)
        return length
    }
}
