import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// What the script makes the client do.
extension Conversation {
    func answer(_ event: Event) {
        switch event {
        case .hostKeyOffered(let key, _): answer(hostKey: key)
        case .authenticationNeeded: offerCredential()
        case .signatureNeeded(let request): sign(request)
        case .authenticated: openSessions()
        case .promptsReceived(let request): answer(request)
        case .channelOpened(let id): execute(on: id)
        case .channelData(let id, let stream, let data):
            record.receive(Array(data.readableBytesView), stream, on: id)
            if script.consumes { tell(.consumed(id, byteCount: data.readableBytes)) }
        case .channelWritable(let id): write(to: id)
        case .channelReply(let id, _, let isSuccess):
            if isSuccess { write(to: id) }
        case .identified, .keysExchanged, .banner, .note, .channelRefused, .channelTimedOut, .channelEnded,
            .channelExit, .channelClosed, .silent, .silenceEnded, .hostKeysAnnounced, .hostKeysProven:
            break
        }
    }

    private func tell(_ command: Command) {
        attempt { engine, now throws(ProtocolError) in try engine.perform(command, now: now) }
    }

    private func answer(hostKey key: PublicKey) {
        switch script.trust {
        case .accept: trust(key)
        case .refuse: tell(.refuseHostKey)
        case .wait: break
        case .other(let other):
            guard let wrong = try? PublicKey(other.verificationKey) else { return }
            trust(wrong)
        }
    }

    /// Trusts a key as an embedding program would.
    package func trust(_ key: PublicKey) {
        tell(.trust(.vouched(byCallerFor: key)))
    }

    package func offerCredential() {
        guard !script.credentials.isEmpty else { return }
        switch script.credentials.removeFirst() {
        case .none: tell(.authenticate(.none))
        case .password(let bytes):
            tell(.authenticate(.password(Password(SecretBytes(copying: bytes)))))
        case .key(let key, let algorithm, let asksFirst): offer(key, algorithm, nil, asksFirst: asksFirst)
        case .certified(let key, let algorithm, let certificate, let asksFirst):
            offer(key, algorithm, certificate, asksFirst: asksFirst)
        case .keyboardInteractive: tell(.authenticate(.keyboardInteractive))
        case .passwordChange(let old, let new):
            let replacement = Password(SecretBytes(copying: new))
            tell(.authenticate(.password(Password(SecretBytes(copying: old)), replacement: replacement)))
        case .giveUp: tell(.giveUpAuthentication)
        case .wait: break
        }
    }

    private func offer(
        _ key: SigningKey, _ algorithm: SignatureAlgorithm, _ certificate: [UInt8]?, asksFirst: Bool
    ) {
        guard let publicKey = try? PublicKey(key.verificationKey) else { return }
        record.signingKeys.append(key)
        let identity = LoginIdentity(key: publicKey, algorithm: algorithm, certificate: certificate)
        tell(.authenticate(.publicKey(identity, asksFirst: asksFirst)))
    }

    private func answer(_ request: UserauthInfoRequest) {
        guard let answers = script.answers else { return offerCredential() }
        tell(.answer(request.prompts.map { _ in Password(SecretBytes(copying: answers)) }))
    }

    private func sign(_ request: SignatureRequest) {
        guard let key = record.signingKeys.last,
            let signature = try? key.sign(request.data, algorithm: request.identity.algorithm)
        else { return }
        tell(.provideSignature(signature))
        if script.opensEarly, record.signatureRequests.count == 1 { tell(.openSession(engine.nextChannelID())) }
    }

    private func openSessions() {
        let earlyCount = script.opensEarly && record.refusals.isEmpty ? 1 : 0
        for _ in script.commands.dropFirst(earlyCount) { tell(.openSession(engine.nextChannelID())) }
    }

    private func execute(on id: ChannelID) {
        guard Int(id.rawValue) < script.commands.count else { return }
        tell(.request(id, .execute(command: script.commands[Int(id.rawValue)])))
        record.unsent[id] = ByteBuffer(bytes: script.input)
    }

    /// The user writes; what the engine does not take yet waits here until a channel may be written to.
    package func write(_ bytes: [UInt8], to id: ChannelID) {
        record.unsent[id, default: ByteBuffer()].writeBytes(bytes)
        write(to: id)
    }

    /// What the user wrote and the engine did not take yet.
    package func unsentByteCount(_ id: ChannelID) -> Int { record.unsent[id]?.readableBytes ?? 0 }

    private func write(to id: ChannelID) {
        guard var data = record.unsent[id] else { return }
        attempt { engine, now throws(ProtocolError) in try engine.send(&data, on: id, now: now) }
        record.unsent[id] = data.readableBytes == 0 ? nil : data
        guard data.readableBytes == 0, script.endsInput else { return }
        tell(.endInput(id))
    }
}
