package import NIOCore
package import SSHCrypto
package import SSHWire

/// Frames messages into the outbound buffer and seals them there, in place: what waits for the socket is ciphertext only.
package struct PacketWriter: ~Copyable {
    /// Room in front of a payload: packet_length and padding_length.
    private static let headByteCount = 5

    private var sealer = Sealer()
    /// A flood that wants answers makes larger ones than any upload; they are not kept.
    private var ring = BufferRing(count: 4, largestKept: 512 * 1024)
    private var slot: Int?
    private var outbound = ByteBuffer()
    private var random: RandomSource
    private var compressor: Compressor?
    /// Tests set it.
    package internal(set) var sequence: UInt32 = 0
    private var isEncrypted = false
    /// Tests set it.
    package internal(set) var traffic = Traffic()
    /// Puts messages on record, those of both directions; off it costs a look at it.
    var recorder: Recorder?

    package init(random: RandomSource) {
        self.random = random
    }

    /// Sealed bytes that wait to be taken.
    package var byteCount: Int { outbound.readableBytes }

    package mutating func rekey(_ sealer: consuming Sealer, resetSequence: Bool) {
        self.sealer = sealer
        isEncrypted = true
        traffic.keysChanged()
        if resetSequence { sequence = 0 }
    }

    /// The keys go, and as at the end of the numbers no packet follows; what is sealed can still be taken.
    package mutating func close() {
        sealer = Sealer()
        compressor = nil
        (isEncrypted, sequence) = (false, .max)
    }

    /// Bytes that are not a packet: the identification line.
    package mutating func writeUnframed(_ bytes: [UInt8]) {
        prepare(byteCount: bytes.count)
        outbound.writeBytes(bytes)
        recorder?.record(identification: Array(bytes.dropLast(2)), byteCount: bytes.count, .sent)
    }

    /// What follows is compressed, with a history that begins here; or nothing is any more.
    package mutating func setCompression(_ algorithm: CompressionAlgorithm) throws(ProtocolError) {
        do throws(CryptoError) {
            compressor = algorithm == .none ? nil : try Compressor()
        } catch {
            throw .crypto(error)
        }
    }

    package mutating func write(_ payload: ByteBuffer) throws(ProtocolError) {
        guard compressor == nil else { return try writeCompressed(payload) }
        let start = begin(payloadByteCount: payload.readableBytes)
        outbound.writeImmutableBuffer(payload)
        try seal(from: start, payload)
    }

    package mutating func write(_ message: some Message) throws(ProtocolError) {
        try write(message.payload)
    }

    /// Channel data: the user's bytes are copied once, from their buffer to ours.
    package mutating func writeData(_ data: ByteBuffer, to recipient: ChannelID) throws(ProtocolError) {
        guard compressor == nil else {
            return try writeCompressed(ChannelData(recipient: recipient, data: data).payload)
        }
        let start = begin(payloadByteCount: data.readableBytes + 9)
        outbound.writeInteger(MessageNumber.channelData.rawValue)
        outbound.writeInteger(recipient.rawValue)
        outbound.writeString(data)
        try seal(from: start, recorder == nil ? nil : ChannelData(recipient: recipient, data: data).payload)
    }

    private mutating func writeCompressed(_ payload: ByteBuffer) throws(ProtocolError) {
        var deflated = ByteBuffer()
        do throws(CryptoError) {
            try compressor?.compress(payload, into: &deflated)
        } catch {
            throw .crypto(error)
        }
        let start = begin(payloadByteCount: deflated.readableBytes)
        outbound.writeImmutableBuffer(deflated)
        try seal(from: start, payload)
    }

    /// Secrets, written from guarded memory into the packet that is sealed at once, padded so that its size does not tell
    /// theirs.
    package mutating func write(_ request: SecretRequest) throws(ProtocolError) {
        let start = begin(payloadByteCount: request.byteCount + 64)
        outbound.writeImmutableBuffer(request.head)
        for password in request.secrets { outbound.writeSecretString(password.secret) }
        // What goes on record ends before the secrets: nothing copies them.
        try seal(from: start, recorder == nil ? nil : request.head, granularity: 64)
    }

    /// Everything sealed so far.
    package mutating func take() -> ByteBuffer? {
        guard outbound.readableBytes > 0 else { return nil }
        let taken = outbound
        if let slot { ring.put(outbound, into: slot) }
        slot = nil
        outbound = ByteBuffer()
        return taken
    }

    /// Makes room for a whole packet first, so that no plaintext is left behind by a buffer that had to grow.
    private mutating func begin(payloadByteCount: Int) -> Int {
        prepare(byteCount: payloadByteCount + sealer.maximumOverhead + Self.headByteCount)
        let start = outbound.writerIndex
        outbound.writeRepeatingByte(0, count: Self.headByteCount)
        return start
    }

    private mutating func prepare(byteCount: Int) {
        guard slot == nil else { return outbound.reserveCapacity(minimumWritableBytes: byteCount) }
        // Where all are in use, a peer that reads nothing lets many small answers wait: those are no larger than they need be.
        let (slot, buffer) = ring.take(minimumCapacity: max(byteCount, 4096), fresh: byteCount)
        self.slot = slot
        outbound = buffer
    }

    /// `payload` is what goes on record.
    private mutating func seal(
        from start: Int, _ payload: ByteBuffer?, granularity: Int = 1
    ) throws(ProtocolError) {
        // One more would repeat a number, and with it a nonce; before the first keys, it would wrap.
        guard isEncrypted ? traffic.keyPacketCount < Limits.keyPacketCount : sequence != .max else {
            drop(from: start)
            throw .limit(.sequenceNumber)
        }
        let length: UInt32
        do throws(CryptoError) {
            length = try sealer.seal(
                packetAt: start, in: &outbound, sequence: sequence, granularity: granularity, random: &random)
        } catch {
            drop(from: start)
            throw .crypto(error)
        }
        if let payload {
            recorder?.record(
                payload, .sent, in: RecordedPacket(sequence: sequence, length: length, isEncrypted: isEncrypted))
        }
        sequence &+= 1
        traffic.add(outbound.writerIndex - start)
    }

    /// What could not be sealed must not leave as it is, nor stay behind in memory.
    private mutating func drop(from start: Int) {
        outbound.setRepeatingByte(0, count: outbound.writerIndex - start, at: start)
        outbound.moveWriterIndex(to: start)
    }
}
