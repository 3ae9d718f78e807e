import NIOCore
import SSHWire
import Testing

@Suite("RFC 4251 encodings")
struct EncodingTests {
    @Test("Numbers are big-endian, and too few bytes throw")
    func integers() throws {
        var buffer = ByteBuffer(bytes: [1, 0, 0, 1, 2, 0x80, 0, 0, 0, 0, 0, 0, 3])
        #expect(try buffer.readByte() == 1)
        #expect(try buffer.readUInt32() == 0x102)
        #expect(try buffer.readUInt64() == 0x8000_0000_0000_0003)
        #expect(throws: WireError.truncated) { try buffer.readByte() }
        var short = ByteBuffer(bytes: [1, 2, 3])
        #expect(throws: WireError.truncated) { try short.readUInt32() }
        #expect(throws: WireError.truncated) { try short.readUInt64() }
        #expect(throws: WireError.truncated) { try short.readFixed(count: 4) }
        #expect(try short.readFixed(count: 3) == [1, 2, 3])
    }

    @Test("A boolean is true for any byte but zero, and is written as 1", arguments: [0, 1, 2, 0x80, 0xFF] as [UInt8])
    func booleans(byte: UInt8) throws {
        var buffer = ByteBuffer(bytes: [byte])
        let value = try buffer.readBoolean()
        #expect(value == (byte != 0))
        var written = ByteBuffer()
        written.writeBoolean(value)
        #expect(Array(written.readableBytesView) == [byte == 0 ? 0 : 1])
    }

    @Test(
        "A string is what is really there, and a length that promises more throws", arguments: [4, 1 << 31, UInt32.max])
    func strings(lie: UInt32) throws {
        var buffer = ByteBuffer(bytes: [0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0])
        #expect(try buffer.readStringBytes() == [1, 2, 3])
        #expect(try buffer.readString().readableBytes == 0)
        #expect(throws: WireError.truncated) { try buffer.readString() }
        var lying = ByteBuffer(bytes: Field.bigEndian(lie) + [1, 2, 3])
        #expect(throws: WireError.truncated) { try lying.readStringBytes() }
    }

    @Test("All ways to write a string write the same")
    func writing() {
        var buffers = [ByteBuffer](repeating: ByteBuffer(), count: 4)
        buffers[0].writeString([97, 98] as [UInt8])
        buffers[1].writeString(ByteBuffer(string: "ab"))
        buffers[2].writeString(Name("ab"))
        buffers[3].writeString(utf8: "ab")
        for buffer in buffers { #expect(Array(buffer.readableBytesView) == [0, 0, 0, 2, 97, 98]) }
    }

    @Test("The rest is all that is left, and an end that is none is told by its bytes")
    func ends() throws {
        var buffer = ByteBuffer(bytes: [1, 2, 3])
        #expect(throws: WireError.trailingBytes(count: 3)) { try buffer.requireEnd() }
        #expect(Array(buffer.readRest().readableBytesView) == [1, 2, 3])
        try buffer.requireEnd()
    }

    @Test("Names are equal when their bytes are, and shown escaped")
    func names() {
        #expect(Name("e\u{301}") != Name("\u{E9}"))
        #expect(Name([0x61, 0xFF, 0x1B]).text == "a\\xff\\x1b")
    }

    @Test("A channel number is any 32 bits", arguments: [0, 1, UInt32.max])
    func channelNumbers(value: UInt32) throws {
        var buffer = ByteBuffer()
        ChannelID(rawValue: value).encode(into: &buffer)
        #expect(try ChannelID(from: &buffer).rawValue == value)
    }
}

@Suite("Multiple-precision integers")
struct MPIntTests {
    @Test(
        "The RFC's examples, read and written",
        arguments: [
            ([], [0, 0, 0, 0]),
            (
                [0x09, 0xA3, 0x78, 0xF9, 0xB2, 0xE3, 0x32, 0xA7],
                [0, 0, 0, 8, 0x09, 0xA3, 0x78, 0xF9, 0xB2, 0xE3, 0x32, 0xA7]
            ),
            ([0x80], [0, 0, 0, 2, 0, 0x80]),
        ] as [([UInt8], [UInt8])])
    func examples(magnitude: [UInt8], encoded: [UInt8]) throws {
        var buffer = ByteBuffer(bytes: encoded)
        #expect(try MPInt(from: &buffer) == MPInt(magnitude: magnitude))
        var written = ByteBuffer()
        MPInt(magnitude: [0, 0] + magnitude).encode(into: &written)
        #expect(Array(written.readableBytesView) == encoded)
    }

    @Test(
        "Negative numbers are refused",
        arguments: [[0, 0, 0, 2, 0xED, 0xCC], [0, 0, 0, 5, 0xFF, 0x21, 0x52, 0x41, 0x11], [0, 0, 0, 1, 0x80]]
            as [[UInt8]])
    func negative(encoded: [UInt8]) {
        var buffer = ByteBuffer(bytes: encoded)
        #expect(throws: WireError.outOfRange) { try MPInt(from: &buffer) }
    }

    @Test("Redundant zeros are dropped")
    func zeros() throws {
        var buffer = ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 1, 0])
        #expect(try MPInt(from: &buffer).magnitude == [5])
        #expect(try MPInt(from: &buffer).magnitude == [])
    }

    @Test("16,384 bits are the most, and truncation throws")
    func limits() throws {
        var largest = ByteBuffer()
        MPInt(magnitude: [UInt8](repeating: 0xFF, count: 2048)).encode(into: &largest)
        #expect(try MPInt(from: &largest).bitCount == 16384)
        var tooLarge = ByteBuffer()
        tooLarge.writeString([UInt8](repeating: 1, count: 2050))
        #expect(throws: WireError.outOfRange) { try MPInt(from: &tooLarge) }
        for count in 0..<6 {
            var short = ByteBuffer(bytes: [0, 0, 0, 2, 0, 0x80].prefix(count))
            #expect(throws: WireError.truncated) { try MPInt(from: &short) }
        }
        var lying = ByteBuffer(bytes: Field.bigEndian(.max) + [1])
        #expect(throws: WireError.truncated) { try MPInt(from: &lying) }
    }

    @Test(
        "The bit count is that of the number",
        arguments: [([], 0), ([1], 1), ([0x80], 8), ([1, 0], 9), ([0, 0, 3], 2)] as [([UInt8], Int)])
    func bitCounts(magnitude: [UInt8], bits: Int) {
        #expect(MPInt(magnitude: magnitude).bitCount == bits)
    }
}

@Suite("Name-lists")
struct NameListTests {
    private func read(_ text: String) throws -> NameList {
        var buffer = ByteBuffer()
        buffer.writeString(utf8: text)
        return try NameList(from: &buffer)
    }

    @Test(
        "A list is names with commas between, and writes back as it was",
        arguments: ["", "a", "a,b", "zlib,zlib@openssh.com"])
    func roundTrip(text: String) throws {
        let list = try read(text)
        #expect(list.names.map(\.text) == text.split(separator: ",").map(String.init))
        #expect(list.joined == Array(text.utf8))
        var written = ByteBuffer()
        list.encode(into: &written)
        #expect(Array(written.readableBytesView) == Field.text(text).encoded)
    }

    @Test("Names that can never match do no harm")
    func oddNames() throws {
        #expect(try read(",a,,b,").names == ["a", "b"])
        #expect(try read("a\u{0}b,\u{1B}[31m,a,a").names.count == 4)
        #expect(try read(String(repeating: "x", count: 1000)).contains("x") == false)
        #expect(try read("e\u{301}").contains(Name("\u{E9}")) == false)
        #expect(try read("a\u{1B}").text == "a\\x1b")
    }

    @Test("1,024 names and 16 KiB are the most, unless the caller says otherwise")
    func limits() throws {
        #expect(try read([String](repeating: "a", count: 1024).joined(separator: ",")).names.count == 1024)
        #expect(throws: WireError.outOfRange) { try read([String](repeating: "a", count: 1025).joined(separator: ",")) }
        #expect(try read(String(repeating: "a", count: 16384)).names.count == 1)
        #expect(throws: WireError.outOfRange) { try read(String(repeating: "a", count: 16385)) }
        var wider = ByteBuffer()
        wider.writeString(utf8: String(repeating: "a", count: 16385))
        #expect(try NameList(from: &wider, maximumByteCount: 16385).names.count == 1)
    }
}
