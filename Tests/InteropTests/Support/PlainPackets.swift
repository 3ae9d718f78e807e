import NIOCore

/// The start of one direction of an SSH connection, before any key is in use: the identification line, then packets in
/// the clear (RFC 4253 §4.2, §6).
struct PlainPackets {
    let identification: String
    /// Payloads: the message number and what follows it.
    let payloads: [[UInt8]]
    /// Of each packet the length of its padding.
    let paddings: [Int]
    /// What is no whole packet.
    let rest: [UInt8]

    private static let newKeys: UInt8 = 21

    var messageNumbers: [UInt8] { payloads.compactMap(\.first) }

    init(_ bytes: [UInt8]) {
        var buffer = ByteBuffer(bytes: bytes)
        let lineEnd = bytes.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
        identification = buffer.readString(length: lineEnd) ?? ""
        var payloads: [[UInt8]] = []
        var paddings: [Int] = []
        while let (payload, padding) = Self.takePacket(&buffer) {
            payloads.append(payload)
            paddings.append(padding)
            // From here on it is encrypted.
            if payload.first == Self.newKeys { break }
        }
        (self.payloads, self.paddings) = (payloads, paddings)
        rest = Array(buffer.readableBytesView)
    }

    /// A packet in the clear with the least padding.
    static func packet(_ payload: [UInt8]) -> [UInt8] {
        let padding = 4 + (8 - (payload.count + 9) % 8) % 8
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(payload.count + padding + 1))
        buffer.writeInteger(UInt8(padding))
        buffer.writeBytes(payload)
        buffer.writeRepeatingByte(0, count: padding)
        return Array(buffer.readableBytesView)
    }

    private static func takePacket(_ buffer: inout ByteBuffer) -> (payload: [UInt8], padding: Int)? {
        var ahead = buffer
        guard let length = ahead.readInteger(as: UInt32.self), let padding = ahead.readInteger(as: UInt8.self),
            length > UInt32(padding), var body = ahead.readSlice(length: Int(length) - 1),
            let payload = body.readBytes(length: Int(length) - 1 - Int(padding)), !payload.isEmpty
        else { return nil }
        buffer = ahead
        return (payload, Int(padding))
    }
}
