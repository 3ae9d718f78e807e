package import SSHCore
import SSHWire

/// One message as it was sent or received, or one side's identification line.
///
/// A password is never in it, nor how long it is; of what users send and receive it has the length alone.
public struct MessageRecord: Hashable, Sendable {
    /// Which way a message went.
    public enum Direction: Hashable, Sendable { case sent, received }

    /// One field of a message.
    public struct Field: Hashable, Sendable {
        /// The RFC's name; parts of a key or a signature have its name and a dot before their own.
        public let name: String
        /// Its length without its own length field; zero for a secret.
        public let byteCount: Int
        /// What it holds.
        public let value: Value
    }

    /// What a field holds; texts and names are escaped.
    public enum Value: Hashable, Sendable {
        case number(UInt32)
        case boolean(Bool)
        case text(String)
        case names([String])
        case integer([UInt8], bitCount: Int)
        case bytes([UInt8])
        /// What only the length is kept of: what users send and receive.
        case data
        /// It is there; nothing else is told.
        case secret
        /// What does not parse, or is not known.
        case undecoded
    }

    private let record: RecordedMessage
    /// The fields in wire order.
    public let fields: [Field]

    package init(_ record: RecordedMessage) {
        self.record = record
        fields = record.fields.map { Field(name: $0.name, byteCount: $0.byteCount, value: Value($0)) }
    }

    /// Which way it went.
    public var direction: Direction { record.direction == .sent ? .sent : .received }
    /// The message number; nil for an identification line.
    public var number: UInt8? { record.number?.rawValue }
    /// The RFC's name without its prefix, such as `KEXINIT`, or `identification`.
    public var name: String { record.name }
    /// The packet's sequence number; nil for an identification line.
    ///
    /// A gap means that records were dropped: too many came at once.
    public var sequenceNumber: UInt32? { record.packet?.sequence }
    /// The packet_length field (RFC 4253 §6); nil for an identification line.
    public var packetLength: UInt32? { record.packet?.length }
    /// The payload's length, or an identification line's with its terminator; nil where it would tell how long a secret is.
    public var payloadByteCount: Int? { record.payloadByteCount }
    /// Whether the packet was encrypted.
    public var isEncrypted: Bool { record.packet?.isEncrypted ?? false }
    /// Since the connection began.
    public var time: Duration { record.time }
}

extension MessageRecord.Value {
    fileprivate init(_ field: MessageField) {
        self =
            switch (field.value, field.kind) {
            case (.number(let number), .boolean): .boolean(number != 0)
            case (.number(let number), _): .number(number)
            case (.bytes(let bytes), .text): .text(PeerText.line(bytes, maximumByteCount: MessageSchema.keptByteCount))
            case (.bytes(let bytes), .names):
                .names(bytes.split(separator: UInt8(ascii: ",")).map { PeerText.line($0) })
            case (.bytes(let bytes), .mpint): .integer(bytes, bitCount: MPInt(magnitude: bytes).bitCount)
            case (.bytes(let bytes), _): .bytes(bytes)
            case (.none, .data): .data
            case (.none, .secret): .secret
            case (.none, _): .undecoded
            }
    }
}
