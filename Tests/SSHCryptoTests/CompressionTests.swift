import NIOCore
import Testing

@testable import SSHCrypto

@Suite struct CompressionTests {
    static let payloads: [[UInt8]] = {
        var random = RandomSource.seeded(5)
        let line = Array("the same line again and again, ".utf8)
        return [
            [1], [0], [1], Array("hello".utf8), Array("hello".utf8), [UInt8](repeating: 0, count: 100_000),
            random.bytes(count: 1), random.bytes(count: 4096), random.bytes(count: 70_000),
            (0..<3000).flatMap { _ in line }, line,
        ]
    }()

    private func inflated(_ bytes: [UInt8], maximum: Int = 1 << 20) throws -> [UInt8] {
        var decompressor = try Decompressor()
        return try decompressor.bytes(bytes, maximum: maximum)
    }

    @Test("What was compressed comes out again, payload after payload, behind what the buffers hold")
    func roundTrip() throws {
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        for payload in Self.payloads + Self.payloads {
            var wire = ByteBuffer(string: "before")
            try compressor.compress(ByteBuffer(bytes: payload), into: &wire)
            #expect(wire.readString(length: 6) == "before")
            var result = ByteBuffer(string: "ahead")
            try decompressor.decompress(wire, maximumByteCount: payload.count, into: &result)
            #expect(result.readString(length: 5) == "ahead")
            #expect(Array(result.readableBytesView) == payload)
        }
    }

    @Test("What was said before makes the next payload smaller")
    func history() throws {
        var compressor = try Compressor()
        var random = RandomSource.seeded(6)
        let payload = random.bytes(count: 1000)
        #expect(try compressor.bytes(payload).count > 1000)
        #expect(try compressor.bytes(payload).count < 50)
    }

    @Test("Random data hardly grows")
    func growth() throws {
        var compressor = try Compressor()
        var random = RandomSource.seeded(7)
        for count in [1, 100, 32_768, 262_144] {
            #expect(try compressor.bytes(random.bytes(count: count)).count <= count + count / 1000 + 32)
        }
    }

    @Test("An empty payload stays empty, and disturbs nothing")
    func empty() throws {
        var compressor = try Compressor()
        var decompressor = try Decompressor()
        for payload in [[], [1, 2, 3], [], [], [4], []] as [[UInt8]] {
            #expect(try decompressor.bytes(compressor.bytes(payload), maximum: 3) == payload)
        }
        #expect(try inflated([], maximum: 0) == [])
    }

    @Test(
        "What another zlib flushed, partially or to a byte's end, is understood",
        arguments: [
            ["789c8a6300828cd49c9c7c1d05648a0b20", "80e270490004", "502240"],
            ["789c8a6300828cd49c9c7c1d05648a0b000000ffff", "8ac32501000000ffff", "4a04000000ffff"],
        ])
    func recorded(wires: [String]) throws {
        var decompressor = try Decompressor()
        let line = [94, 0, 0, 0, 0] + Array("hello, hello, hello\n".utf8)
        for (wire, payload) in zip(wires, [line, line, Array("a".utf8)]) {
            #expect(try decompressor.bytes(hex(wire), maximum: 100) == payload)
        }
    }

    @Test("We flush as another zlib does, partially")
    func sameBytes() throws {
        var compressor = try Compressor()
        let line = [94, 0, 0, 0, 0] + Array("hello, hello, hello\n".utf8)
        #expect(try compressor.bytes(line) == hex("789c8a6300828cd49c9c7c1d05648a0b20"))
        #expect(try compressor.bytes(line) == hex("80e270490004"))
        #expect(try compressor.bytes([0x61]) == hex("502240"))
    }

    @Test("The maximum is exact", arguments: [1, 2, 4095, 4096, 4097, 8192, 100_000])
    func maximum(count: Int) throws {
        var random = RandomSource.seeded(8)
        for payload in [[UInt8](repeating: 7, count: count), random.bytes(count: count)] {
            var compressor = try Compressor()
            let wire = try compressor.bytes(payload)
            #expect(try inflated(wire, maximum: count) == payload)
            #expect(throws: CryptoError.failed(operation: "inflate")) { try inflated(wire, maximum: count - 1) }
        }
    }

    @Test("A bomb takes no more memory than the maximum allows, and the stream is of no use afterwards")
    func bomb() throws {
        var compressor = try Compressor()
        let bomb = try compressor.bytes([UInt8](repeating: 0, count: 64 << 20))
        #expect(bomb.count < 262_144 / 2)
        var decompressor = try Decompressor()
        var output = ByteBuffer(string: "kept")
        #expect(throws: CryptoError.self) {
            try decompressor.decompress(ByteBuffer(bytes: bomb), maximumByteCount: 262_144, into: &output)
        }
        #expect(output == ByteBuffer(string: "kept"))
        #expect(output.capacity <= 1 << 20)
        let next = try compressor.bytes([1])
        #expect(throws: CryptoError.self) { try decompressor.bytes(next, maximum: 1 << 30) }
    }

    @Test(
        "A stream that ends, with or without more behind it, one that wants a dictionary and one that is none are refused",
        arguments: [
            "789c4b4c4a0600024d0127", "789c4b4c4a0600024d0127ff", "78bb16c004374a81b300000000ffff", "ff00", "789d",
            "789c07", "789c0000000000",
        ])
    func refused(wire: String) throws {
        #expect(throws: CryptoError.failed(operation: "inflate")) { try inflated(hex(wire)) }
    }

    @Test("Whatever bytes come, there is an error or a result within the maximum, never a trap")
    func noise() throws {
        var compressor = try Compressor()
        let honest = try compressor.bytes(Array("a line that repeats, a line that repeats".utf8))
        var refusals = 0
        for bit in 0..<honest.count * 8 {
            var changed = honest
            changed[bit / 8] ^= 1 << (bit % 8)
            do { #expect(try inflated(changed, maximum: 60).count <= 60) } catch { refusals += 1 }
        }
        #expect(refusals > 16)
        var random = RandomSource.seeded(9)
        for count in 1..<200 {
            let bytes = [0x78, 0x9C] + random.bytes(count: count)
            do { #expect(try inflated(bytes, maximum: 60).count <= 60) } catch { refusals += 1 }
        }
        #expect(refusals > 116)
    }

    @Test("Negative and enormous maxima are no trap", arguments: [Int.min, -2, -1, Int.max - 1, Int.max])
    func absurd(maximum: Int) throws {
        let wire = hex("789c8a6300828cd49c9c7c1d05648a0b20")
        if maximum > 0 {
            #expect(try inflated(wire, maximum: maximum).count == 25)
        } else {
            #expect(throws: CryptoError.self) { try inflated(wire, maximum: maximum) }
        }
    }

    @Test("Both names are OpenSSH's")
    func names() {
        #expect(CompressionAlgorithm.allCases.map(\.rawValue) == ["none", "zlib@openssh.com"])
    }
}

extension Compressor {
    mutating func bytes(_ payload: [UInt8]) throws -> [UInt8] {
        var output = ByteBuffer()
        try compress(ByteBuffer(bytes: payload), into: &output)
        return Array(output.readableBytesView)
    }
}

extension Decompressor {
    mutating func bytes(_ payload: [UInt8], maximum: Int) throws -> [UInt8] {
        var output = ByteBuffer()
        try decompress(ByteBuffer(bytes: payload), maximumByteCount: maximum, into: &output)
        return Array(output.readableBytesView)
    }
}
