import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// Framing and its reverse, under every cipher and MAC.
@Suite("Packets, written and read")
struct PacketReaderTests {
    struct Protection: Sendable, CustomStringConvertible {
        let cipher: CipherAlgorithm
        let mac: MACAlgorithm?

        var description: String { cipher.rawValue + (mac.map { " " + $0.rawValue } ?? "") }

        static let all = CipherAlgorithm.allCases.flatMap { cipher in
            cipher.isAuthenticated
                ? [Protection(cipher: cipher, mac: nil)]
                : MACAlgorithm.allCases.map { Protection(cipher: cipher, mac: $0) }
        }

        func keys() -> DirectionKeys {
            var random = RandomSource.seeded(3)
            return DirectionKeys(
                initialVector: random.secret(count: cipher.ivByteCount),
                encryptionKey: random.secret(count: cipher.keyByteCount),
                macKey: random.secret(count: mac?.keyByteCount ?? 0))
        }
    }

    /// The large ones take long a byte at a time: what is not offered by default goes without them then.
    private static func sizes(_ protection: Protection?, _ delivery: Delivery) -> [Int] {
        let offer = AlgorithmPolicy.standard
        let isOffered = protection.map { offer.ciphers.contains($0.cipher) && $0.mac.map(offer.macs.contains) ?? true }
        let hasLarge = delivery != .byteByByte || isOffered ?? true
        return [1, 2, 7, 8, 15, 16, 17, 255, 1000] + (hasLarge ? [32_768, 100_000] : [])
    }

    private func written(_ protection: Protection?, _ sizes: [Int]) throws -> ByteBuffer {
        var writer = PacketWriter(random: .seeded(1))
        if let protection {
            try writer.write(Ignore(data: ByteBuffer()))
            _ = writer.take()
            writer.rekey(
                try Sealer(cipher: protection.cipher, mac: protection.mac, keys: protection.keys()), resetSequence: true
            )
        }
        for size in sizes { try writer.write(ByteBuffer(repeating: UInt8(size & 0xFF), count: size)) }
        let bytes = writer.take()
        return try #require(bytes)
    }

    private func check(_ protection: Protection?, _ delivery: Delivery) throws {
        var reader = PacketReader()
        if let protection {
            reader.rekey(
                try Opener(cipher: protection.cipher, mac: protection.mac, keys: protection.keys()), resetSequence: true
            )
        }
        var pipe = DripPipe(delivery, seed: 4)
        let sizes = Self.sizes(protection, delivery)
        pipe.push(try written(protection, sizes))
        var found: [PacketReader.Packet] = []
        while var piece = pipe.take() {
            while let packet = try reader.next(from: &piece) { found.append(packet) }
            #expect(piece.readableBytes == 0)
        }
        #expect(found.map(\.sequence) == Array(0..<UInt32(sizes.count)))
        for (packet, size) in zip(found, sizes) {
            #expect(packet.payload == ByteBuffer(repeating: UInt8(size & 0xFF), count: size))
        }
    }

    @Test("What is written is read again, under every cipher and MAC", arguments: Protection.all, Delivery.allCases)
    func roundTrip(_ protection: Protection, _ delivery: Delivery) throws {
        try check(protection, delivery)
    }

    @Test("What is written is read again in the clear", arguments: Delivery.allCases)
    func plainRoundTrip(_ delivery: Delivery) throws {
        try check(nil, delivery)
    }

    @Test("A writer is empty once its bytes were taken, and its numbers go on")
    func taking() throws {
        var writer = PacketWriter(random: .seeded(1))
        let nothing = writer.take()
        let none = writer.byteCount
        #expect(nothing == nil && none == 0)
        try writer.write(NewKeys())
        let (byteCount, sequence) = (writer.byteCount, writer.sequence)
        #expect(byteCount == 16 && sequence == 1)
        let (first, second) = (writer.take(), writer.take())
        #expect(first?.readableBytes == 16 && second == nil)
    }

    @Test("A writer that is closed has no keys and writes nothing more; what it sealed can be taken")
    func closing() throws {
        var writer = PacketWriter(random: .seeded(1))
        try writer.write(NewKeys())
        writer.close()
        #expect(throws: ProtocolError.limit(.sequenceNumber)) { try writer.write(ByteBuffer(string: "secret")) }
        let (taken, byteCount) = (writer.take(), writer.byteCount)
        #expect(taken?.readableBytes == 16 && byteCount == 0)
    }

    @Test("A packet that was handed out is not overwritten by those that follow")
    func recycledBuffers() throws {
        var writer = PacketWriter(random: .seeded(1))
        var reader = PacketReader()
        var found: [ByteBuffer] = []
        for index in 0..<300 {
            try writer.write(ByteBuffer(repeating: UInt8(index & 0xFF), count: 50))
            let taken = writer.take()
            var bytes = try #require(taken)
            if let packet = try reader.next(from: &bytes) { found.append(packet.payload) }
        }
        #expect(found.count == 300)
        for (index, payload) in found.enumerated() {
            #expect(payload == ByteBuffer(repeating: UInt8(index & 0xFF), count: 50))
        }
    }
}
