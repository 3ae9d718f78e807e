import NIOCore
import SSHWire
import Testing

/// One field of a message, as the RFC writes it.
enum Field: Sendable {
    case byte(UInt8)
    case uint32(UInt32)
    case bytes([UInt8])
    case string([UInt8])
    /// What a message carries undecoded at its end.
    case rest([UInt8])

    static func text(_ text: String) -> Field { .string(Array(text.utf8)) }

    var encoded: [UInt8] {
        switch self {
        case .byte(let value): [value]
        case .uint32(let value): Field.bigEndian(value)
        case .bytes(let value), .rest(let value): value
        case .string(let value): Field.bigEndian(UInt32(value.count)) + value
        }
    }

    static func bigEndian(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF)]
    }
}

/// A message written field by field, without the code under test, and the code that is to read it.
struct MessageSample: Sendable, CustomTestStringConvertible {
    /// What may follow the fields that a message needs.
    enum Tail: Sendable { case nothing, ignored, undecoded }

    let name: String
    let number: UInt8
    let fields: [Field]
    /// How many of the fields must be there.
    let requiredFieldCount: Int
    let tail: Tail
    /// Decodes a payload and encodes the result, after proving that this loses nothing.
    let reencode: @Sendable (ByteBuffer) throws -> [UInt8]

    init<M: Message & Hashable>(
        _ type: M.Type, number: UInt8, _ fields: [Field], required: Int? = nil, tail: Tail = .nothing, note: String = ""
    ) {
        name = "\(type)\(note)"
        self.number = number
        self.fields = fields
        requiredFieldCount = required ?? fields.count
        self.tail = tail
        reencode = { payload in
            let message = try M(payload: payload)
            guard try M(payload: message.payload) == message else { throw NotTheSame() }
            return Array(message.payload.readableBytesView)
        }
    }

    struct NotTheSame: Error {}

    var testDescription: String { name }

    var payload: [UInt8] { [number] + fields.flatMap(\.encoded) }

    var requiredByteCount: Int { 1 + fields.prefix(requiredFieldCount).reduce(0) { $0 + $1.encoded.count } }

    /// Where the lengths of its strings stand, and whether the string must be there.
    var stringOffsets: [(offset: Int, isRequired: Bool)] {
        var offset = 1
        var offsets: [(offset: Int, isRequired: Bool)] = []
        for (index, field) in fields.enumerated() {
            if case .string = field { offsets.append((offset, index < requiredFieldCount)) }
            offset += field.encoded.count
        }
        return offsets
    }

    /// Whether this many bytes of the payload are a message by themselves.
    func isWhole(prefix count: Int) -> Bool {
        if number == 6 && count == 1 { return true }  // SERVICE_ACCEPT may be empty.
        return count >= requiredByteCount && tail != .nothing
    }
}

extension MessageSample {
    static let all: [MessageSample] = transport + keyExchange + authentication + connection

    private static let transport = [
        MessageSample(
            Disconnect.self, number: 1, [.uint32(11), .text("bye"), .text("")], required: 0, tail: .ignored),
        MessageSample(Ignore.self, number: 2, [.text("padding")], tail: .ignored),
        MessageSample(Unimplemented.self, number: 3, [.uint32(0xFFFF_FFFF)], tail: .ignored),
        MessageSample(
            DebugMessage.self, number: 4, [.byte(1), .text("words"), .text("")], required: 2, tail: .ignored),
        MessageSample(ServiceRequest.self, number: 5, [.text("ssh-userauth")]),
        MessageSample(ServiceAccept.self, number: 6, [.text("ssh-userauth")]),
        MessageSample(
            ExtInfo.self, number: 7,
            [
                .uint32(2), .text("server-sig-algs"), .text("ssh-ed25519,rsa-sha2-512"), .text("x@y"),
                .string([0, 0xFF]),
            ]),
        MessageSample(ExtInfo.self, number: 7, [.uint32(0)], note: " without extensions"),
        MessageSample(Ping.self, number: 192, [.text("echo")], tail: .ignored),
        MessageSample(Pong.self, number: 193, [.text("echo")], tail: .ignored),
    ]

    private static let keyExchange = [
        MessageSample(
            KexInit.self, number: 20,
            [
                .bytes(Array(1...16)), .text("curve25519-sha256,ecdh-sha2-nistp256"), .text("ssh-ed25519"),
                .text("aes128-ctr"), .text("aes256-ctr"), .text("hmac-sha2-256"), .text("hmac-sha2-512"), .text("none"),
                .text("none,zlib"), .text(""), .text("en"), .byte(1), .uint32(0),
            ]),
        MessageSample(NewKeys.self, number: 21, []),
        MessageSample(KexECDHInit.self, number: 30, [.string([UInt8](repeating: 9, count: 32))]),
        MessageSample(KexECDHReply.self, number: 31, [.text("key"), .string([1, 2, 3]), .text("signature")]),
        MessageSample(KexDHGexGroup.self, number: 31, [.string([0, 0xFF, 0xFB]), .string([2])]),
        MessageSample(KexDHGexInit.self, number: 32, [.string([0, 0x80, 1])]),
        MessageSample(KexDHGexReply.self, number: 33, [.text("key"), .string([0, 0xF0]), .text("signature")]),
        MessageSample(KexDHGexRequest.self, number: 34, [.uint32(2048), .uint32(3072), .uint32(8192)]),
    ]

    private static let authentication = [
        MessageSample(
            UserauthRequest.self, number: 50, [.string([0xE9, 0xFF]), .text("ssh-connection"), .text("none")],
            note: " none"),
        MessageSample(
            UserauthRequest.self, number: 50,
            [
                .text("bob"), .text("ssh-connection"), .text("publickey"), .byte(0), .text("ssh-ed25519"),
                .text("blob"),
            ], note: " query"),
        MessageSample(
            UserauthRequest.self, number: 50,
            [
                .text("bob"), .text("ssh-connection"), .text("publickey"), .byte(1), .text("ssh-ed25519"),
                .text("blob"),
                .text("signature"),
            ], note: " signed"),
        MessageSample(
            UserauthRequest.self, number: 50,
            [
                .text("bob"), .text("ssh-connection"), .text("publickey-hostbound-v00@openssh.com"), .byte(0),
                .text("ssh-ed25519"), .text("blob"), .text("host key"),
            ], note: " query, host-bound"),
        MessageSample(
            UserauthRequest.self, number: 50,
            [
                .text("bob"), .text("ssh-connection"), .text("publickey-hostbound-v00@openssh.com"), .byte(1),
                .text("ssh-ed25519"), .text("blob"), .text("host key"), .text("signature"),
            ], note: " signed, host-bound"),
        MessageSample(
            UserauthRequest.self, number: 50,
            [.text("bob"), .text("ssh-connection"), .text("keyboard-interactive"), .text(""), .text("")],
            note: " interactive"),
        MessageSample(
            UserauthInfoRequest.self, number: 60,
            [
                .text("name"), .string([0x1B, 0xFF]), .text(""), .uint32(2), .text("Code: "), .byte(0), .text(""),
                .byte(1),
            ], tail: .ignored),
        MessageSample(
            UserauthInfoRequest.self, number: 60, [.text(""), .text("words"), .text(""), .uint32(0)], tail: .ignored,
            note: " without prompts"),
        MessageSample(UserauthFailure.self, number: 51, [.text("publickey,password"), .byte(1)]),
        MessageSample(UserauthSuccess.self, number: 52, [], tail: .ignored),
        MessageSample(UserauthBanner.self, number: 53, [.text("hello\n"), .text("")], required: 1, tail: .ignored),
        MessageSample(UserauthPublicKeyOK.self, number: 60, [.text("ssh-ed25519"), .text("blob")]),
        MessageSample(
            UserauthPasswordChangeRequest.self, number: 60, [.text("expired"), .text("")], required: 1, tail: .ignored),
    ]

    private static let connection = [
        MessageSample(
            GlobalRequest.self, number: 80, [.text("keepalive@openssh.com"), .byte(1), .rest([1, 2])], required: 2,
            tail: .undecoded),
        MessageSample(RequestFailure.self, number: 82, [], tail: .ignored),
        MessageSample(
            ChannelOpen.self, number: 90,
            [.text("session"), .uint32(1), .uint32(0xFFFF_FFFF), .uint32(32768), .rest([7])], required: 4,
            tail: .undecoded),
        MessageSample(
            ChannelOpenConfirmation.self, number: 91, [.uint32(1), .uint32(2), .uint32(0xFFFF_FFFF), .uint32(0)]),
        MessageSample(ChannelOpenFailure.self, number: 92, [.uint32(1), .uint32(4), .text("no"), .text("")]),
        MessageSample(ChannelWindowAdjust.self, number: 93, [.uint32(1), .uint32(0xFFFF_FFFF)]),
        MessageSample(ChannelData.self, number: 94, [.uint32(1), .text("data")]),
        MessageSample(ChannelExtendedData.self, number: 95, [.uint32(1), .uint32(1), .text("data")]),
        MessageSample(ChannelEOF.self, number: 96, [.uint32(1)]),
        MessageSample(ChannelClose.self, number: 97, [.uint32(1)]),
        MessageSample(
            ChannelRequest.self, number: 98, [.uint32(1), .text("exit-status"), .byte(0), .rest([0, 0, 0, 3])],
            required: 3, tail: .undecoded),
        MessageSample(ChannelSuccess.self, number: 99, [.uint32(1)], tail: .ignored),
        MessageSample(ChannelFailure.self, number: 100, [.uint32(1)], tail: .ignored),
    ]
}
