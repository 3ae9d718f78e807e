import NIOCore
import Testing

@testable import SSHCrypto

@Suite struct PacketTests {
    static let payloadByteCounts = [0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 255, 256, 1500, 16_400, 32_768, 35_000]

    @Test(
        "Packets that an independent implementation sealed open to what it put in", arguments: Recorded.streams.indices)
    func recorded(index: Int) throws {
        let stream = Recorded.streams[index]
        var opener = try Opener(cipher: stream.cipher, mac: stream.mac, keys: stream.keys)
        for packet in stream.packets {
            let body = try opener.body(of: ByteBuffer(bytes: packet.wire), sequence: packet.sequence)
            #expect(body == packet.body)
        }
    }

    @Test("Each cipher and MAC stands in a recorded stream")
    func recordedIsComplete() {
        let recorded = Set(Recorded.streams.map { "\($0.cipher)+\(String(describing: $0.mac))" })
        #expect(
            recorded
                == Set(
                    Protection.protecting.compactMap { suite in
                        suite.cipher.map { "\($0)+\(String(describing: suite.mac))" }
                    }))
    }

    @Test("What was sealed opens again, packet after packet, wherever it lies", arguments: Protection.all)
    func roundTrip(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        var opener = try suite.makeOpener()
        var sequence = UInt32.max - 4
        for count in Self.payloadByteCounts {
            let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let before = [UInt8](repeating: 0xEE, count: count % 5)
            let packet = try sealer.packet(payload, sequence: sequence, before: before)
            #expect(Array(packet.readableBytesView.prefix(before.count)) == before)
            let body = try opener.body(of: packet, at: before.count, sequence: sequence)
            let padding = Int(try #require(body.first))
            #expect(Array(body.dropFirst().dropLast(padding)) == payload)
            sequence &+= 1
        }
    }

    @Test("Every length is a whole number of blocks, with at least four bytes of padding", arguments: Protection.all)
    func shape(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        var opener = try suite.makeOpener()
        for count in 0...600 {
            let sequence = UInt32(count)
            let packet = try sealer.packet([UInt8](repeating: 1, count: count), sequence: sequence)
            let body = try opener.body(of: packet, sequence: sequence)
            let blocks = body.count + (opener.lengthIsOutsideBlocks ? 0 : 4)
            let padding = Int(try #require(body.first))
            #expect(blocks % opener.blockByteCount == 0)
            #expect((4...255).contains(padding) && 1 + count + padding == body.count)
            #expect(packet.readableBytes == 4 + body.count + opener.tagByteCount)
            #expect(packet.readableBytes - count <= sealer.maximumOverhead)
        }
    }

    @Test("A granularity hides how long a short payload is", arguments: Protection.all)
    func granularity(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        let counts = try (1...40).map { count in
            try sealer.packet(
                [UInt8](repeating: 1, count: count), sequence: UInt32(count), granularity: 128
            ).readableBytes
        }
        #expect(Set(counts).count == 1)
    }

    @Test("A granularity beyond what padding can hold still gives a legal packet", arguments: Protection.all)
    func hugeGranularity(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        var opener = try suite.makeOpener()
        let packet = try sealer.packet([1, 2, 3], sequence: 0, granularity: 4096)
        let body = try opener.body(of: packet, sequence: 0)
        #expect(body.dropFirst().prefix(3) == [1, 2, 3])
        #expect((body.count + (opener.lengthIsOutsideBlocks ? 0 : 4)) % opener.blockByteCount == 0)
    }

    @Test(
        "Each flipped bit of length, ciphertext or tag is refused and leaves no plaintext",
        arguments: Protection.protecting)
    func flippedBits(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        let packet = try sealer.packet(Array("exactly this and nothing else".utf8), sequence: 3)
        let length = try suite.length(of: packet, sequence: 3)
        for bit in 0..<packet.readableBytes * 8 {
            var changed = packet
            let byte = try #require(changed.getInteger(at: bit / 8, as: UInt8.self))
            changed.setInteger(byte ^ (1 << (bit % 8)), at: bit / 8)
            // The length that was meant: else most flips in the length field fail for want of bytes.
            #expect(throws: CryptoError.authenticationFailed, "bit \(bit)") {
                try suite.open(changed, length: length, sequence: 3)
            }
        }
    }

    @Test(
        "A flipped bit anywhere in a large packet is refused and leaves no plaintext", arguments: Protection.protecting)
    func flippedBitsOfLargePackets(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        let packet = try sealer.packet([UInt8](repeating: 7, count: 20_000), sequence: 3)
        let length = try suite.length(of: packet, sequence: 3)
        for index in Array(0..<4) + Array(stride(from: 4, to: packet.readableBytes - 20, by: 997))
            + Array(packet.readableBytes - 20..<packet.readableBytes)
        {
            var changed = packet
            let byte = try #require(changed.getInteger(at: index, as: UInt8.self))
            changed.setInteger(byte ^ 0x10, at: index)
            #expect(throws: CryptoError.authenticationFailed, "byte \(index)") {
                try suite.open(changed, length: length, sequence: 3)
            }
        }
    }

    @Test(
        "A packet is refused under a neighbouring sequence number", arguments: Protection.protecting,
        [1, 2, -1] as [Int32])
    func wrongSequence(suite: Protection, offset: Int32) throws {
        // GCM's nonce counts packets instead; a dropped or repeated packet is what it notices.
        guard suite.cipher != .aes128GCM, suite.cipher != .aes256GCM else { return }
        var sealer = try suite.makeSealer()
        let packet = try sealer.packet([1, 2, 3], sequence: 10)
        let length = try suite.length(of: packet, sequence: 10)
        #expect(throws: CryptoError.authenticationFailed) {
            try suite.open(packet, length: length, sequence: UInt32(bitPattern: 10 + offset))
        }
    }

    @Test("A packet that is dropped, repeated or swapped makes the next one fail", arguments: Protection.protecting)
    func order(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        let packets = try (0..<3).map { try sealer.packet([UInt8($0)], sequence: UInt32($0)) }
        for order in [[1], [0, 0], [0, 2], [1, 0]] {
            var opener = try suite.makeOpener()
            let outcomes = order.enumerated().map { place, packet in
                Result {
                    let length = try suite.length(of: packets[packet], sequence: UInt32(packet))
                    _ = try opener.packetLength(in: packets[packet], at: 0, sequence: UInt32(place))
                    var plaintext = ByteBuffer()
                    try opener.open(length, in: packets[packet], at: 0, sequence: UInt32(place), into: &plaintext)
                }
            }
            #expect(throws: (any Error).self, "\(order)") { try outcomes.last?.get() }
        }
    }

    @Test("A truncated packet is an error, never a trap", arguments: Protection.all)
    func truncated(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        let packet = try sealer.packet([1, 2, 3, 4, 5], sequence: 0)
        let length = try suite.length(of: packet, sequence: 0)
        for count in 0..<packet.readableBytes {
            let short = try #require(packet.getSlice(at: 0, length: count))
            #expect(throws: CryptoError.self) { try suite.open(short, length: length, sequence: 0) }
        }
    }

    @Test("Absurd lengths and places are errors, never traps", arguments: Protection.all)
    func absurd(suite: Protection) throws {
        let bytes = ByteBuffer(repeating: 0xFF, count: 64)
        for length in [0, 1, 4, 11, 12, 61, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF] as [UInt32] {
            for index in [0, 1, 60, 63, 64, 65, -1, Int.max, Int.min] {
                if suite.cipher == nil, index == 0 || index == 1, (1...59).contains(length) { continue }
                #expect(throws: CryptoError.self) { try suite.open(bytes, length: length, at: index, sequence: 0) }
            }
        }
    }

    @Test("Asking for the length twice does not disturb the packet", arguments: Protection.all)
    func lengthTwice(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        var opener = try suite.makeOpener()
        for sequence in 0..<3 as Range<UInt32> {
            let packet = try sealer.packet([9, 8, 7], sequence: sequence)
            let first = try opener.packetLength(in: packet, at: 0, sequence: sequence)
            let second = try opener.packetLength(in: packet, at: 0, sequence: sequence)
            #expect(first == second)
            #expect(try opener.body(of: packet, sequence: sequence).dropFirst().prefix(3) == [9, 8, 7])
        }
    }

    @Test("Keys of the wrong length and a missing MAC are refused", arguments: Protection.protecting)
    func wrongKeys(suite: Protection) throws {
        let cipher = try #require(suite.cipher)
        #expect(throws: CryptoError.self) {
            let keys = DirectionKeys(
                initialVector: SecretBytes(count: cipher.ivByteCount),
                encryptionKey: SecretBytes(count: cipher.keyByteCount - 1),
                macKey: SecretBytes(count: suite.mac?.keyByteCount ?? 0))
            _ = try Opener(cipher: cipher, mac: suite.mac, keys: keys)
        }
        guard !cipher.isAuthenticated else { return }
        #expect(throws: CryptoError.unsupported) { _ = try Sealer(cipher: cipher, mac: nil, keys: suite.keys()) }
    }

    @Test("Sealing writes into the buffer's own storage when there is room", arguments: Protection.all)
    func inPlace(suite: Protection) throws {
        var sealer = try suite.makeSealer()
        var random = RandomSource.seeded(1)
        var buffer = ByteBuffer()
        buffer.reserveCapacity(4096)
        buffer.writeRepeatingByte(0, count: 5)
        buffer.writeBytes([UInt8](repeating: 1, count: 1000))
        let before = buffer.withVeryUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
        try sealer.seal(packetAt: 0, in: &buffer, sequence: 0, granularity: 0, random: &random)
        #expect(buffer.withVeryUnsafeBytes { UInt(bitPattern: $0.baseAddress) } == before)
    }

    @Test("A GCM key gives no nonce twice: its counter wraps once and stops where it began (PK-17)")
    func nonces() throws {
        var nonce = GCMNonce(fixed: 1, firstInvocation: .max - 1, lastInvocation: 1)
        #expect(try (0..<4).map { _ in try nonce.next() } == [.max - 1, .max, 0, 1])
        #expect(throws: CryptoError.self) { try nonce.next() }
        #expect(throws: CryptoError.self) { try nonce.next() }
    }
}

extension Protection {
    /// The true length, by an opener that is then thrown away.
    func length(of packet: ByteBuffer, sequence: UInt32) throws -> UInt32 {
        var opener = try makeOpener()
        return try opener.packetLength(in: packet, at: 0, sequence: sequence)
    }

    /// Opens a first packet by the length given, whatever its own field says.
    func open(_ packet: ByteBuffer, length: UInt32, at index: Int = 0, sequence: UInt32) throws {
        var opener = try makeOpener()
        _ = try opener.packetLength(in: packet, at: index, sequence: sequence)
        var plaintext = ByteBuffer(repeating: 0x55, count: 8)
        do {
            try opener.open(length, in: packet, at: index, sequence: sequence, into: &plaintext)
        } catch {
            #expect(plaintext.readableBytes == 0)
            throw error
        }
    }
}
