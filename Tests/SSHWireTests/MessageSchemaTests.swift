import NIOCore
import SSHWire
import Testing

/// What the record of a message says, against messages that were written field by field without it.
@Suite("The table of fields")
struct MessageSchemaTests {
    private func context(of sample: MessageSample) -> MessageContext {
        var context = MessageContext()
        context.method =
            sample.name.contains("PasswordChange")
            ? "password" : sample.name.contains("Info") ? "keyboard-interactive" : "publickey"
        if sample.name.contains("Gex") { context.shares = .group }
        return context
    }

    private func fields(_ sample: MessageSample, prefix count: Int? = nil) -> [MessageField] {
        let payload = ByteBuffer(bytes: sample.payload.prefix(count ?? sample.payload.count))
        return MessageSchema.decode(payload, in: context(of: sample)).fields
    }

    @Test(
        "Every message of the samples is read whole, field for field and value for value", arguments: MessageSample.all)
    func samples(sample: MessageSample) throws {
        // Parts of a key or signature repeat what their field holds.
        let found = fields(sample).filter { !$0.name.contains(".") }
        var offset = 1
        var index = 0
        for field in sample.fields {
            // Undecoded for the message's own type, known to the table.
            if case .rest(let bytes) = field {
                let rest = found[index...]
                #expect(rest.first?.offset == offset)
                #expect(bytes.isEmpty != (rest.first != nil))
                return
            }
            try #require(index < found.count, "\(sample) lacks a field")
            #expect(found[index].offset == offset)
            #expect(found[index].value == value(field, found[index].kind), "\(found[index].name)")
            offset += field.encoded.count
            index += 1
        }
        #expect(index == found.count)
        #expect(!found.contains { $0.kind == .undecoded })
    }

    private func value(_ field: Field, _ kind: FieldKind) -> MessageField.Value {
        switch field {
        case .byte(let byte): .number(UInt32(byte))
        case .uint32(let number): .number(number)
        case .bytes(let bytes), .rest(let bytes): .bytes(bytes)
        case .string(let bytes): kind == .data ? .none : .bytes(bytes)
        }
    }

    @Test(
        "A message that is cut off anywhere keeps what is there, and the rest is one undecoded field",
        arguments: MessageSample.all)
    func truncation(sample: MessageSample) {
        let whole = fields(sample)
        for count in 0..<sample.payload.count {
            let found = fields(sample, prefix: count)
            let top = found.filter { !$0.name.contains(".") }
            #expect(found.count <= whole.count + 1)
            #expect(top.dropLast().allSatisfy { $0.kind != .undecoded })
            guard let last = top.last, last.kind == .undecoded else {
                // A request whose signature is cut off looks like one without.
                let isUnsigned = whole.contains { $0.name == "signature" && $0.offset == count } && sample.number == 50
                let isList = sample.number == 7 || sample.name.contains("Info")
                #expect(count == 0 || sample.isWhole(prefix: count) || isList || isUnsigned)
                continue
            }
            #expect(last.offset + last.byteCount == count)
        }
    }

    @Test("A length that lies reaches nothing beyond the payload", arguments: MessageSample.all)
    func lies(sample: MessageSample) {
        for (offset, _) in sample.stringOffsets {
            for lie in [1 << 31, UInt32.max, UInt32(sample.payload.count)] {
                var payload = sample.payload
                payload.replaceSubrange(offset..<offset + 4, with: Field.bigEndian(lie))
                let found = MessageSchema.decode(ByteBuffer(bytes: payload), in: context(of: sample)).fields
                #expect(found.contains { $0.kind == .undecoded && $0.offset == offset })
            }
        }
    }

    @Test("No byte anywhere in a payload makes a field reach beyond it")
    func anyByte() {
        for sample in MessageSample.all {
            for index in sample.payload.indices {
                for value in [0, 1, 7, 20, 60, 80, 98, 0x7F, 0xFF] as [UInt8] {
                    var payload = sample.payload
                    payload[index] = value
                    let found = MessageSchema.decode(ByteBuffer(bytes: payload), in: context(of: sample)).fields
                    #expect(found.allSatisfy { $0.offset + $0.byteCount <= payload.count })
                }
            }
        }
    }

    @Test("A payload is read from where its buffer begins to be readable")
    func readerIndex() {
        var buffer = ByteBuffer(bytes: [9, 9, 9, 93, 0, 0, 0, 1, 0, 0, 0, 2])
        buffer.moveReaderIndex(forwardBy: 3)
        let (name, fields) = MessageSchema.decode(buffer, in: MessageContext())
        #expect(name == "CHANNEL_WINDOW_ADJUST")
        #expect(fields.map(\.name) == ["recipient channel", "bytes to add"])
        #expect(fields.map(\.offset) == [1, 5])
        #expect(fields.map(\.value) == [.number(1), .number(2)])
    }

    @Test("What the numbers 30, 31 and 60 mean depends on the method", arguments: ["", "DH", "GEX"])
    func ambiguous(method: String) {
        var context = MessageContext()
        context.shares = method == "DH" ? .numbers : method == "GEX" ? .group : .strings
        let names = [30, 31].map { MessageSchema.decode(ByteBuffer(bytes: [$0]), in: context).name }
        switch method {
        case "DH": #expect(names == ["KEXDH_INIT", "KEXDH_REPLY"])
        case "GEX": #expect(names == ["KEX_DH_GEX_REQUEST_OLD", "KEX_DH_GEX_GROUP"])
        default: #expect(names == ["KEX_ECDH_INIT", "KEX_ECDH_REPLY"])
        }
        context.method = "password"
        let (name, fields) = MessageSchema.decode(
            UserauthPasswordChangeRequest(prompt: ByteBuffer(string: "old")).payload, in: context)
        #expect(name == "USERAUTH_PASSWD_CHANGEREQ")
        #expect(fields.map(\.name) == ["prompt", "language tag"])
    }

    @Test("A password is a field without a length, and so is whatever follows it")
    func secret() {
        for isChange in [false, true] {
            var payload = ByteBuffer(bytes: [50])
            UserauthRequest.encodeHead(user: [97], service: "ssh-connection", method: "password", into: &payload)
            payload.writeBoolean(isChange)
            payload.writeString(utf8: "old secret")
            if isChange { payload.writeString(utf8: "new secret") }
            let fields = MessageSchema.decode(payload, in: MessageContext()).fields
            #expect(fields.map(\.name) == ["user name", "service name", "method name", "change", "plaintext password"])
            #expect(fields.last?.kind == .secret && fields.last?.byteCount == 0)
            #expect(fields.last.map { $0.value == .none } == true)
        }
        var context = MessageContext()
        context.method = "keyboard-interactive"
        let answers = MessageSchema.decode(ByteBuffer(bytes: [61, 0, 0, 0, 1, 0, 0, 0, 1, 97]), in: context).fields
        #expect(answers.map(\.kind) == [.uint32, .secret])
    }

    @Test("A key and a signature are taken apart: format, exponent, modulus; format and data (RFC 4253 §6.6)")
    func parts() {
        var key = ByteBuffer()
        for part in [Array("ssh-rsa".utf8), [1, 0, 1], [0] + [UInt8](repeating: 0xC0, count: 256)] {
            key.writeString(part)
        }
        var signature = ByteBuffer()
        for part in [Array("ssh-rsa".utf8), [UInt8](repeating: 7, count: 256)] { signature.writeString(part) }
        var context = MessageContext()
        context.shares = .group
        let reply = KexECDHReply(
            hostKey: Array(key.readableBytesView), publicShare: [UInt8](repeating: 3, count: 256),
            signature: Array(signature.readableBytesView))
        let (name, fields) = MessageSchema.decode(KexDHGexReply(reply).payload, in: context)
        #expect(name == "KEX_DH_GEX_REPLY")
        let names = [
            "K_S", "K_S.format identifier", "K_S.e", "K_S.n", "f", "signature", "signature.format identifier",
            "signature.data",
        ]
        #expect(fields.map(\.name) == names)
        #expect(fields.map(\.byteCount) == [279, 7, 3, 257, 256, 271, 7, 256])
        #expect(fields.map(\.offset) == [1, 5, 16, 23, 284, 544, 548, 559])
        #expect(fields[2].value == .bytes([1, 0, 1]))
    }

    @Test("Requests show their fields; a variable's value is only counted")
    func requests() {
        func fields(_ name: Name, _ details: [Field]) -> [MessageField] {
            let request = ChannelRequest(
                recipient: ChannelID(rawValue: 0), name: name, wantsReply: false,
                details: ByteBuffer(bytes: details.flatMap(\.encoded)))
            return Array(MessageSchema.decode(request.payload, in: MessageContext()).fields.dropFirst(3))
        }
        #expect(fields("exec", [.text("ls")]).map(\.value) == [.bytes(Array("ls".utf8))])
        #expect(fields("env", [.text("LANG"), .text("C")]).map(\.value) == [.bytes(Array("LANG".utf8)), .none])
        let terminal = fields("pty-req", [.text("vt100"), .uint32(80), .uint32(24), .uint32(0), .uint32(0), .text("")])
        #expect(terminal.map(\.kind) == [.text, .uint32, .uint32, .uint32, .uint32, .bytes])
        #expect(
            fields("exit-signal", [.text("TERM"), .byte(1), .text("died"), .text("")]).map(\.kind)
                == [.text, .boolean, .text, .text])
        let unknown = fields("what@example", [.uint32(1), .uint32(2)])
        #expect(unknown.map(\.kind) == [.undecoded] && unknown[0].byteCount == 8)
    }

    @Test("A list that goes on and on is cut, and what is left is undecoded")
    func endless() {
        let pairs = ByteBuffer(bytes: [7, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 200_000))
        let fields = MessageSchema.decode(pairs, in: MessageContext()).fields
        #expect(fields.count == MessageSchema.fieldCount + 1)
        #expect(fields.last?.kind == .undecoded)
    }

    @Test("Of a long text only so much is kept, and its length is told")
    func longText() {
        let banner = UserauthBanner(text: ByteBuffer(repeating: 97, count: 100_000)).payload
        let field = MessageSchema.decode(banner, in: MessageContext()).fields[0]
        #expect(field.byteCount == 100_000)
        #expect(field.value == .bytes([UInt8](repeating: 97, count: MessageSchema.keptByteCount)))
    }

    @Test("Every message number that has a name has a layout, and every layout a message")
    func complete() {
        let numbered = Set(MessageSchema.layouts.keys.compactMap { UInt8($0.prefix { $0.isNumber }) })
        let named = (UInt8.min...UInt8.max).filter { MessageNumber(rawValue: $0).name != "message \($0)" }
        #expect(Set(named).subtracting(numbered).isEmpty)
        #expect(numbered.subtracting(named) == [61])
        #expect(MessageSchema.decode(ByteBuffer(), in: MessageContext()).fields.isEmpty)
        let unknown = MessageSchema.decode(ByteBuffer(bytes: [200, 1, 2]), in: MessageContext())
        #expect(unknown.name == "message 200" && unknown.fields.map(\.kind) == [.undecoded])
    }
}
