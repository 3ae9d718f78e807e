package import NIOCore
package import SSHWire

extension Engine {
    /// A number for a channel that is about to be opened.
    package mutating func nextChannelID() -> ChannelID {
        channels.nextFreeID()
    }

    /// How many bytes `send` would take now.
    package func sendableByteCount(_ id: ChannelID) -> Int {
        guard phase == .connected, !keyExchange.holdsBackOthers, let channel = channels[id] else { return 0 }
        guard writer.byteCount < Limits.outboundByteCount else { return 0 }
        return channel.sendableByteCount == 0 ? 0 : Int(channel.sendWindow.byteCount)
    }

    /// Takes as much of `data` as the window and a running key exchange allow; `channelWritable` tells when to go on.
    package mutating func send(_ data: inout ByteBuffer, on id: ChannelID, now: Instant) throws(ProtocolError) {
        self.now = now
        guard phase == .connected, !keyExchange.holdsBackOthers else { return }
        let byteCount = data.readableBytes
        while data.readableBytes > 0, writer.byteCount < Limits.outboundByteCount {
            guard let channel = channels[id], channel.isOpen, !channel.hasSentEOF else {
                throw .misuse("the channel is not open for writing")
            }
            let count = min(channel.sendableByteCount, data.readableBytes)
            guard count > 0, let peer = channel.peer, let piece = data.readSlice(length: count) else { return }
            do throws(ProtocolError) {
                try channels.update(id) { $0.spend(count) }
                try writer.writeData(piece, to: peer)
            } catch { throw fail(error) }
        }
        if data.readableBytes < byteCount { storm.dataMoved() }
        do throws(ProtocolError) {
            try rekeyIfDue()
        } catch { throw fail(error) }
    }

    mutating func acceptConnection(_ number: MessageNumber, _ payload: ByteBuffer) throws(ProtocolError) {
        switch number {
        case .globalRequest: try received(try decode(GlobalRequest.self, payload))
        case .requestSuccess:
            globalRequestAnswered(payload.getSlice(at: payload.readerIndex + 1, length: payload.readableBytes - 1))
        case .requestFailure: globalRequestAnswered(nil)
        case .channelOpen: try received(try decode(ChannelOpen.self, payload))
        case .channelOpenConfirmation: try received(try decode(ChannelOpenConfirmation.self, payload))
        case .channelOpenFailure: try received(try decode(ChannelOpenFailure.self, payload))
        case .channelWindowAdjust: try received(try decode(ChannelWindowAdjust.self, payload))
        case .channelData: try received(try decode(ChannelData.self, payload))
        case .channelExtendedData: try received(try decode(ChannelExtendedData.self, payload))
        case .channelEOF: try received(try decode(ChannelEOF.self, payload))
        case .channelClose: try received(try decode(ChannelClose.self, payload))
        case .channelRequest: try received(try decode(ChannelRequest.self, payload))
        case .channelSuccess: try replied(try decode(ChannelSuccess.self, payload).recipient, isSuccess: true)
        case .channelFailure: try replied(try decode(ChannelFailure.self, payload).recipient, isSuccess: false)
        default: throw .unexpected(number, during: situation)
        }
    }

    mutating func received(_ message: ChannelData) throws(ProtocolError) {
        try receivedData(message.data, .output, on: message.recipient)
    }

    private mutating func received(_ message: ChannelExtendedData) throws(ProtocolError) {
        guard message.type == ChannelExtendedData.standardError else {
            return try receivedData(message.data, nil, on: message.recipient)
        }
        guard channels[message.recipient]?.hasReceivedEOF != true else { throw .channel(.state) }
        try receivedData(message.data, .error, on: message.recipient)
    }

    /// What is of no stream that anybody reads is dropped, with credit, so that it stalls nothing.
    private mutating func receivedData(
        _ data: ByteBuffer, _ stream: ChannelStream?, on id: ChannelID
    ) throws(ProtocolError) {
        enum Fate { case deliver(ChannelStream), drop, credit }
        let fate = try channels.update(id) { (channel) throws(ProtocolError) -> Fate in
            guard channel.peer != nil, !channel.hasReceivedClose else { throw .channel(.state) }
            try channel.receiveWindow.receive(data.readableBytes)
            if channel.hasSentClose { return .drop }
            guard let stream, !channel.hasReceivedEOF else { return .credit }
            return .deliver(stream)
        }
        switch fate {
        case .deliver(let stream):
            // An empty packet costs no window: it is no sign of honest work.
            guard data.readableBytes > 0 else { return }
            storm.dataMoved()
            emit(.channelData(id, stream, data))
        case .drop:
            break
        case .credit:
            if stream != nil { note(.dataAfterEOF) }
            try credit(id, data.readableBytes)
        }
    }

    /// Gives window back for what was consumed.
    mutating func credit(_ id: ChannelID, _ byteCount: Int) throws(ProtocolError) {
        let (now, roundTrip) = (now, roundTrip.estimate)
        let adjustment = channels.change(id) { channel -> ChannelWindowAdjust? in
            guard let grant = channel.receiveWindow.consume(byteCount, now: now, roundTrip: roundTrip),
                let peer = channel.peer, channel.isOpen, !channel.hasReceivedEOF
            else { return nil }
            return ChannelWindowAdjust(recipient: peer, byteCount: grant)
        }
        if let adjustment = adjustment ?? nil { try send(adjustment) }
    }

    private mutating func received(_ message: ChannelOpenConfirmation) throws(ProtocolError) {
        // A number that names two channels would mix what is sent to them (RFC 4254 §5.1).
        guard !channels.isTaken(byPeer: message.sender) else { throw .channel(.state) }
        let wantsClose = try channels.update(message.recipient) { (channel) throws(ProtocolError) -> Bool in
            try channel.confirm(message)
            return channel.hasSentClose
        }
        guard wantsClose else { return emit(.channelOpened(message.recipient)) }
        // Given up while it was being opened: now there is somebody to tell.
        try send(ChannelClose(recipient: message.sender))
    }

    private mutating func received(_ message: ChannelOpenFailure) throws(ProtocolError) {
        guard let channel = channels[message.recipient], channel.peer == nil else { throw .channel(.state) }
        emit(
            .channelRefused(message.recipient, reason: message.reason, text: message.description),
            about: message.recipient)
        channels[message.recipient] = nil
    }

    private mutating func received(_ message: ChannelWindowAdjust) throws(ProtocolError) {
        // One that crossed the end of its channel grants nothing to anybody; ssh ignores it too.
        guard !channels.isPast(message.recipient) else { return }
        let wasEmpty = try channels.update(message.recipient) { (channel) throws(ProtocolError) -> Bool in
            guard channel.peer != nil else { throw .channel(.state) }
            let wasEmpty = channel.sendWindow.byteCount == 0
            try channel.grow(by: message.byteCount)
            return wasEmpty && message.byteCount > 0
        }
        if wasEmpty { emit(.channelWritable(message.recipient), about: message.recipient) }
    }

    private mutating func received(_ message: ChannelEOF) throws(ProtocolError) {
        let isRepeated = try channels.update(message.recipient) { (channel) throws(ProtocolError) -> Bool in
            guard channel.peer != nil, !channel.hasReceivedClose else { throw .channel(.state) }
            defer { channel.hasReceivedEOF = true }
            return channel.hasReceivedEOF
        }
        guard !isRepeated else { return note(.dataAfterEOF) }
        emit(.channelEnded(message.recipient), about: message.recipient)
    }

    private mutating func received(_ message: ChannelClose) throws(ProtocolError) {
        let id = message.recipient
        let peer = try channels.update(id) { (channel) throws(ProtocolError) -> ChannelID? in
            guard channel.peer != nil, !channel.hasReceivedClose else { throw .channel(.state) }
            channel.hasReceivedClose = true
            return channel.hasSentClose ? nil : channel.peer
        }
        if let peer { try send(ChannelClose(recipient: peer)) }
        emit(.channelClosed(id), about: id)
        channels[id] = nil
    }

    mutating func replied(_ id: ChannelID, isSuccess: Bool) throws(ProtocolError) {
        let request = try channels.update(id) { (channel) throws(ProtocolError) -> Channel.PendingRequest? in
            guard channel.peer != nil else { throw .channel(.state) }
            guard !channel.unanswered.isEmpty else { return nil }
            let request = channel.unanswered.removeFirst()
            if channel.unanswered.isEmpty, !channel.hasSentClose { channel.deadline = nil }
            return request
        }
        // One that nobody asked for changes nothing.
        if let request { emit(.channelReply(id, request: request.name, isSuccess: isSuccess), about: id) }
    }
}
