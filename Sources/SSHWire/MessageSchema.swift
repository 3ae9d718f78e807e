package import NIOCore

/// What a field of a message is, and how much of it a record may keep.
package indirect enum FieldKind: Hashable, Sendable {
    case boolean, uint32
    /// A `string` that is a name or meant to be read.
    case text
    /// A text that decides which fields come after the others.
    case selector
    case names, mpint
    /// A public binary `string`: a share or a blob.
    case bytes
    /// Sixteen bytes without a length.
    case cookie
    /// A public `string` that begins with a format's name: its parts are fields too.
    case key, signature
    /// What users send and receive: only its length is told.
    case data
    /// Never looked at, nor anything after it; not even the length is told.
    case secret
    /// May be missing at the end.
    case optional(FieldKind)
    /// No field: as many fields before it come again, as long as there are bytes.
    case again(Int)
    /// What does not parse or is not known: only its length is told.
    case undecoded
}

/// One field of one message.
package struct MessageField: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case number(UInt32)
        /// The contents, up to `MessageSchema.keptByteCount`.
        case bytes([UInt8])
        case none
    }

    /// The RFC's name; parts of a key or a signature have its name and a dot before their own.
    package let name: String
    package let kind: FieldKind
    /// Where it begins in the payload, its length field included.
    package let offset: Int
    /// Without the length field; zero for a secret.
    package let byteCount: Int
    package let value: Value

    /// The one field of an identification line.
    package static func identification(_ line: [UInt8]) -> MessageField {
        MessageField(name: "identification", kind: .text, offset: 0, byteCount: line.count, value: .bytes(line))
    }
}

/// What an ambiguous message number means: the method that runs decides.
package struct MessageContext: Hashable, Sendable {
    package enum Shares: String, Sendable { case strings = "", numbers = " DH", group = " GEX" }

    /// How the key exchange in progress shows its shares; `group` once the client asked for one.
    package var shares = Shares.strings
    /// The method of the last login request.
    package var method = ""

    package init() {}

    func key(_ number: UInt8) -> String {
        switch number {
        case 30, 31: "\(number)\(shares.rawValue)"
        case 60, 61: "\(number) \(method)"
        default: "\(number)"
        }
    }
}

/// Reads any payload by the one table of all messages' fields (`layouts`), never trusting a length.
package enum MessageSchema {
    package typealias Layout = KeyValuePairs<String, FieldKind>

    /// The longest list of names that is accepted, and far more than any share or blob.
    package static let keptByteCount = NameList.maximumByteCount
    package static let fieldCount = 256

    /// A payload's message, by name, and its fields.
    package static func decode(
        _ payload: ByteBuffer, in context: MessageContext
    ) -> (name: String, fields: [MessageField]) {
        var body = payload
        guard let number = body.readInteger(as: UInt8.self) else { return ("", []) }
        let key = context.key(number)
        var walk = FieldWalk()
        walk.read(body, at: 1, as: layouts[key] ?? [:], variants: "\(number) ", prefix: "")
        return (names[key] ?? MessageNumber(rawValue: number).name, walk.fields)
    }

    static func variant(_ variants: String, _ choice: ByteBuffer) -> Layout {
        layouts[variants + String(decoding: choice.readableBytesView.prefix(64), as: UTF8.self)] ?? [:]
    }

    /// What a key's or a signature's blob consists of (RFC 4253 §6.6).
    static func parts(of kind: FieldKind) -> (layout: Layout, variants: String) {
        kind == .key
            ? (["format identifier": .selector], "key ") : (["format identifier": .text, "data": .bytes], "")
    }
}

private struct FieldWalk {
    var fields: [MessageField] = []

    /// Reads `body`, which begins at `offset` of the payload; what a selector chose follows the layout.
    mutating func read(
        _ body: ByteBuffer, at offset: Int, as layout: MessageSchema.Layout, variants: String, prefix: String
    ) {
        var rest = body
        var plan = Array(layout)
        var index = 0
        var position: Int { offset + body.readableBytes - rest.readableBytes }
        while index < plan.count {
            let name = prefix + plan[index].key
            let kind: FieldKind
            switch plan[index].value {
            case .secret: return add(name, .secret, at: position, byteCount: 0)
            case .again(let count):
                // Once more, or done: no bytes are left.
                guard rest.readableBytes > 0, count <= index else { return }
                index -= count
                continue
            case .optional(let inner):
                guard rest.readableBytes > 0 else { return }
                kind = inner
            case let plain: kind = plain
            }
            let start = position
            guard fields.count < MessageSchema.fieldCount, let (value, contents) = Self.value(kind, from: &rest) else {
                return add(prefix + "undecoded", .undecoded, at: start, byteCount: rest.readableBytes)
            }
            add(name, kind, at: start, byteCount: contents.readableBytes, value)
            if kind == .selector { plan += MessageSchema.variant(variants, contents) }
            if kind == .key || kind == .signature {
                let (layout, variants) = MessageSchema.parts(of: kind)
                read(contents, at: start + 4, as: layout, variants: variants, prefix: name + ".")
            }
            index += 1
        }
        guard rest.readableBytes > 0 else { return }
        add(prefix + "undecoded", .undecoded, at: position, byteCount: rest.readableBytes)
    }

    private mutating func add(
        _ name: String, _ kind: FieldKind, at offset: Int, byteCount: Int, _ value: MessageField.Value = .none
    ) {
        fields.append(
            MessageField(
                name: name, kind: kind == .selector ? .text : kind, offset: offset, byteCount: byteCount, value: value))
    }

    /// A field's value and contents; nil, and nothing is read, where it is not all there.
    private static func value(
        _ kind: FieldKind, from rest: inout ByteBuffer
    ) -> (MessageField.Value, contents: ByteBuffer)? {
        let byteCount: Int? =
            switch kind {
            case .boolean: 1
            case .uint32: 4
            case .cookie: KexInit.cookieByteCount
            default: nil
            }
        var after = rest
        guard let contents = byteCount.map({ after.readSlice(length: $0) }) ?? (try? after.readString()) else {
            return nil
        }
        rest = after
        switch kind {
        case .boolean, .uint32:
            return (.number(contents.readableBytesView.reduce(0) { $0 << 8 | UInt32($1) }), contents)
        case .data:
            return (.none, contents)
        default:
            let count = min(contents.readableBytes, MessageSchema.keptByteCount)
            return (.bytes(contents.getBytes(at: contents.readerIndex, length: count) ?? []), contents)
        }
    }
}
