package import NIOCore

/// Asks to log in by one method (RFC 4252 §5).
///
/// The password is not here: it goes from `SecretBytes` straight into the packet that is about to be sealed.
package struct UserauthRequest: Message, Hashable {
    package static let number = MessageNumber.userauthRequest

    package enum Method: Hashable, Sendable {
        case none
        /// Without a signature it asks whether the key would do (RFC 4252 §7).
        case publicKey(algorithm: Name, blob: [UInt8], signature: [UInt8]?)
    }

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
        switch try body.readName() {
        case "none":
            method = .none
        case "publickey":
            let isSigned = try body.readBoolean()
            let algorithm = try body.readName()
            let blob = try body.readStringBytes()
            method = .publicKey(
                algorithm: algorithm, blob: blob, signature: isSigned ? try body.readStringBytes() : nil)
        default:
            throw .malformed
        }
    }

    package func encode(into body: inout ByteBuffer) {
        Self.encodeHead(user: user, service: service, method: methodName, into: &body)
        guard case .publicKey(let algorithm, let blob, let signature) = method else { return }
        body.writeBoolean(signature != nil)
        body.writeString(algorithm)
        body.writeString(blob)
        if let signature { body.writeString(signature) }
    }

    private var methodName: Name {
        switch method {
        case .none: "none"
        case .publicKey: "publickey"
        }
    }

    /// The fields that every method's request begins with.
    package static func encodeHead(user: [UInt8], service: Name, method: Name, into body: inout ByteBuffer) {
        body.writeString(user)
        body.writeString(service)
        body.writeString(method)
    }

    /// What a public key signs to log in: the session identifier, then the request up to its signature (RFC 4252 §7).
    package static func dataToSign(sessionID: [UInt8], user: [UInt8], algorithm: Name, blob: [UInt8]) -> [UInt8] {
        var data = ByteBuffer()
        data.writeString(sessionID)
        data.writeInteger(number.rawValue)
        encodeHead(user: user, service: ServiceRequest.connection, method: "publickey", into: &data)
        data.writeBoolean(true)
        data.writeString(algorithm)
        data.writeString(blob)
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
