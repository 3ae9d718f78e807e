import NIOCore
package import SSHWire

/// One message as it was sent or received, or one side's identification line; secrets are not in it.
package struct RecordedMessage: Hashable, Sendable {
    package enum Direction: Hashable, Sendable { case sent, received }

    package let direction: Direction
    /// Nil for an identification line.
    package let number: MessageNumber?
    package let name: String
    package let packet: RecordedPacket?
    /// Nil where it would tell how long a secret is; of an identification line with its terminator.
    package let payloadByteCount: Int?
    /// Since the connection began.
    package let time: Duration
    package let fields: [MessageField]
}

/// The packet that a message travelled in.
package struct RecordedPacket: Hashable, Sendable {
    package let sequence: UInt32
    /// The packet_length field.
    package let length: UInt32
    package let isEncrypted: Bool
}

/// Keeps what was sent and received until the driver takes it, within limits: the oldest half goes first, which leaves a
/// gap in the sequence numbers.
struct Recorder {
    var now: Instant
    var context = MessageContext()
    private let start: Instant
    private var messages: [RecordedMessage] = []
    private var keptByteCount = 0

    init(now: Instant) {
        self.now = now
        start = now
    }

    mutating func take() -> [RecordedMessage] {
        defer {
            messages = []
            keptByteCount = 0
        }
        return messages
    }

    mutating func record(identification line: [UInt8], byteCount: Int, _ direction: RecordedMessage.Direction) {
        append(
            RecordedMessage(
                direction: direction, number: nil, name: "identification", packet: nil, payloadByteCount: byteCount,
                time: now - start, fields: [.identification(line)]))
    }

    mutating func record(_ payload: ByteBuffer, _ direction: RecordedMessage.Direction, in packet: RecordedPacket) {
        let number = MessageNumber(rawValue: payload.readableBytesView.first ?? 0)
        if number == .kexInit { context.shares = .strings }
        if number == .kexDHGexRequest, direction == .sent { context.shares = .group }
        let (name, fields) = MessageSchema.decode(payload, in: context)
        if number == .userauthRequest, direction == .sent, fields.count > 2, case .bytes(let method) = fields[2].value {
            context.method = String(decoding: method, as: UTF8.self)
        }
        let hasSecret = fields.contains { $0.kind == .secret }
        append(
            RecordedMessage(
                direction: direction, number: number, name: name, packet: packet,
                payloadByteCount: hasSecret ? nil : payload.readableBytes, time: now - start, fields: fields))
    }

    private mutating func append(_ message: RecordedMessage) {
        messages.append(message)
        keptByteCount += message.keptByteCount
        guard keptByteCount > Limits.recordByteCount else { return }
        messages.removeFirst((messages.count + 1) / 2)
        keptByteCount = messages.reduce(0) { $0 + $1.keptByteCount }
    }
}

extension RecordedMessage {
    /// Roughly what it takes to keep.
    fileprivate var keptByteCount: Int {
        fields.reduce(128) {
            guard case .bytes(let bytes) = $1.value else { return $0 + 128 }
            return $0 + 128 + bytes.count
        }
    }
}
