package import NIOCore

/// Asks to open a channel (RFC 4254 §5.1).
package struct ChannelOpen: Message, Hashable {
    package static let number = MessageNumber.channelOpen
    package static let session: Name = "session"

    package var type: Name
    package var sender: ChannelID
    package var windowSize: UInt32
    package var maximumPacketSize: UInt32
    /// The channel type's own fields, undecoded.
    package var details: ByteBuffer

    package init(
        type: Name, sender: ChannelID, windowSize: UInt32, maximumPacketSize: UInt32, details: ByteBuffer = ByteBuffer()
    ) {
        self.type = type
        self.sender = sender
        self.windowSize = windowSize
        self.maximumPacketSize = maximumPacketSize
        self.details = details
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        type = try body.readName()
        sender = try ChannelID(from: &body)
        windowSize = try body.readUInt32()
        maximumPacketSize = try body.readUInt32()
        details = body.readRest()
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(type)
        sender.encode(into: &body)
        body.writeInteger(windowSize)
        body.writeInteger(maximumPacketSize)
        body.writeImmutableBuffer(details)
    }
}

/// The channel is open (RFC 4254 §5.1).
package struct ChannelOpenConfirmation: Message, Hashable {
    package static let number = MessageNumber.channelOpenConfirmation

    package var recipient: ChannelID
    package var sender: ChannelID
    package var windowSize: UInt32
    package var maximumPacketSize: UInt32

    package init(recipient: ChannelID, sender: ChannelID, windowSize: UInt32, maximumPacketSize: UInt32) {
        self.recipient = recipient
        self.sender = sender
        self.windowSize = windowSize
        self.maximumPacketSize = maximumPacketSize
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        recipient = try ChannelID(from: &body)
        sender = try ChannelID(from: &body)
        windowSize = try body.readUInt32()
        maximumPacketSize = try body.readUInt32()
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
        sender.encode(into: &body)
        body.writeInteger(windowSize)
        body.writeInteger(maximumPacketSize)
    }
}

/// The channel was refused (RFC 4254 §5.1).
package struct ChannelOpenFailure: Message, Hashable {
    package static let number = MessageNumber.channelOpenFailure
    package static let administrativelyProhibited: UInt32 = 1

    package var recipient: ChannelID
    package var reason: UInt32
    package var description: ByteBuffer

    package init(recipient: ChannelID, reason: UInt32, description: String) {
        self.recipient = recipient
        self.reason = reason
        self.description = ByteBuffer(string: description)
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        recipient = try ChannelID(from: &body)
        reason = try body.readUInt32()
        description = try body.readString()
        _ = try body.readString()
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
        body.writeInteger(reason)
        body.writeString(description)
        body.writeString(utf8: "")
    }
}

/// Grants the peer `byteCount` more bytes of send window (RFC 4254 §5.2).
package struct ChannelWindowAdjust: Message, Hashable {
    package static let number = MessageNumber.channelWindowAdjust

    package var recipient: ChannelID
    package var byteCount: UInt32

    package init(recipient: ChannelID, byteCount: UInt32) {
        self.recipient = recipient
        self.byteCount = byteCount
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        recipient = try ChannelID(from: &body)
        byteCount = try body.readUInt32()
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
        body.writeInteger(byteCount)
    }
}

/// Bytes of the channel's main stream (RFC 4254 §5.2).
package struct ChannelData: Message, Hashable {
    package static let number = MessageNumber.channelData

    package var recipient: ChannelID
    package var data: ByteBuffer

    package init(recipient: ChannelID, data: ByteBuffer) {
        self.recipient = recipient
        self.data = data
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        recipient = try ChannelID(from: &body)
        data = try body.readString()
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
        body.writeString(data)
    }
}

/// Bytes of a second stream of the channel; type 1 is standard error (RFC 4254 §5.2).
package struct ChannelExtendedData: Message, Hashable {
    package static let number = MessageNumber.channelExtendedData
    package static let standardError: UInt32 = 1

    package var recipient: ChannelID
    package var type: UInt32
    package var data: ByteBuffer

    package init(recipient: ChannelID, type: UInt32, data: ByteBuffer) {
        self.recipient = recipient
        self.type = type
        self.data = data
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        recipient = try ChannelID(from: &body)
        type = try body.readUInt32()
        data = try body.readString()
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
        body.writeInteger(type)
        body.writeString(data)
    }
}

/// A message that says which channel it is about, and no more.
package protocol ChannelNotice: Message {
    var recipient: ChannelID { get }

    init(recipient: ChannelID)
}

extension ChannelNotice {
    package init(from body: inout ByteBuffer) throws(WireError) {
        self.init(recipient: try ChannelID(from: &body))
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
    }
}

/// No more data comes from the sender of this (RFC 4254 §5.3).
package struct ChannelEOF: ChannelNotice, Hashable {
    package static let number = MessageNumber.channelEOF

    package var recipient: ChannelID

    package init(recipient: ChannelID) { self.recipient = recipient }
}

/// The sender of this is done with the channel (RFC 4254 §5.3).
package struct ChannelClose: ChannelNotice, Hashable {
    package static let number = MessageNumber.channelClose

    package var recipient: ChannelID

    package init(recipient: ChannelID) { self.recipient = recipient }
}

/// A request that concerns one channel (RFC 4254 §5.4).
package struct ChannelRequest: Message, Hashable {
    package static let number = MessageNumber.channelRequest

    package var recipient: ChannelID
    package var name: Name
    package var wantsReply: Bool
    /// The request's own fields, undecoded.
    package var details: ByteBuffer

    package init(recipient: ChannelID, name: Name, wantsReply: Bool, details: ByteBuffer = ByteBuffer()) {
        self.recipient = recipient
        self.name = name
        self.wantsReply = wantsReply
        self.details = details
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        recipient = try ChannelID(from: &body)
        name = try body.readName()
        wantsReply = try body.readBoolean()
        details = body.readRest()
    }

    package func encode(into body: inout ByteBuffer) {
        recipient.encode(into: &body)
        body.writeString(name)
        body.writeBoolean(wantsReply)
        body.writeImmutableBuffer(details)
    }
}

/// The oldest request that awaits a reply succeeded (RFC 4254 §5.4).
package struct ChannelSuccess: ChannelNotice, Hashable {
    package static let number = MessageNumber.channelSuccess
    package static let toleratesTrailingBytes = true

    package var recipient: ChannelID

    package init(recipient: ChannelID) { self.recipient = recipient }
}

/// The oldest request that awaits a reply was refused (RFC 4254 §5.4).
package struct ChannelFailure: ChannelNotice, Hashable {
    package static let number = MessageNumber.channelFailure
    package static let toleratesTrailingBytes = true

    package var recipient: ChannelID

    package init(recipient: ChannelID) { self.recipient = recipient }
}
