import NIOCore
import SSHWire

extension Engine {
    /// Carries out a command.
    ///
    /// `misuse` leaves the connection as it was; every other error ends it.
    package mutating func perform(_ command: Command, now: Instant) throws(ProtocolError) {
        self.now = now
        guard phase != .closed else { throw .misuse("the connection is closed") }
        do throws(ProtocolError) {
            try carryOut(command)
        } catch {
            if case .misuse = error { throw error }
            throw fail(error)
        }
    }

    private mutating func carryOut(_ command: Command) throws(ProtocolError) {
        switch command {
        case .trust(let token): try trust(token)
        case .refuseHostKey: throw .hostKeyRefused
        case .authenticate(let request): try authenticate(request)
        case .provideSignature(let signature): try provideSignature(signature)
        case .answer(let answers): try answer(answers)
        case .proveHostKeys(let keys): try askForProof(of: keys)
        case .giveUpAuthentication: throw .authentication(.cancelled)
        case .rekey: try startRekey()
        case .ping:
            guard phase == .connected, supportsPing, !keyExchange.holdsBackOthers else { return }
            // As long as the data of one key, which it is to look like.
            try send(Ping(data: ByteBuffer(repeating: 0, count: 5)))
        case .openSession(let id): try openSession(id)
        case .request(let id, let request): try make(request, on: id)
        case .consumed(let id, let byteCount): try credit(id, byteCount)
        case .endInput(let id): try endInput(id)
        case .close(let id): try close(id)
        case .disconnect(let reason, let text):
            if phase != .identification { try writer.write(Disconnect(reason: reason, description: text)) }
            close()
        }
    }

    private mutating func openSession(_ id: ChannelID) throws(ProtocolError) {
        guard phase == .connected || mayOpenEarly, channels[id] == nil else {
            throw .misuse("a session cannot be opened now")
        }
        // The clock of one that was opened early begins when its server may answer.
        var channel = Channel(
            id: id, deadline: phase == .connected ? now + Limits.channelOpen : nil,
            maximumWindowByteCount: configuration.maximumWindowByteCount)
        // One that waits for a key exchange has no number yet.
        if !keyExchange.holdsBackOthers { channel.openSequence = writer.sequence }
        channels[id] = channel
        try send(
            ChannelOpen(
                type: ChannelOpen.session, sender: id, windowSize: channel.receiveWindow.initialByteCount,
                maximumPacketSize: Limits.channelPacketByteCount))
    }

    private mutating func make(_ request: SessionRequest, on id: ChannelID) throws(ProtocolError) {
        guard let channel = channels[id], let peer = channel.peer, channel.isOpen else {
            throw .misuse("the channel is not open")
        }
        guard request.byteCount <= Limits.localStringByteCount else { throw .misuse("the request is too long") }
        if request.wantsReply {
            let deadline = now + Limits.channelReply
            let sequence = keyExchange.holdsBackOthers ? nil : writer.sequence
            try channels.update(id) {
                $0.unanswered.append(Channel.PendingRequest(name: request.name, sequence: sequence))
                $0.deadline = deadline
            }
        }
        try send(
            ChannelRequest(
                recipient: peer, name: request.name, wantsReply: request.wantsReply, details: request.details))
    }

    private mutating func endInput(_ id: ChannelID) throws(ProtocolError) {
        guard var channel = channels[id], let peer = channel.peer, channel.isOpen, !channel.hasSentEOF else { return }
        channel.hasSentEOF = true
        channels[id] = channel
        try send(ChannelEOF(recipient: peer))
    }

    private mutating func close(_ id: ChannelID) throws(ProtocolError) {
        guard var channel = channels[id], !channel.hasSentClose else { return }
        channel.hasSentClose = true
        channel.deadline = now + Limits.channelClose
        channels[id] = channel
        if let peer = channel.peer { try send(ChannelClose(recipient: peer)) }
    }
}
