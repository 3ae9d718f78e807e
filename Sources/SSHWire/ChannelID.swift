package import NIOCore

/// A channel's number on one side of the connection (RFC 4254 §5).
package struct ChannelID: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        rawValue = try body.readUInt32()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeInteger(rawValue)
    }
}
