package import NIOCore

/// A message as a plain value: its fields in wire order, decoded from and encoded into the bytes after its number.
package protocol Message: Sendable {
    static var number: MessageNumber { get }

    /// Whether bytes after the last known field are ignored rather than refused.
    static var toleratesTrailingBytes: Bool { get }

    /// Reads the fields; `body` begins after the message number.
    init(from body: inout ByteBuffer) throws(WireError)

    /// Writes the fields, without the message number.
    func encode(into body: inout ByteBuffer)
}

extension Message {
    package static var toleratesTrailingBytes: Bool { false }

    /// Decodes a whole payload, number included.
    package init(payload: ByteBuffer) throws(WireError) {
        var body = payload
        let number = try body.readByte()
        guard number == Self.number.rawValue else { throw .wrongMessage(number: number) }
        try self.init(from: &body)
        if !Self.toleratesTrailingBytes { try body.requireEnd() }
    }

    /// The whole payload, number included.
    package var payload: ByteBuffer {
        var payload = ByteBuffer()
        encodePayload(into: &payload)
        return payload
    }

    package func encodePayload(into payload: inout ByteBuffer) {
        payload.writeInteger(Self.number.rawValue)
        encode(into: &payload)
    }
}
