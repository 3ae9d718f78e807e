import NIOCore
import SSHWire

/// What the server asks of us: of a client it may ask almost nothing.
extension Engine {
    mutating func received(_ message: GlobalRequest) throws(ProtocolError) {
        if message.wantsReply { try answer(RequestFailure()) }
        if message.name == GlobalRequest.hostKeys { return try receivedHostKeys(message.details) }
        // A keep-alive is answered so by ssh too.
        if message.name != GlobalRequest.keepAlive { note(.globalRequestRefused(message.name.start)) }
    }

    mutating func received(_ message: ChannelOpen) throws(ProtocolError) {
        note(.channelOpenRefused(message.type.start))
        try answer(
            ChannelOpenFailure(
                recipient: message.sender, reason: ChannelOpenFailure.administrativelyProhibited,
                description: "not requested"))
    }

    mutating func received(_ message: ChannelRequest) throws(ProtocolError) {
        let (exit, isUnderstood) = try understand(message)
        let peer = try channels.update(message.recipient) { (channel) throws(ProtocolError) -> ChannelID? in
            guard let peer = channel.peer, !channel.hasReceivedClose else { throw .channel(.state) }
            return channel.hasSentClose ? nil : peer
        }
        // After our CLOSE the server may have forgotten the channel, and nothing more is sent for it.
        if message.wantsReply, let peer { try answer(ChannelFailure(recipient: peer)) }
        guard isUnderstood else { return note(.channelRequestRefused(message.name.start)) }
        guard let exit, channels[message.recipient]?.hasExit == false else { return }
        // The first one counts; a process ends once.
        try channels.update(message.recipient) { $0.hasExit = true }
        emit(.channelExit(message.recipient, exit), about: message.recipient)
    }

    private func understand(_ message: ChannelRequest) throws(ProtocolError) -> (ChannelExit?, isUnderstood: Bool) {
        var details = message.details
        do throws(WireError) {
            switch message.name {
            case "exit-status":
                return (.status(try details.readUInt32()), true)
            case "exit-signal":
                let name = try details.readStringBytes()
                let dumpedCore = try details.readBoolean()
                let text = try details.readStringBytes()
                return (
                    .signal(name: Array(name.prefix(64)), dumpedCore: dumpedCore, message: Array(text.prefix(1024))),
                    true
                )
            case "eow@openssh.com", "xon-xoff", "keepalive@openssh.com":
                return (nil, true)
            default:
                return (nil, false)
            }
        } catch {
            throw .malformed(.channelRequest, error)
        }
    }
}
