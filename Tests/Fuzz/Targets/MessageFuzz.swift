import NIOCore
import SSHCore
import SSHWire

/// Messages, whatever their number claims: those of `ssh-userauth`, and all others.
enum MessageFuzz {
    private static let authenticationTypes: [any Message.Type] = [
        UserauthRequest.self, UserauthFailure.self, UserauthSuccess.self, UserauthBanner.self,
        UserauthPublicKeyOK.self, UserauthPasswordChangeRequest.self, UserauthInfoRequest.self, ServiceAccept.self,
        ExtInfo.self,
    ]

    private static let types: [any Message.Type] = [
        Disconnect.self, Ignore.self, Unimplemented.self, DebugMessage.self, ServiceRequest.self, ServiceAccept.self,
        ExtInfo.self, KexInit.self, NewKeys.self, KexECDHInit.self, KexECDHReply.self, KexDHGexRequest.self,
        KexDHGexGroup.self, KexDHGexInit.self, KexDHGexReply.self, GlobalRequest.self, RequestFailure.self,
        ChannelOpen.self, ChannelOpenConfirmation.self, ChannelOpenFailure.self, ChannelWindowAdjust.self,
        ChannelData.self, ChannelExtendedData.self, ChannelEOF.self, ChannelClose.self, ChannelRequest.self,
        ChannelSuccess.self, ChannelFailure.self, Ping.self, Pong.self,
    ]
    private static let contexts: [MessageContext] = ["", " DH", " GEX"].flatMap { shares in
        ["", "publickey", "publickey-hostbound-v00@openssh.com", "password", "keyboard-interactive"].map { method in
            var context = MessageContext()
            context.shares = MessageContext.Shares(rawValue: shares) ?? .strings
            context.method = method
            return context
        }
    }

    static func all(_ input: [UInt8]) {
        guard let number = input.first else { return }
        let payload = ByteBuffer(bytes: input)
        for type in types + authenticationTypes where type.number.rawValue == number { reread(type, payload) }
        // Only some numbers mean several things.
        let count = (30...34).contains(number) || (60...61).contains(number) ? contexts.count : 1
        for context in contexts.prefix(count) {
            checkFields(MessageSchema.decode(payload, in: context).fields, input.count)
        }
    }

    /// What is told of a payload lies within it, one field behind the other, and a key's parts within the key.
    static func checkFields(_ fields: [MessageField], _ byteCount: Int?, from start: Int = 1) {
        precondition(fields.count <= MessageSchema.fieldCount + 4, "fields without end")
        var end = start
        for field in fields {
            precondition(field.offset >= 0 && field.byteCount >= 0, "a field before the beginning")
            if let byteCount {
                precondition(
                    field.offset <= byteCount && field.byteCount <= byteCount - field.offset, "a field beyond the end")
            }
            let isPart = field.name.contains(".")
            precondition(isPart || field.kind == .secret || field.offset >= end, "fields overlap")
            if !isPart { end = field.offset + field.byteCount }
            guard case .bytes(let bytes) = field.value else { continue }
            precondition(
                field.kind != .secret && bytes.count <= MessageSchema.keptByteCount && bytes.count <= field.byteCount)
        }
    }

    static func authentication(_ input: [UInt8]) {
        guard let number = input.first else { return }
        let payload = ByteBuffer(bytes: input)
        for type in authenticationTypes where type.number.rawValue == number { reread(type, payload) }
        for method in ["", "publickey", "password", "keyboard-interactive", "hostbased"] {
            var context = MessageContext()
            context.method = method
            _ = MessageSchema.decode(payload, in: context).fields.count
        }
        _ = PeerText.line(input)
        _ = PeerText.block(input, maximumByteCount: 4096)
    }

    /// What was read and is written again must read the same.
    static func reread<Value: Message>(_ type: Value.Type, _ payload: ByteBuffer) {
        guard let message = try? Value(payload: payload) else { return }
        let written = message.payload
        guard let again = try? Value(payload: written) else { preconditionFailure("what we write we cannot read") }
        precondition(again.payload == written, "what we write reads as something else")
    }
}
