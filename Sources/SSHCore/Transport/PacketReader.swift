package import NIOCore
package import SSHCrypto

/// Splits the incoming stream into packets and opens them (RFC 4253 §6).
///
/// A packet that lies whole in the receive buffer is decrypted straight from it into a recycled buffer; only one that
/// straddles two reads is gathered first, as its bytes arrive and never by the length that it claims.
package struct PacketReader: ~Copyable {
    /// An opened packet: its payload, its sequence number for UNIMPLEMENTED, and the length it named.
    package struct Packet {
        package var payload: ByteBuffer
        package let sequence: UInt32
        package let length: UInt32
    }

    /// The greatest length that counts towards the blocks together with its own four bytes.
    private static let greatestLength = Limits.packetByteCount - 4

    private var opener = Opener()
    private(set) var isEncrypted = false
    /// Tests set it.
    package internal(set) var traffic = Traffic()
    /// What a packet of `Limits.channelPacketByteCount` needs, as buffers grow by doubling.
    private var ring = BufferRing(count: 96, largestKept: 64 * 1024)
    private var carry = ByteBuffer()
    private var decompressor: Decompressor?
    /// The length of the packet at hand, once its header was read; reading it twice would advance the cipher twice.
    private var length: UInt32?
    /// Why the connection is about to end, and how many bytes of the packet at hand were worked on before that was clear.
    private var refusal: (error: ProtocolError, byteCount: Int)?
    package private(set) var sequence: UInt32

    /// `sequence` is the number of the first packet: zero but in tests.
    package init(sequence: UInt32 = 0) {
        self.sequence = sequence
    }

    /// New keys are in force from the next packet on; strict key exchange also restarts the numbers.
    package mutating func rekey(_ opener: consuming Opener, resetSequence: Bool) {
        self.opener = opener
        isEncrypted = true
        traffic.keysChanged()
        if resetSequence { sequence = 0 }
    }

    /// The keys go, and nothing is read any more.
    package mutating func close() {
        opener = Opener()
        decompressor = nil
        carry = ByteBuffer()
    }

    /// What follows is compressed, with a history that begins here; or nothing is any more.
    package mutating func setCompression(_ algorithm: CompressionAlgorithm) throws(ProtocolError) {
        do throws(CryptoError) {
            decompressor = algorithm == .none ? nil : try Decompressor()
        } catch {
            throw .crypto(error)
        }
    }

    /// The room that was made for a packet which is not yet whole.
    var carriedByteCount: Int { carry.storageCapacity }

    /// The next packet, or nil when more bytes are needed; then all of `bytes` is consumed.
    package mutating func next(from bytes: inout ByteBuffer) throws(ProtocolError) -> Packet? {
        if carry.readableBytes == 0 {
            if let packet = try open(from: &bytes) { return packet }
            carry.clear()
            carry.writeBuffer(&bytes)
            return nil
        }
        try fillCarry(upTo: length == nil ? opener.headerByteCount : nil, from: &bytes)
        if length == nil, carry.readableBytes >= opener.headerByteCount {
            length = try readLength(in: carry)
            try fillCarry(upTo: nil, from: &bytes)
        }
        var gathered = ByteBuffer()
        swap(&gathered, &carry)
        let packet = try open(from: &gathered)
        swap(&gathered, &carry)
        // A refusal that waits takes more than its packet claimed.
        return packet != nil || bytes.readableBytes == 0 ? packet : try next(from: &bytes)
    }

    /// Moves bytes into `carry` until it holds the header (or the whole packet, once its length is known).
    private mutating func fillCarry(upTo headerByteCount: Int?, from bytes: inout ByteBuffer) throws(ProtocolError) {
        let wanted = headerByteCount ?? totalByteCount(length ?? 0)
        let missing = min(max(wanted - carry.readableBytes, 0), bytes.readableBytes)
        guard missing > 0, var piece = bytes.readSlice(length: missing) else { return }
        carry.writeBuffer(&piece)
    }

    private func totalByteCount(_ length: UInt32) -> Int {
        4 + Int(length) + opener.tagByteCount
    }

    private mutating func open(from bytes: inout ByteBuffer) throws(ProtocolError) -> Packet? {
        guard bytes.readableBytes >= opener.headerByteCount else { return nil }
        let length: UInt32 = if let known = self.length { known } else { try readLength(in: bytes) }
        self.length = length
        guard bytes.readableBytes >= totalByteCount(length) else { return nil }
        if let refusal { throw judgeRest(of: bytes, refusal) }
        var (slot, plaintext) = ring.take(minimumCapacity: Int(length))
        do throws(CryptoError) {
            try opener.open(length, in: bytes, at: bytes.readerIndex, sequence: sequence, into: &plaintext)
        } catch {
            let reason: ProtocolError = error == .authenticationFailed ? .integrity : .crypto(error)
            self.length = try refuse(reason, after: 4 + Int(length))
            return try open(from: &bytes)
        }
        bytes.moveReaderIndex(forwardBy: totalByteCount(length))
        traffic.add(totalByteCount(length))
        self.length = nil
        ring.put(plaintext, into: slot)
        let payload = try payload(of: plaintext)
        return Packet(
            payload: decompressor == nil ? payload : try inflate(payload), sequence: try advance(), length: length)
    }

    private mutating func readLength(in bytes: ByteBuffer) throws(ProtocolError) -> UInt32 {
        let length: UInt32
        do throws(CryptoError) {
            length = try opener.packetLength(in: bytes, at: bytes.readerIndex, sequence: sequence)
        } catch {
            throw .crypto(error)
        }
        // RFC 4253 §6: at least 16 bytes or one block; OpenSSH PROTOCOL §1.5–1.7: the length stands outside the blocks.
        let covered = opener.lengthIsOutsideBlocks ? Int(length) : Int(length) + 4
        let minimum = opener.lengthIsOutsideBlocks ? opener.blockByteCount : max(16, opener.blockByteCount)
        guard length <= Limits.packetByteCount, length >= 5, covered >= minimum,
            covered.isMultiple(of: opener.blockByteCount)
        else { return try refuse(.packet, after: 0) }
        return length
    }

    /// Ends the connection: at once, or, where that would tell what a block decrypts to (CVE-2008-5161), when as many bytes
    /// have come as the greatest packet has, whose length this returns.
    ///
    /// OpenSSH does likewise.
    private mutating func refuse(_ error: ProtocolError, after byteCount: Int) throws(ProtocolError) -> UInt32 {
        guard opener.mustHideFailures else { throw error }
        refusal = (error, byteCount)
        return Self.greatestLength
    }

    /// Works on the rest of the greatest packet too, to no end, so that the time it takes does not tell how much was left.
    private mutating func judgeRest(
        of bytes: ByteBuffer, _ refusal: (error: ProtocolError, byteCount: Int)
    ) -> ProtocolError {
        let index = bytes.readerIndex + refusal.byteCount
        var plaintext = ByteBuffer()
        if let length = UInt32(exactly: Int(Self.greatestLength) - refusal.byteCount) {
            _ = try? opener.packetLength(in: bytes, at: index, sequence: sequence)
            try? opener.open(length, in: bytes, at: index, sequence: sequence, into: &plaintext)
        }
        return refusal.error
    }

    /// Strips padding: at least four bytes of it, and at least one byte of payload before it.
    private func payload(of plaintext: ByteBuffer) throws(ProtocolError) -> ByteBuffer {
        var body = plaintext
        guard let padding = body.readInteger(as: UInt8.self), padding >= 4,
            let payload = body.readSlice(length: max(0, body.readableBytes - Int(padding))), payload.readableBytes > 0
        else { throw .packet }
        return payload
    }

    private mutating func inflate(_ payload: ByteBuffer) throws(ProtocolError) -> ByteBuffer {
        var (slot, inflated) = ring.take(minimumCapacity: payload.readableBytes)
        do throws(CryptoError) {
            try decompressor?.decompress(payload, maximumByteCount: Limits.inflatedByteCount, into: &inflated)
        } catch {
            throw .compression
        }
        ring.put(inflated, into: slot)
        guard inflated.readableBytes > 0 else { throw .packet }
        return inflated
    }

    private mutating func advance() throws(ProtocolError) -> UInt32 {
        let current = sequence
        sequence &+= 1
        // Numbers wrap in a long session (RFC 4253 §6.4), never before the first keys.
        guard isEncrypted ? traffic.keyPacketCount <= Limits.keyPacketCount : sequence != 0 else {
            throw .limit(.sequenceNumber)
        }
        return current
    }
}
