package import NIOCore

/// Ends the connection, with a reason and words for a person (RFC 4253 §11.1).
///
/// Old peers leave out the language tag.
package struct Disconnect: Message, Hashable {
    package static let number = MessageNumber.disconnect
    package static let toleratesTrailingBytes = true

    package var reason: DisconnectReason
    package var description: ByteBuffer

    package init(reason: DisconnectReason, description: String) {
        self.reason = reason
        self.description = ByteBuffer(string: description)
    }

    /// Lenient on purpose: the server's own words are worth more than a complaint about how it wrote them.
    package init(from body: inout ByteBuffer) throws(WireError) {
        reason = DisconnectReason(rawValue: (try? body.readUInt32()) ?? 0)
        description = (try? body.readString()) ?? ByteBuffer()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeInteger(reason.rawValue)
        body.writeString(description)
        body.writeString(utf8: "")
    }
}

/// A message of one string, whatever it holds.
package protocol DataMessage: Message {
    var data: ByteBuffer { get }

    init(data: ByteBuffer)
}

extension DataMessage {
    package static var toleratesTrailingBytes: Bool { true }

    package init(from body: inout ByteBuffer) throws(WireError) {
        self.init(data: try body.readString())
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(data)
    }
}

/// Padding for its own sake (RFC 4253 §11.2).
package struct Ignore: DataMessage, Hashable {
    package static let number = MessageNumber.ignore

    package var data: ByteBuffer

    package init(data: ByteBuffer) { self.data = data }
}

/// Answers a message that its receiver does not know, by sequence number (RFC 4253 §11.4).
package struct Unimplemented: Message, Hashable {
    package static let number = MessageNumber.unimplemented
    package static let toleratesTrailingBytes = true

    package var sequenceNumber: UInt32

    package init(sequenceNumber: UInt32) {
        self.sequenceNumber = sequenceNumber
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        sequenceNumber = try body.readUInt32()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeInteger(sequenceNumber)
    }
}

/// Words from one implementer to another (RFC 4253 §11.3).
package struct DebugMessage: Message, Hashable {
    package static let number = MessageNumber.debug
    package static let toleratesTrailingBytes = true

    package var alwaysDisplay: Bool
    package var text: ByteBuffer

    package init(alwaysDisplay: Bool, text: ByteBuffer) {
        self.alwaysDisplay = alwaysDisplay
        self.text = text
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        alwaysDisplay = try body.readBoolean()
        text = try body.readString()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeBoolean(alwaysDisplay)
        body.writeString(text)
        body.writeString(utf8: "")
    }
}

/// Asks for a service; after the first key exchange this is `ssh-userauth` (RFC 4253 §10).
package struct ServiceRequest: Message, Hashable {
    package static let number = MessageNumber.serviceRequest
    package static let userAuthentication: Name = "ssh-userauth"
    package static let connection: Name = "ssh-connection"

    package var service: Name

    package init(service: Name) {
        self.service = service
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        service = try body.readName()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(service)
    }
}

/// Grants a service (RFC 4253 §10).
///
/// Some servers leave its name out.
package struct ServiceAccept: Message, Hashable {
    package static let number = MessageNumber.serviceAccept

    package var service: Name?

    package init(service: Name?) {
        self.service = service
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        service = body.readableBytes == 0 ? nil : try body.readName()
    }

    package func encode(into body: inout ByteBuffer) {
        if let service { body.writeString(service) }
    }
}

/// Extensions that a peer announces after NEWKEYS (RFC 8308 §2.3).
///
/// Names may repeat; the last one counts.
package struct ExtInfo: Message, Hashable {
    package static let number = MessageNumber.extInfo
    package static let serverSignatureAlgorithms: Name = "server-sig-algs"
    package static let ping: Name = "ping@openssh.com"
    package static let hostBoundPublicKey: Name = "publickey-hostbound@openssh.com"
    package static let maximumExtensionCount = 1024

    package struct Extension: Hashable, Sendable {
        package var name: Name
        package var value: ByteBuffer

        package init(name: Name, value: ByteBuffer) {
            self.name = name
            self.value = value
        }
    }

    package var extensions: [Extension]

    package init(extensions: [Extension]) {
        self.extensions = extensions
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        let count = try body.readUInt32()
        guard count <= Self.maximumExtensionCount else { throw .outOfRange }
        extensions = []
        for _ in 0..<count {
            extensions.append(Extension(name: try body.readName(), value: try body.readString()))
        }
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeInteger(UInt32(truncatingIfNeeded: extensions.count))
        for item in extensions {
            body.writeString(item.name)
            body.writeString(item.value)
        }
    }

    /// The value of the last extension of that name.
    package func value(of name: Name) -> ByteBuffer? {
        extensions.last { $0.name == name }?.value
    }
}

/// Asks for its data back at once (OpenSSH PROTOCOL §1.9).
package struct Ping: DataMessage, Hashable {
    package static let number = MessageNumber.ping

    package var data: ByteBuffer

    package init(data: ByteBuffer) { self.data = data }
}

/// The answer to `Ping`.
package struct Pong: DataMessage, Hashable {
    package static let number = MessageNumber.pong

    package var data: ByteBuffer

    package init(data: ByteBuffer) { self.data = data }
}
