import NIOCore
import SSHWire

/// Falsehoods about one field of a payload, at its place by the schema: lengths, numbers and truths.
enum FieldLie {
    static func apply(field: Int, lie: Int, to payload: inout [UInt8], in context: MessageContext = MessageContext()) {
        let fields = MessageSchema.decode(ByteBuffer(bytes: payload), in: context).fields
        guard !fields.isEmpty else { return }
        let chosen = fields[field % fields.count]
        switch chosen.kind {
        case .cookie, .secret, .undecoded, .optional, .again: return
        case .boolean:
            guard payload.indices.contains(chosen.offset) else { return }
            payload[chosen.offset] = [0, 1, 255][lie % 3]
        case .uint32: put(numbers, lie, at: chosen.offset, in: &payload, own: number(at: chosen.offset, in: payload))
        default:
            let rest = UInt32(truncatingIfNeeded: max(0, payload.count - chosen.offset - 4))
            let own = number(at: chosen.offset, in: payload)
            put(
                [0, rest, rest &+ 1, 1 << 31, .max, own &+ 1, own &- 1], lie, at: chosen.offset, in: &payload, own: own)
        }
    }

    /// Among them the first channel number of the scripted peer.
    private static let numbers: [UInt32] = [
        0, 1, 2, 3, 0x7FFF_FFFF, 1 << 31, .max, 4_294_967_040, 4_294_967_041, 32_768, 2 << 20, 64, 65,
    ]

    private static func put(_ values: [UInt32], _ lie: Int, at offset: Int, in payload: inout [UInt8], own: UInt32) {
        guard offset >= 0, payload.count - offset >= 4 else { return }
        let all = values + [own &+ 1, own &- 1]
        let value = all[lie % all.count]
        payload.replaceSubrange(offset..<offset + 4, with: ByteBuffer(integer: value).readableBytesView)
    }

    private static func number(at offset: Int, in payload: [UInt8]) -> UInt32 {
        payload.dropFirst(max(0, offset)).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }
}
