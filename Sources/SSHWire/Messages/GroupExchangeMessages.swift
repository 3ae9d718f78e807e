package import NIOCore

/// Asks for a group whose prime has so many bits (RFC 4419 §3).
package struct KexDHGexRequest: Message, Hashable {
    package static let number = MessageNumber.kexDHGexRequest

    package var minimum: UInt32
    package var preferred: UInt32
    package var maximum: UInt32

    package init(minimum: UInt32, preferred: UInt32, maximum: UInt32) {
        self.minimum = minimum
        self.preferred = preferred
        self.maximum = maximum
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        minimum = try body.readUInt32()
        preferred = try body.readUInt32()
        maximum = try body.readUInt32()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeInteger(minimum)
        body.writeInteger(preferred)
        body.writeInteger(maximum)
    }
}

/// The group that the server chose (RFC 4419 §3).
package struct KexDHGexGroup: Message, Hashable {
    package static let number = MessageNumber.kexDHGexGroup

    package var prime: MPInt
    package var generator: MPInt

    package init(prime: MPInt, generator: MPInt) {
        self.prime = prime
        self.generator = generator
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        prime = try MPInt(from: &body)
        generator = try MPInt(from: &body)
    }

    package func encode(into body: inout ByteBuffer) {
        prime.encode(into: &body)
        generator.encode(into: &body)
    }
}

/// The client's share in that group.
package struct KexDHGexInit: Message, Hashable {
    package static let number = MessageNumber.kexDHGexInit

    package var share: KexECDHInit

    package init(publicShare: [UInt8]) {
        share = KexECDHInit(publicShare: publicShare)
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        share = try KexECDHInit(from: &body)
    }

    package func encode(into body: inout ByteBuffer) {
        share.encode(into: &body)
    }
}

/// The server's host key, share and signature in that group.
package struct KexDHGexReply: Message, Hashable {
    package static let number = MessageNumber.kexDHGexReply

    package var reply: KexECDHReply

    package init(_ reply: KexECDHReply) {
        self.reply = reply
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        reply = try KexECDHReply(from: &body)
    }

    package func encode(into body: inout ByteBuffer) {
        reply.encode(into: &body)
    }
}
