import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Global requests of both sides in a session: what the server asks and announces, and what it answers when it is to prove
/// its keys, honestly, changed, or at another time.
///
/// Keys are announced once; all of those that were asked about are proven, or none; and each request that wants an answer
/// gets one.
enum GlobalRequestFuzz {
    private static let keys: [SigningKey] =
        [try? TestKeys.ed25519(seed: 21), try? TestKeys.ecdsaNISTP256(seed: 22), try? TestKeys.rsa()].compactMap { $0 }
    /// The algorithms to prove them with.
    private static let algorithms: [SignatureAlgorithm] = [.ed25519, .ecdsaNISTP256, .rsaSHA512]

    private struct State {
        var askedCount = 0
        /// The keys whose proof was sent, once for each time.
        var proven: [[[UInt8]]: Int] = [:]
        var wantedAnswerCount = 0
        var rekeyCount = 0
    }

    static func run(_ input: [UInt8]) {
        guard let flags = input.first, let conversation = try? begin(flags) else { return }
        precondition(conversation.record.isLoggedIn, "an honest login fails")
        var state = State()
        var steps = FuzzSteps(input.dropFirst())
        var count = 0
        while let step = steps.next(), !conversation.record.isOver, count < 200 {
            count += 1
            perform(step.kind % 12, step.argument, conversation, &state)
            check(conversation, state)
        }
        conversation.close()
        check(conversation, state)
    }

    private static func begin(_ flags: UInt8) throws -> Conversation {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.acceptedPassword = ClientScript.password
        configuration.answersGlobalRequests = flags & 1 == 1
        return try Conversation(
            configuration, delivery: [.whole, .coalesced, .split][Int(flags >> 1) % 3]
        ).run()
    }

    private static func perform(
        _ step: UInt8, _ argument: ByteBuffer, _ conversation: Conversation, _ state: inout State
    ) {
        let first: UInt8 = argument.getInteger(at: argument.readerIndex) ?? 0
        switch step {
        case 0: deliver([80], argument, conversation, &state)
        case 1, 2:
            var body = ByteBuffer(integer: UInt8(80))
            body.writeString(GlobalRequest.hostKeys)
            body.writeBoolean(step == 2)
            // Real keys in front of what the input has.
            for (index, key) in keys.enumerated() where step == 2 && first >> index & 1 == 1 {
                body.writeString(key.verificationKey.blob)
            }
            deliver(Array(body.readableBytesView), argument, conversation, &state)
        case 3: deliver([81], argument, conversation, &state)
        case 4: deliver([82], argument, conversation, &state)
        case 5: ask(first, conversation, &state)
        case 6, 7: answer(argument, isHonest: step == 6, conversation, &state)
        case 8: conversation.passDeadline()
        case 9: deliver([first % 2 == 0 ? 192 : 90], argument, conversation, &state)
        default:
            state.rekeyCount += 1
            guard state.rekeyCount < 5 else { return }
            if step == 10 { conversation.perform(.rekey) } else { conversation.peer.startRekey() }
            conversation.run()
        }
    }

    private static func deliver(
        _ head: [UInt8], _ argument: ByteBuffer, _ conversation: Conversation, _ state: inout State
    ) {
        var payload = ByteBuffer(bytes: head)
        payload.writeImmutableBuffer(argument)
        if let request = try? GlobalRequest(payload: payload), request.wantsReply { state.wantedAnswerCount += 1 }
        conversation.inject(.payload(payload))
    }

    private static func ask(_ choice: UInt8, _ conversation: Conversation, _ state: inout State) {
        let chosen = keys.indices.filter { choice >> $0 & 1 == 1 }.compactMap {
            try? PublicKey(keys[$0].verificationKey)
        }
        state.askedCount += 1
        conversation.perform(.proveHostKeys(chosen))
    }

    /// What answers the last request for proof that the server saw, as it should or with changes.
    private static func answer(
        _ argument: ByteBuffer, isHonest: Bool, _ conversation: Conversation, _ state: inout State
    ) {
        let asked = conversation.peer.messages(GlobalRequest.self).last { $0.name == GlobalRequest.proveHostKeys }
        guard var blobs = asked?.details, let session = conversation.peer.sessionID else { return }
        var payload = ByteBuffer(integer: UInt8(81))
        var proven: [[UInt8]] = []
        while let blob = try? blobs.readStringBytes(),
            let index = keys.firstIndex(where: { $0.verificationKey.blob == blob })
        {
            proven.append(blob)
            var data = ByteBuffer()
            data.writeString(GlobalRequest.proveHostKeys)
            data.writeString(session)
            data.writeString(blob)
            payload.writeString(
                (try? keys[index].sign(Array(data.readableBytesView), algorithm: algorithms[index])) ?? [])
        }
        var bytes = Array(payload.readableBytesView)
        if !isHonest { FuzzEdits.apply(argument, to: &bytes) }
        if bytes == Array(payload.readableBytesView) { state.proven[proven, default: 0] += 1 }
        conversation.inject(.bytes(bytes.isEmpty ? [81] : bytes))
    }

    private static func check(_ conversation: Conversation, _ state: State) {
        let record = conversation.record
        precondition(record.errors.count <= 1 && record.lateEvents.isEmpty, "something follows the end")
        precondition(record.announcedKeys.count <= 1, "keys are announced twice")
        for keys in record.announcedKeys {
            precondition(!keys.isEmpty && keys.count <= Limits.announcedHostKeyCount && Set(keys).count == keys.count)
        }
        precondition(record.provenKeys.count <= state.askedCount, "proofs that nobody asked for")
        for (blobs, events) in Dictionary(grouping: record.provenKeys, by: { $0.map(\.blob) }) where !blobs.isEmpty {
            precondition(events.count <= state.proven[blobs] ?? 0, "keys count as proven that are not")
        }
        let answers = conversation.peer.messages(RequestFailure.self).count
        precondition(record.isOver || answers == state.wantedAnswerCount, "a request is not answered, or twice")
    }
}
