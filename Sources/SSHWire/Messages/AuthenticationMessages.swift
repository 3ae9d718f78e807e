package import NIOCore

/// Asks to log in by one method (RFC 4252 §5).
///
/// The password is not here: it goes from `SecretBytes` straight into the packet that is about to be sealed.
package struct UserauthRequest: Message, Hashable {
    package static let number = MessageNumber.userauthRequest

    package enum Method: Hashable, Sendable {
        case none
        /// Without a signature it asks whether the key would do (RFC 4252 §7); with the host's key it is bound to the host
        /// (OpenSSH PROTOCOL §3.1).
        case publicKey(algorithm: Name, blob: [UInt8], signature: [UInt8]?, hostKey: [UInt8]? = nil)
        case keyboardInteractive
    }

    private static let hostBoundPublicKey: Name = "publickey-hostbound-v00@openssh.com"

    package var user: [UInt8]
    package var service: Name
    package var method: Method

    package init(user: [UInt8], service: Name = ServiceRequest.connection, method: Method) {
        self.user = user
        self.service = service
        self.method = method
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        user = try body.readStringBytes()
        service = try body.readName()
        let methodName = try body.readName()
        switch methodName {
        case "none":
            method = .none
        case "publickey", Self.hostBoundPublicKey:
            let isSigned = try body.readBoolean()
            let algorithm = try body.readName()
            let blob = try body.readStringBytes()
            let hostKey = methodName == Self.hostBoundPublicKey ? try body.readStringBytes() : nil
            method = .publicKey(
                algorithm: algorithm, blob: blob, signature: isSigned ? try body.readStringBytes() : nil,
                hostKey: hostKey)
        case "keyboard-interactive":
            // A language tag, which is deprecated, and hints about devices (RFC 4256 §3.1).
            _ = try body.readString()
            _ = try body.readString()
            method = .keyboardInteractive
        default:
            throw .malformed
        }
    }

    package func encode(into body: inout ByteBuffer) {
        encodeUnsigned(into: &body, isSigned: nil)
        if case .publicKey(_, _, let signature?, _) = method { body.writeString(signature) }
    }

    /// Everything but the signature; `isSigned` says what a request that is about to be signed will say.
    private func encodeUnsigned(into body: inout ByteBuffer, isSigned: Bool?) {
        Self.encodeHead(user: user, service: service, method: methodName, into: &body)
        switch method {
        case .none: break
        case .keyboardInteractive:
            body.writeString(utf8: "")
            body.writeString(utf8: "")
        case .publicKey(let algorithm, let blob, let signature, let hostKey):
            body.writeBoolean(isSigned ?? (signature != nil))
            body.writeString(algorithm)
            body.writeString(blob)
            if let hostKey { body.writeString(hostKey) }
        }
    }

    private var methodName: Name {
        switch method {
        case .none: "none"
        case .publicKey(_, _, _, let hostKey): hostKey == nil ? "publickey" : Self.hostBoundPublicKey
        case .keyboardInteractive: "keyboard-interactive"
        }
    }

    /// The fields that every method's request begins with.
    package static func encodeHead(user: [UInt8], service: Name, method: Name, into body: inout ByteBuffer) {
        body.writeString(user)
        body.writeString(service)
        body.writeString(method)
    }

    /// What a public key signs to log in: the session identifier, then the request up to its signature (RFC 4252 §7).
    package func dataToSign(sessionID: [UInt8]) -> [UInt8] {
        var data = ByteBuffer()
        data.writeString(sessionID)
        data.writeInteger(Self.number.rawValue)
        encodeUnsigned(into: &data, isSigned: true)
        return Array(data.readableBytesView)
    }
}

/// The request did not log us in; these methods may go on (RFC 4252 §5.1).
package struct UserauthFailure: Message, Hashable {
    package static let number = MessageNumber.userauthFailure

    package var methods: NameList
    package var partialSuccess: Bool

    package init(methods: NameList, partialSuccess: Bool) {
        self.methods = methods
        self.partialSuccess = partialSuccess
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        methods = try NameList(from: &body)
        partialSuccess = try body.readBoolean()
    }

    package func encode(into body: inout ByteBuffer) {
        methods.encode(into: &body)
        body.writeBoolean(partialSuccess)
    }
}

/// Logged in (RFC 4252 §5.1).
package struct UserauthSuccess: Message, Hashable {
    package static let number = MessageNumber.userauthSuccess
    package static let toleratesTrailingBytes = true

    package init() {}

    package init(from body: inout ByteBuffer) throws(WireError) {}

    package func encode(into body: inout ByteBuffer) {}
}

/// Words to show before login (RFC 4252 §5.4).
///
/// Old servers leave out the language tag.
package struct UserauthBanner: Message, Hashable {
    package static let number = MessageNumber.userauthBanner
    package static let toleratesTrailingBytes = true

    package var text: ByteBuffer

    package init(text: ByteBuffer) {
        self.text = text
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        text = try body.readString()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(text)
        body.writeString(utf8: "")
    }
}

/// The key that was asked about would do (RFC 4252 §7).
package struct UserauthPublicKeyOK: Message, Hashable {
    package static let number = MessageNumber.userauthMethodSpecific

    package var algorithm: Name
    package var blob: [UInt8]

    package init(algorithm: Name, blob: [UInt8]) {
        self.algorithm = algorithm
        self.blob = blob
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        algorithm = try body.readName()
        blob = try body.readStringBytes()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(algorithm)
        body.writeString(blob)
    }
}

/// The password is right but has expired (RFC 4252 §8).
package struct UserauthPasswordChangeRequest: Message, Hashable {
    package static let number = MessageNumber.userauthMethodSpecific
    package static let toleratesTrailingBytes = true

    package var prompt: ByteBuffer

    package init(prompt: ByteBuffer) {
        self.prompt = prompt
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        prompt = try body.readString()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(prompt)
        body.writeString(utf8: "")
    }
}

/// What the server wants to know, one round of it (RFC 4256 §3.2).
package struct UserauthInfoRequest: Message, Hashable {
    package struct Prompt: Hashable, Sendable {
        package var text: ByteBuffer
        package var echoes: Bool

        package init(text: ByteBuffer, echoes: Bool) {
            self.text = text
            self.echoes = echoes
        }
    }

    package static let number = MessageNumber.userauthMethodSpecific
    package static let toleratesTrailingBytes = true
    /// A length and a boolean.
    private static let leastPromptByteCount = 5

    package var name: ByteBuffer
    package var instruction: ByteBuffer
    package var prompts: [Prompt]

    package init(name: ByteBuffer, instruction: ByteBuffer, prompts: [Prompt]) {
        self.name = name
        self.instruction = instruction
        self.prompts = prompts
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        name = try body.readString()
        instruction = try body.readString()
        _ = try body.readString()
        let count = try body.readUInt32()
        // Nothing is allocated by a number that the bytes do not bear out.
        guard count <= body.readableBytes / Self.leastPromptByteCount else { throw .truncated }
        prompts = []
        for _ in 0..<count { prompts.append(Prompt(text: try body.readString(), echoes: try body.readBoolean())) }
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(name)
        body.writeString(instruction)
        body.writeString(utf8: "")
        body.writeInteger(UInt32(truncatingIfNeeded: prompts.count))
        for prompt in prompts {
            body.writeString(prompt.text)
            body.writeBoolean(prompt.echoes)
        }
    }
}
