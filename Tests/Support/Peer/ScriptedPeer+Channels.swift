import NIOCore
import SSHWire

/// One session of the peer.
package struct PeerChannel {
    /// The client's number.
    package let client: ChannelID
    /// Ours.
    package let server: ChannelID
    package var window: UInt32
    package var input: [UInt8] = []
    package var hasInputEnded = false
    package var requests: [ChannelRequest] = []
    var steps: [ProgramStep] = []
    var hasSentClose = false
}

extension ScriptedPeer {
    /// The peer's numbers have nothing to do with the client's.
    package static let firstChannelNumber: UInt32 = 4_294_967_040

    func receivedConnection(_ number: UInt8, _ payload: ByteBuffer) throws {
        switch number {
        case 90: try open(try ChannelOpen(payload: payload))
        case 93:
            let message = try ChannelWindowAdjust(payload: payload)
            channels[message.recipient.rawValue]?.window &+= message.byteCount
            advance(message.recipient)
        case 94:
            let message = try ChannelData(payload: payload)
            channels[message.recipient.rawValue]?.input += Array(message.data.readableBytesView)
            guard let channel = channels[message.recipient.rawValue] else { return }
            let count = UInt32(message.data.readableBytes)
            send(.other, ChannelWindowAdjust(recipient: channel.client, byteCount: count))
        case 96:
            let message = try ChannelEOF(payload: payload)
            channels[message.recipient.rawValue]?.hasInputEnded = true
            advance(message.recipient)
        case 97: close(try ChannelClose(payload: payload).recipient)
        case 98: try request(try ChannelRequest(payload: payload))
        default: break
        }
    }

    private func open(_ message: ChannelOpen) throws {
        let server = ChannelID(rawValue: Self.firstChannelNumber &+ UInt32(channels.count))
        channels[server.rawValue] = PeerChannel(client: message.sender, server: server, window: message.windowSize)
        send(
            .channelReply,
            ChannelOpenConfirmation(
                recipient: message.sender, sender: server, windowSize: configuration.channelWindow,
                maximumPacketSize: configuration.channelPacket))
    }

    private func request(_ message: ChannelRequest) throws {
        guard var channel = channels[message.recipient.rawValue] else { return }
        channel.requests.append(message)
        channels[message.recipient.rawValue] = channel
        if message.wantsReply { send(.channelReply, ChannelSuccess(recipient: channel.client)) }
        guard message.name == "exec" || message.name == "shell" else { return }
        var details = message.details
        let command = message.name == "exec" ? try details.readStringBytes() : []
        channels[message.recipient.rawValue]?.steps = configuration.program(command)
        advance(message.recipient)
    }

    private func close(_ id: ChannelID) {
        guard let channel = channels[id.rawValue], !channel.hasSentClose else { return }
        channels[id.rawValue]?.hasSentClose = true
        send(.channelReply, ChannelClose(recipient: channel.client))
    }

    func advanceAll() {
        for channel in channels.values.sorted(by: { $0.server.rawValue < $1.server.rawValue }) {
            advance(channel.server)
        }
    }

    /// Carries on with the channel's program as far as the window lets it.
    private func advance(_ id: ChannelID) {
        while let channel = channels[id.rawValue], !channel.hasSentClose, let step = channel.steps.first {
            guard carryOut(step, of: channel) else { return }
            channels[id.rawValue]?.steps.removeFirst()
        }
    }

    /// False when the step has to wait.
    private func carryOut(_ step: ProgramStep, of channel: PeerChannel) -> Bool {
        switch step {
        case .output(let bytes): return write(bytes, isError: false, to: channel)
        case .error(let bytes): return write(bytes, isError: true, to: channel)
        case .exitStatus(let status):
            sendRequest("exit-status", ByteBuffer(integer: status), to: channel)
        case .exitSignal(let name, let message):
            var details = ByteBuffer()
            details.writeString(name)
            details.writeBoolean(false)
            details.writeString(message)
            details.writeString(utf8: "")
            sendRequest("exit-signal", details, to: channel)
        case .endOfOutput: send(.channelReply, ChannelEOF(recipient: channel.client))
        case .close:
            channels[channel.server.rawValue]?.hasSentClose = true
            send(.channelReply, ChannelClose(recipient: channel.client))
        case .rekey:
            // One exchange at a time: the last one ends with the client's NEWKEYS.
            guard exchange.ours == nil, exchange.opener == nil else { return false }
            startRekey()
        case .payload(let make): send(.other, make(channel.client))
        case .echoInput:
            guard channel.hasInputEnded else { return false }
            channels[channel.server.rawValue]?.steps.insert(.output(channel.input), at: 1)
        }
        return true
    }

    private func sendRequest(_ name: Name, _ details: ByteBuffer, to channel: PeerChannel) {
        send(.channelReply, ChannelRequest(recipient: channel.client, name: name, wantsReply: false, details: details))
    }

    private func write(_ bytes: [UInt8], isError: Bool, to channel: PeerChannel) -> Bool {
        var rest = bytes[...]
        var window = channel.window
        while window > 0, !rest.isEmpty {
            let piece = rest.prefix(min(Int(window), 32 * 1024))
            rest = rest.dropFirst(piece.count)
            window -= UInt32(piece.count)
            let data = ByteBuffer(bytes: piece)
            if isError {
                send(.channelData, ChannelExtendedData(recipient: channel.client, type: 1, data: data))
            } else {
                send(.channelData, ChannelData(recipient: channel.client, data: data))
            }
        }
        channels[channel.server.rawValue]?.window = window
        guard !rest.isEmpty else { return true }
        channels[channel.server.rawValue]?.steps[0] = isError ? .error(Array(rest)) : .output(Array(rest))
        return false
    }
}
