import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// The connection layer behind an honest login: the input is a list of steps, the server's messages from 80 to 100 and our
/// own commands, in any order.
///
/// Whatever comes, one error at most ends it, nothing follows that, and no channel holds more than its window.
enum ChannelFuzz {
    /// What all messages of one input may carry by length fields of ours, so that an input takes no time to speak of.
    private static let byteCount = 6 << 20
    /// A window, which may grow once, and what is forgiven beyond it.
    private static let windowByteCount = 2 * Limits.channelWindowByteCount
    private static let heldByteCount = Int(windowByteCount) / 10 * 11

    private struct State {
        var left = byteCount
        /// What the user took of each channel.
        var taken: [ChannelID: Int] = [:]
        /// What our own commands may have added to what waits for the socket.
        var asked = 0
        /// How often the server named a channel by a number of its own.
        var confirmed: [UInt32: Int] = [:]
        /// What had arrived when a channel's user was told of its end.
        var final: [ChannelID: Int] = [:]
    }

    static func run(_ input: [UInt8]) {
        guard let flags = input.first, let conversation = try? begin(isHonest: flags & 1 == 1, flags >> 1) else {
            return
        }
        precondition(conversation.record.isLoggedIn, "an honest login fails")
        var state = State()
        var steps = ByteBuffer(bytes: input.dropFirst())
        while let step = steps.readInteger(as: UInt8.self), !conversation.record.isOver {
            let size = steps.readInteger(as: UInt8.self) ?? 0
            let argument = steps.readSlice(length: min(Int(size), steps.readableBytes)) ?? ByteBuffer()
            perform(step % 32, argument, conversation, &state)
            check(conversation, &state)
        }
        conversation.script.sends = true
        conversation.close()
        check(conversation, &state)
        checkSilence(after: conversation.peer.received, state)
    }

    private static func begin(isHonest: Bool, _ delivery: UInt8) throws -> Conversation {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.acceptedPassword = ClientScript.password
        var script = ClientScript()
        script.consumes = false
        script.configuration.maximumWindowByteCount = windowByteCount
        // Byte by byte is a matter of the transport, and slow.
        let conversation = try Conversation(
            configuration, script: script, delivery: [.whole, .coalesced, .split][Int(delivery % 3)]
        ).run()
        guard !isHonest else { return conversation }
        conversation.peer.configuration.hook = { _, step, own in
            switch step {
            case .channelReply, .channelData, .other: []
            default: [.payload(own)]
            }
        }
        return conversation
    }

    private static func perform(
        _ step: UInt8, _ argument: ByteBuffer, _ conversation: Conversation, _ state: inout State
    ) {
        var rest = argument
        if step <= 20 { return deliver(80 + step, rest, to: conversation, &state) }
        let first = rest.readInteger(as: UInt8.self) ?? 0
        if step >= 29 { return disturb(step, first, conversation) }
        let id = ChannelID(rawValue: UInt32(rest.readInteger(as: UInt8.self) ?? 0))
        state.asked += 1024
        switch step {
        case 21:
            // Any message of a channel that exists, or nearly.
            var body = ByteBuffer(integer: id.rawValue)
            body.writeBuffer(&rest)
            deliver(80 + first % 21, body, to: conversation, &state)
        case 22:
            let count = min(Int(first) << 10, state.left)
            state.left -= count
            let data = ByteBuffer(repeating: first, count: count)
            let type = rest.readInteger(as: UInt8.self) ?? 0
            let isPlain = type == 0
            conversation.inject(
                isPlain
                    ? .message(ChannelData(recipient: id, data: data))
                    : .message(ChannelExtendedData(recipient: id, type: UInt32(type), data: data)))
        case 23: conversation.perform(.openSession(conversation.engine.nextChannelID()))
        case 24: conversation.perform(.request(id, request(first, Array(rest.readableBytesView))))
        case 25:
            guard conversation.unsentByteCount(id) < 1 << 20 else { return }
            conversation.write([UInt8](repeating: first, count: Int(first) << 8), to: id)
        case 26: conversation.perform(.endInput(id))
        case 27: conversation.perform(.close(id))
        default:
            let count = min(held(id, conversation, state), Int(first) << 12)
            state.taken[id, default: 0] += count
            conversation.perform(.consumed(id, byteCount: count))
        }
    }

    /// Keys, time, and a server that reads or does not.
    private static func disturb(_ step: UInt8, _ choice: UInt8, _ conversation: Conversation) {
        switch (step, choice % 3) {
        case (29, 0): conversation.perform(.rekey)
        case (29, 1): conversation.perform(.ping)
        case (29, _):
            conversation.peer.startRekey()
            conversation.run()
        case (30, _):
            conversation.script.sends = choice % 2 == 0
            conversation.run()
        case (_, 0): conversation.passDeadline()
        default: conversation.advance(by: .seconds(Int(choice)))
        }
    }

    private static func deliver(
        _ number: UInt8, _ body: ByteBuffer, to conversation: Conversation, _ state: inout State
    ) {
        var payload = ByteBuffer(integer: number)
        payload.writeImmutableBuffer(body)
        if let confirmation = try? ChannelOpenConfirmation(payload: payload) {
            state.confirmed[confirmation.sender.rawValue, default: 0] += 1
        }
        conversation.inject(.payload(payload))
    }

    private static func request(_ choice: UInt8, _ text: [UInt8]) -> SessionRequest {
        switch choice % 9 {
        case 0: .environment(name: text, value: text)
        case 1: .pseudoTerminal(term: text, size: WindowSize(columns: 80, rows: 24), modes: TerminalModes())
        case 2: .shell
        case 3: .execute(command: text)
        case 4: .subsystem(name: text)
        case 5: .windowChange(WindowSize(columns: 1, rows: 1))
        case 6: .signal(name: text)
        case 7: .sendBreak
        default: .endOfWrite
        }
    }

    private static func arrived(_ id: ChannelID, _ record: ConversationRecord) -> Int {
        (record.output[id]?.count ?? 0) + (record.errorOutput[id]?.count ?? 0)
    }

    private static func held(_ id: ChannelID, _ conversation: Conversation, _ state: State) -> Int {
        arrived(id, conversation.record) - (state.taken[id] ?? 0)
    }

    private static func check(_ conversation: Conversation, _ state: inout State) {
        let record = conversation.record
        precondition(record.errors.count <= 1 && record.lateEvents.isEmpty, "something follows the end")
        for id in Set(record.output.keys).union(record.errorOutput.keys) {
            precondition(record.opened.contains(id), "data of a channel that is not open")
            precondition(held(id, conversation, state) <= heldByteCount, "a channel holds more than its window")
        }
        for list in [record.opened, record.ended, record.closed] {
            precondition(Set(list).count == list.count, "a channel opens or ends twice")
        }
        for id in record.closed {
            let count = arrived(id, record)
            precondition(state.final[id] ?? count == count, "data of a channel that is closed")
            state.final[id] = count
        }
        precondition(record.exits.count <= record.opened.count, "a program ends twice")
        precondition(
            conversation.engine.outboundByteCount <= 2 * Limits.outboundByteCount + state.asked, "answers pile up")
    }

    /// After a CLOSE nothing more is sent for a channel, where its number tells which one it is.
    private static func checkSilence(after received: [ScriptedPeer.Received], _ state: State) {
        var closed: Set<UInt32> = []
        for entry in received where (93...100).contains(entry.number) {
            guard let number = entry.payload.getInteger(at: entry.payload.readerIndex + 1, as: UInt32.self),
                state.confirmed[number] ?? 1 == 1
            else { continue }
            precondition(!closed.contains(number), "a channel is written to after its CLOSE")
            if entry.number == MessageNumber.channelClose.rawValue { closed.insert(number) }
        }
    }
}
