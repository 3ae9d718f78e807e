package import SSHWire

/// One channel that we opened (RFC 4254 §5), from CHANNEL_OPEN to CLOSE in both directions.
///
/// It holds no data: what arrives goes to the driver, what leaves was taken against the window. Flags instead of one state
/// enum, because each direction ends by itself, in any order.
package struct Channel: Sendable {
    package let id: ChannelID
    package private(set) var peer: ChannelID?
    package private(set) var sendWindow = SendWindow(byteCount: 0)
    package private(set) var maximumPacketByteCount = 0
    package var receiveWindow: ReceiveWindow
    /// Requests that await SUCCESS or FAILURE, oldest first.
    package var unanswered: [PendingRequest] = []
    package var hasSentEOF = false
    package var hasReceivedEOF = false
    package var hasSentClose = false
    package var hasReceivedClose = false
    package var hasExit = false
    /// The user was told that it is closed, because the peer never answered our CLOSE; what still comes concerns nobody.
    package var isAbandoned = false
    package var deadline: Instant?
    /// The sequence number of our CHANNEL_OPEN, by which UNIMPLEMENTED names it.
    package var openSequence: UInt32?

    /// A request of ours, and the sequence number by which UNIMPLEMENTED would name it.
    package struct PendingRequest: Hashable, Sendable {
        package let name: Name
        /// Nil for one that waited for a key exchange.
        package let sequence: UInt32?
    }

    package init(
        id: ChannelID, deadline: Instant?, maximumWindowByteCount: UInt32 = Limits.channelWindowMaximumByteCount
    ) {
        self.id = id
        self.deadline = deadline
        receiveWindow = ReceiveWindow(size: Limits.channelWindowByteCount, maximum: maximumWindowByteCount)
    }

    /// The peer's number, unless the channel was given up.
    package var knownPeer: ChannelID? { isAbandoned ? nil : peer }

    package var isOpen: Bool { peer != nil && !hasSentClose && !hasReceivedClose }

    package mutating func confirm(_ message: ChannelOpenConfirmation) throws(ProtocolError) {
        guard peer == nil else { throw .channel(.state) }
        // Below 9 bytes a packet cannot carry a byte and make progress; Go and OpenSSH have the same floor.
        guard message.maximumPacketSize >= 9 else { throw .channel(.packetSize) }
        peer = message.sender
        sendWindow = SendWindow(byteCount: message.windowSize)
        maximumPacketByteCount = min(Int(message.maximumPacketSize), Int(Limits.channelPacketByteCount))
        // Given up meanwhile: the answer to our CLOSE is still awaited.
        if !hasSentClose { deadline = nil }
    }

    /// How many bytes the next data packet may carry.
    package var sendableByteCount: Int {
        guard isOpen, !hasSentEOF else { return 0 }
        return min(Int(sendWindow.byteCount), maximumPacketByteCount)
    }

    package mutating func spend(_ byteCount: Int) {
        sendWindow.spend(byteCount)
    }

    package mutating func grow(by byteCount: UInt32) throws(ProtocolError) {
        try sendWindow.grow(by: byteCount)
    }
}
