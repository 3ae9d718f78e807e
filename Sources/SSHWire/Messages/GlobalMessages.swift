package import NIOCore

/// A request that concerns the connection as a whole (RFC 4254 §4).
package struct GlobalRequest: Message, Hashable {
    package static let number = MessageNumber.globalRequest
    /// OpenSSH's keep-alive; whoever does not know it says FAILURE, which serves as well.
    package static let keepAlive: Name = "keepalive@openssh.com"
    package static let hostKeys: Name = "hostkeys-00@openssh.com"
    package static let proveHostKeys: Name = "hostkeys-prove-00@openssh.com"

    package var name: Name
    package var wantsReply: Bool
    /// The request's own fields, undecoded.
    package var details: ByteBuffer

    package init(name: Name, wantsReply: Bool, details: ByteBuffer = ByteBuffer()) {
        self.name = name
        self.wantsReply = wantsReply
        self.details = details
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        name = try body.readName()
        wantsReply = try body.readBoolean()
        details = body.readRest()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(name)
        body.writeBoolean(wantsReply)
        body.writeImmutableBuffer(details)
    }
}

/// A global request was refused, or is not known (RFC 4254 §4).
package struct RequestFailure: Message, Hashable {
    package static let number = MessageNumber.requestFailure
    package static let toleratesTrailingBytes = true

    package init() {}

    package init(from body: inout ByteBuffer) throws(WireError) {}

    package func encode(into body: inout ByteBuffer) {}
}
