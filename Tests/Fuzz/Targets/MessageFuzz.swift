import NIOCore
import SSHCore
import SSHWire

/// Every message of `ssh-userauth`, whatever its number claims.
enum MessageFuzz {
    private static let types: [any Message.Type] = [
        UserauthRequest.self, UserauthFailure.self, UserauthSuccess.self, UserauthBanner.self,
        UserauthPublicKeyOK.self, UserauthPasswordChangeRequest.self, UserauthInfoRequest.self, ServiceAccept.self,
        ExtInfo.self,
    ]

    static func authentication(_ input: [UInt8]) {
        guard let number = input.first else { return }
        let payload = ByteBuffer(bytes: input)
        for type in types where type.number.rawValue == number { reread(type, payload) }
        for method in ["", "publickey", "password", "keyboard-interactive", "hostbased"] {
            var context = MessageContext()
            context.method = method
            _ = MessageSchema.decode(payload, in: context).fields.count
        }
        _ = PeerText.line(input)
        _ = PeerText.block(input, maximumByteCount: 4096)
    }

    /// What was read and is written again must read the same.
    private static func reread<Value: Message>(_ type: Value.Type, _ payload: ByteBuffer) {
        guard let message = try? Value(payload: payload) else { return }
        let written = message.payload
        guard let again = try? Value(payload: written) else { preconditionFailure("what we write we cannot read") }
        precondition(again.payload == written, "what we write reads as something else")
    }
}
