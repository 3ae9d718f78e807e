import NIOCore
import SSHCore
import SSHCrypto
import Testing

/// CVE-2008-5161: in CBC mode an attacker may pass off any block of ciphertext as the beginning of a packet, so nothing
/// may tell what its first four bytes decrypt to.
@Suite("Failures in CBC mode")
struct HiddenFailureTests {
    struct Mode: Sendable, CustomStringConvertible {
        let cipher: CipherAlgorithm
        let mac: MACAlgorithm

        var description: String { cipher.rawValue + " " + mac.rawValue }

        /// Bytes of the greatest packet.
        var totalByteCount: Int { 262_144 + mac.tagByteCount }

        func keys(flipping bit: Int? = nil) -> DirectionKeys {
            var random = RandomSource.seeded(3)
            var vector = random.bytes(count: cipher.ivByteCount)
            if let bit { vector[bit / 8] ^= 1 << (bit % 8) }
            return DirectionKeys(
                initialVector: SecretBytes(copying: vector), encryptionKey: random.secret(count: cipher.keyByteCount),
                macKey: random.secret(count: mac.keyByteCount))
        }

        func packet(payloadByteCount: Int = 20) throws -> [UInt8] {
            var writer = PacketWriter(random: .seeded(1))
            writer.rekey(try Sealer(cipher: cipher, mac: mac, keys: keys()), resetSequence: true)
            try writer.write(ByteBuffer(repeating: 2, count: payloadByteCount))
            let bytes = writer.take()
            return try Array(#require(bytes).readableBytesView)
        }

        /// A reader whose first packet's first block comes out with that bit flipped.
        func makeReader(flipping bit: Int? = nil) throws -> PacketReader {
            var reader = PacketReader()
            reader.rekey(try Opener(cipher: cipher, mac: mac, keys: keys(flipping: bit)), resetSequence: true)
            return reader
        }
    }

    static let hiding = [
        Mode(cipher: .aes128CBC, mac: .hmacSHA1), Mode(cipher: .aes256CBC, mac: .hmacSHA256),
        Mode(cipher: .tripleDESCBC, mac: .hmacSHA1Truncated),
    ]

    /// Hands over the bytes in pieces cut at `cuts`; what the last one gives.
    private func read(
        _ bytes: [UInt8], cuts: [Int], by reader: inout PacketReader
    ) throws -> PacketReader.Packet? {
        var start = 0
        for end in cuts.sorted() + [bytes.count] where end > start {
            var piece = ByteBuffer(bytes: bytes[start..<end])
            if let packet = try reader.next(from: &piece) { return packet }
            #expect(piece.readableBytes == 0)
            start = end
        }
        return nil
    }

    /// Checks that a packet ends the connection with the last byte of the greatest one, and not sooner.
    private func expectSilence(_ mode: Mode, _ packet: [UInt8], flipping bit: Int? = nil, cuts: [Int] = []) throws {
        let filler = [UInt8](repeating: 0x5A, count: mode.totalByteCount - 1 - packet.count)
        var reader = try mode.makeReader(flipping: bit)
        #expect(try read(packet + filler, cuts: cuts, by: &reader) == nil)
        do {
            var last = ByteBuffer(bytes: [0])
            _ = try reader.next(from: &last)
            Issue.record("\(mode) took what was damaged")
        } catch {
            #expect(error == .integrity || error == .packet)
            #expect(error.disconnectText == "Packet corrupt")
        }
    }

    @Test("A7 No flipped bit of a packet is answered before the greatest packet's last byte", arguments: hiding)
    func flippedBits(_ mode: Mode) throws {
        let packet = try mode.packet()
        for bit in stride(from: 0, to: packet.count * 8, by: mode.cipher == .aes128CBC ? 1 : 7) {
            var changed = packet
            changed[bit / 8] ^= 1 << (bit % 8)
            try expectSilence(mode, changed)
        }
    }

    @Test("Nor is any length that the first block may be made to say", arguments: hiding)
    func lengths(_ mode: Mode) throws {
        let packet = try mode.packet()
        for bit in 0..<32 { try expectSilence(mode, packet, flipping: bit) }
    }

    @Test("It does not matter how the bytes arrive", arguments: hiding)
    func pieces(_ mode: Mode) throws {
        let packet = try mode.packet()
        var damaged = packet
        damaged[packet.count - 1] ^= 1
        let block = mode.cipher.blockByteCount
        for cuts in [
            [1], [block - 1], [block], [block, block + 1], [packet.count - 1], [packet.count], [40, 200_000],
        ] {
            try expectSilence(mode, damaged, cuts: cuts)
            try expectSilence(mode, packet, flipping: 0, cuts: cuts)
            try expectSilence(mode, packet, flipping: 29, cuts: cuts)
        }
    }

    @Test("All of it at once, and more, ends the connection at once", arguments: hiding)
    func atOnce(_ mode: Mode) throws {
        let packet = try mode.packet()
        for extra in [0, 1, 1000, 300_000] {
            var damaged = packet + [UInt8](repeating: 1, count: mode.totalByteCount - packet.count + extra)
            damaged[packet.count - 1] ^= 1
            for cuts in [[], [10], [packet.count]] {
                var reader = try mode.makeReader()
                #expect(throws: ProtocolError.integrity) { _ = try read(damaged, cuts: cuts, by: &reader) }
                var other = try mode.makeReader(flipping: 0)
                #expect(throws: ProtocolError.packet) { _ = try read(damaged, cuts: cuts, by: &other) }
            }
        }
    }

    @Test("The greatest packet is read, and one byte of it that is wrong is refused with its last", arguments: hiding)
    func greatest(_ mode: Mode) throws {
        let packet = try mode.packet(payloadByteCount: 262_144 - 5 - mode.cipher.blockByteCount)
        #expect(packet.count == mode.totalByteCount)
        var reader = try mode.makeReader()
        let payload = try read(packet, cuts: [70_000], by: &reader)?.payload
        #expect(payload?.readableBytes == 262_139 - mode.cipher.blockByteCount)
        var damaged = packet
        damaged[200_000] ^= 1
        var other = try mode.makeReader()
        #expect(throws: ProtocolError.integrity) { _ = try read(damaged, cuts: [], by: &other) }
    }

    @Test("A packet that follows an honest one is hidden likewise", arguments: hiding)
    func later(_ mode: Mode) throws {
        let first = try mode.packet()
        var reader = try mode.makeReader()
        // The same packet again fails by its place in the chain and by its number.
        let filler = [UInt8](repeating: 0, count: mode.totalByteCount - first.count - 1)
        var bytes = ByteBuffer(bytes: first + first + filler)
        let (honest, silent) = (try reader.next(from: &bytes), try reader.next(from: &bytes))
        #expect(honest != nil && silent == nil && bytes.readableBytes == 0)
        var last = ByteBuffer(bytes: [0])
        #expect(throws: ProtocolError.self) { _ = try reader.next(from: &last) }
    }

    @Test(
        "Where the MAC comes first there is nothing to hide, and the end comes at once",
        arguments: [
            Mode(cipher: .aes128CBC, mac: .hmacSHA1ETM), Mode(cipher: .tripleDESCBC, mac: .hmacSHA256ETM),
            Mode(cipher: .aes256CTR, mac: .hmacSHA1),
        ])
    func shown(_ mode: Mode) throws {
        let packet = try mode.packet()
        for bit in 32..<packet.count * 8 {
            var damaged = packet
            damaged[bit / 8] ^= 1 << (bit % 8)
            var reader = try mode.makeReader()
            #expect(throws: ProtocolError.integrity) { _ = try read(damaged, cuts: [], by: &reader) }
        }
    }
}
