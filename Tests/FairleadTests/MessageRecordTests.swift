import Fairlead
import NIOCore
import SSHCore
import SSHCrypto
import SSHWire
import Testing

@Suite("The public record of messages")
struct MessageRecordTests {
    /// What an engine puts on record when a server says this before there are keys.
    private func records(identification: String = "SSH-2.0-server", _ payloads: [ByteBuffer]) throws -> [MessageRecord]
    {
        var configuration = EngineConfiguration(user: [97])
        configuration.recordsMessages = true
        var engine = try Engine(configuration, random: .seeded(1), now: Instant(sinceStart: .seconds(100)))
        var bytes = ByteBuffer(string: identification + "\n")
        for payload in payloads {
            let padding = 16 - (payload.readableBytes + 5) % 8
            bytes.writeInteger(UInt32(1 + payload.readableBytes + padding))
            bytes.writeInteger(UInt8(padding))
            bytes.writeImmutableBuffer(payload)
            bytes.writeRepeatingByte(0, count: padding)
        }
        try? engine.receive(&bytes, now: Instant(sinceStart: .seconds(102)))
        return engine.takeRecords().map { MessageRecord($0) }
    }

    @Test("What a server wrote is escaped: its identification, its texts and each name of its lists")
    func escaped() throws {
        let hostile = "\u{1B}[31mred\r\n\u{202E}"
        var proposal = AlgorithmPolicy.standard.proposal(cookie: [UInt8](repeating: 0xC0, count: 16), isFirst: true)
        proposal.keyExchanges = [Name(hostile), "curve25519-sha256"]
        let records = try records(
            identification: "SSH-2.0-\u{1B}[31m",
            [
                DebugMessage(alwaysDisplay: true, text: ByteBuffer(string: hostile)).payload, proposal.payload,
                Disconnect(reason: .byApplication, description: hostile).payload,
            ])
        let received = records.filter { $0.direction == .received }
        #expect(received.map(\.name) == ["identification", "DEBUG", "KEXINIT", "DISCONNECT"])
        try #require(received.count == 4)
        let text = "\\x1b[31mred\\x0d\\x0a\\u{202e}"
        #expect(received[0].fields.map(\.value) == [.text("SSH-2.0-\\x1b[31m")])
        #expect(received[1].fields.map(\.value) == [.boolean(true), .text(text), .text("")])
        #expect(received[2].fields[0].value == .bytes([UInt8](repeating: 0xC0, count: 16)))
        #expect(received[2].fields[1].value == .names([text, "curve25519-sha256"]))
        #expect(received[3].fields.map(\.value) == [.number(11), .text(text), .text("")])
        for value in received.flatMap(\.fields).map(\.value) {
            let scalars = "\(value)".unicodeScalars
            #expect(scalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7F })
        }
    }

    @Test("Numbers, times and lengths are those of the packet")
    func packet() throws {
        let records = try records([
            ByteBuffer(bytes: [2, 0, 0, 0, 11] + [UInt8](1...11)), ByteBuffer(bytes: [20, 1, 2]),
        ])
        #expect(records.first?.direction == .sent && records.first?.time == .zero)
        #expect(records.first?.number == nil && records.first?.packetLength == nil)
        let received = records.filter { $0.direction == .received }
        #expect(received.map(\.number) == [nil, 2, 20])
        try #require(received.count == 3)
        #expect(received.map(\.time) == [.seconds(2), .seconds(2), .seconds(2)])
        #expect(received.map(\.sequenceNumber) == [nil, 0, 1])
        #expect(received.map(\.payloadByteCount) == ["SSH-2.0-server\n".utf8.count, 16, 3])
        #expect(received.map(\.packetLength) == [nil, 28, 20])
        #expect(received.allSatisfy { !$0.isEncrypted })
        #expect(received[1].fields.map(\.value) == [.data])
        #expect(received[1].fields[0].byteCount == 11)
        #expect(received[2].fields.map(\.value) == [.undecoded] && received[2].fields[0].byteCount == 2)
    }
}
