import NIOCore
import SSHCrypto
import SSHWire

extension Engine {
    /// One opened packet to the machine it belongs to.
    mutating func dispatch(_ packet: PacketReader.Packet) throws(ProtocolError) {
        let payload = packet.payload
        guard let byte: UInt8 = payload.getInteger(at: payload.readerIndex) else { throw .packet }
        let number = MessageNumber(rawValue: byte)
        writer.recorder?.record(
            payload, .received,
            in: RecordedPacket(sequence: packet.sequence, length: packet.length, isEncrypted: reader.isEncrypted))
        // The way of a byte: channel data on an established connection takes no detour.
        if number == .channelData, phase == .connected, keyExchange.stage == .idle {
            return try received(try decode(ChannelData.self, payload))
        }
        if keyExchange.skipsNextPacket, (30...49).contains(byte),
            keyExchange.stage == .awaitingReply || keyExchange.stage == .awaitingGroup
        {
            return keyExchange.skipPacket()
        }
        switch MessageGate.permits(number, phase: phase, keyExchange: keyExchange.stage, isStrict: isStrict) {
        case .accept: try accept(number, packet)
        case .unimplemented: try refuseAsUnimplemented(number, packet.sequence)
        case .refuse: throw .unexpected(number, during: situation)
        }
    }

    func decode<Value: Message>(_ type: Value.Type, _ payload: ByteBuffer) throws(ProtocolError) -> Value {
        do throws(WireError) {
            return try Value(payload: payload)
        } catch {
            throw .malformed(Value.number, error)
        }
    }

    /// A prime or a generator that is negative, or far too long, is as little one as a share of that kind.
    private func decodeGroup(_ payload: ByteBuffer) throws(ProtocolError) -> KexDHGexGroup {
        do throws(ProtocolError) {
            return try decode(KexDHGexGroup.self, payload)
        } catch {
            throw error == .malformed(.kexDHGexGroup, .outOfRange) ? .keyExchange(.invalidShare) : error
        }
    }

    /// Sends now, or after the key exchange in progress: between our KEXINIT and our NEWKEYS nothing else may travel
    /// (RFC 4253 §7.1).
    mutating func send(_ message: some Message) throws(ProtocolError) {
        guard phase != .closed else { return }
        guard keyExchange.holdsBackOthers else { return try writer.write(message) }
        deferred.append(message.payload)
    }

    /// Sends what the peer asked for; only a few such answers may wait, for the peer decides how many there are.
    mutating func answer(_ message: some Message) throws(ProtocolError) {
        if keyExchange.holdsBackOthers {
            guard deferredAnswerCount < Limits.deferredPacketCount else { throw .limit(.deferredPackets) }
            deferredAnswerCount += 1
        }
        try send(message)
    }

    private mutating func refuseAsUnimplemented(_ number: MessageNumber, _ sequence: UInt32) throws(ProtocolError) {
        note(.unimplemented(number))
        // A transport message: it may travel during a key exchange too.
        try writer.write(Unimplemented(sequenceNumber: sequence))
    }

    private mutating func accept(
        _ number: MessageNumber, _ packet: PacketReader.Packet
    ) throws(ProtocolError) {
        let payload = packet.payload
        switch number.rawValue {
        case 1: try received(try decode(Disconnect.self, payload))
        case 2: _ = try decode(Ignore.self, payload)
        case 3: try received(try decode(Unimplemented.self, payload))
        case 4:
            let message = try decode(DebugMessage.self, payload)
            note(
                .debug(
                    text: Array(message.text.readableBytesView.prefix(1024)), alwaysDisplay: message.alwaysDisplay))
        case 7: try receivedExtInfo(packet)
        case 20: try received(try decode(KexInit.self, payload), packet)
        case 21: try received(try decode(NewKeys.self, payload))
        case 31 where keyExchange.stage == .awaitingGroup: try received(try decodeGroup(payload))
        case 31: try received(try decode(KexECDHReply.self, payload))
        case 33: try received(try decode(KexDHGexReply.self, payload).reply)
        case 192: try received(try decode(Ping.self, payload))
        // Nobody asked for it.
        case 193: break
        case 6, 51...53, 60: try acceptAuthentication(number, payload)
        default: try acceptConnection(number, payload)
        }
    }

    private mutating func received(_ message: Disconnect) throws(ProtocolError) {
        close()
        throw .disconnected(message.reason, text: Array(message.description.readableBytesView.prefix(1024)))
    }

    /// The peer does not know a message of ours.
    ///
    /// Every one that we send unasked is one we cannot do without.
    private mutating func received(_ message: Unimplemented) throws(ProtocolError) {
        if let channel = channels.requesting(sequence: message.sequenceNumber) {
            return try replied(channel.id, isSuccess: false)
        }
        // Also before the end of a login that failed: so OpenSSH answers a session that was opened early.
        if let channel = channels.opening(sequence: message.sequenceNumber) {
            emit(.channelRefused(channel.id, reason: 3, text: ByteBuffer(string: "not implemented")), about: channel.id)
            return channels[channel.id] = nil
        }
        if globalRequestIsUnknown(sequence: message.sequenceNumber) { return }
        guard phase != .connected, message.sequenceNumber < writer.sequence else { return }
        throw .unexpected(.unimplemented, during: situation)
    }
}
