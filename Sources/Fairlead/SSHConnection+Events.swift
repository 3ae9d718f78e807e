import Logging
import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// A question of the login.
enum LoginStep {
    case hostKey(PublicKey, Certificate?)
    case credential(AuthenticationRound)
    case signature(SignatureRequest)
    case prompts(UserauthInfoRequest)
    case done
}

extension SSHConnection {
    func handle(_ event: Event) {
        switch event {
        case .channelData(let id, let stream, let data): received(data, stream, in: id)
        case .identified(let server):
            facts.mark(.identification)
            facts.serverIdentification = PeerText.line(server.line)
            configuration.logger.debug("server: \(facts.serverIdentification)")
        case .hostKeyOffered(let key, let certificate):
            facts.mark(.keyExchange)
            loginStep(.hostKey(key, certificate))
        case .keysExchanged:
            facts.mark(.hostKey)
            logAlgorithms()
        case .authenticationNeeded(let round): loginStep(.credential(round))
        case .signatureNeeded(let request): loginStep(.signature(request))
        case .promptsReceived(let request): loginStep(.prompts(request))
        case .authenticated(let proofs):
            facts.mark(.authentication)
            facts.authenticationMethod = proofs.map(\.rawValue).joined(separator: ",")
            facts.isAuthenticationProven = proofs.contains(where: \.isProof)
            configuration.logger.debug("logged in by \(facts.authenticationMethod)")
            loginStep(.done)
        case .hostKeysProven(let keys):
            provenHostKeys = keys
            wake(.hostKeys)
        case .banner(let text):
            configuration.onBanner?(
                PeerText.block(text.readableBytesView, maximumByteCount: Limits.bannerByteCount))
        case .note(let note): log(note)
        case .silent(let duration):
            configuration.logger.notice("no answer from the server for \(duration.components.seconds) s")
        case .silenceEnded: configuration.logger.notice("the server answers again")
        case .hostKeysAnnounced(let keys):
            facts.announcedHostKeys = keys
            wake(.hostKeys)
        default: handleSession(event)
        }
    }

    private func handleSession(_ event: Event) {
        switch event {
        case .channelOpened(let id):
            bytesMoved(on: id)
            update(id) { $0.isOpen = true }
        // Whoever wants a session asks again.
        case .channelRefused(let id, _, _) where id == earlySession: (sessions[id], earlySession) = (nil, nil)
        case .channelRefused(let id, let reason, let text):
            update(id) { $0.refusal = Session.Refusal(reason: reason, text: text) }
        case .channelTimedOut(let id): update(id) { $0.hasTimedOut = true }
        case .channelReply(let id, _, let isSuccess): update(id) { $0.replies.append(isSuccess) }
        // How a program ends that our own close has ended is no news.
        case .channelExit(let id, let exit): update(id) { if !$0.isIdle { $0.exit = exit } }
        case .channelWritable(let id): sessionIsWritable(id)
        case .channelEnded(let id):
            update(id) { $0.hasEnded = true }
            wake(.output(id))
            wake(.errorOutput(id))
        case .channelClosed(let id): sessionEnded(id)
        default: break
        }
    }

    /// Both sides are done with the session, or the connection is.
    func sessionEnded(_ id: SessionID) {
        let isLost = failure != nil
        update(id) {
            if !$0.isClosed { $0.isLost = isLost }
            // The server has not said that this was all.
            if !$0.isIdle { $0.hasEnded = true }
            $0.isClosed = true
        }
        sessions[id]?.pump?.sessionClosed()
        wake(.output(id))
        wake(.errorOutput(id))
        wake(.writable(id))
    }

    func sessionIsWritable(_ id: SessionID) {
        wake(.writable(id))
        sessions[id]?.pump?.readMore(upTo: sendableByteCount(id))
    }

    func update(_ id: SessionID, _ change: (Session) -> Void) {
        guard let session = sessions[id] else { return }
        change(session)
        wake(.state(id))
    }

    private func received(_ data: ByteBuffer, _ stream: ChannelStream, in id: SessionID) {
        bytesMoved(on: id)
        guard let session = sessions[id] else { return }
        if let pump = session.pump {
            if pump.append(data, to: stream) { filledPumps.append(pump) }
            return
        }
        switch stream {
        case .output:
            session.output.append(data)
            wake(.output(id))
        case .error:
            session.errorOutput.append(data)
            wake(.errorOutput(id))
        }
    }

    private func loginStep(_ step: LoginStep) {
        loginSteps.append(step)
        wake(.login)
    }

    /// Those of the first keys, and of later ones as far as remarks go.
    private func logAlgorithms() {
        guard engine.rekeyCount < Limits.noteCount else { return }
        configuration.logger.debug("\(algorithmLine)")
    }

    private var algorithmLine: String {
        let info = info
        return """
            keys: \(info.keyExchange); to server \(info.cipherClientToServer) \(info.macClientToServer ?? ""); \
            from server \(info.cipherServerToClient) \(info.macServerToClient ?? ""); strict \(info.isStrict)
            """
    }

    private func log(_ note: Event.Note) {
        let logger = configuration.logger
        switch note {
        case .precedingLine(let text): logger.debug("before its identification the server says: \(PeerText.line(text))")
        case .longIdentification: logger.debug("the server's identification is longer than RFC 4253 allows")
        case .notStrict:
            logger.warning(
                "the server lacks strict key exchange (CVE-2023-48795); an attacker on the way could drop its first messages"
            )
        case .notPostQuantum(let algorithm):
            logger.log(
                level: configuration.warnsOfWeakCrypto ? .warning : .debug,
                "\(algorithm.rawValue) is not post-quantum: what is recorded now may be read by a quantum computer later"
            )
        case .debug(let text, _):
            logger.debug("server says: \(PeerText.line(text))")
        case .unimplemented(let number): logger.debug("answered UNIMPLEMENTED to \(number.name)")
        case .bannersSuppressed: logger.warning("the server sent more banners than are shown")
        case .globalRequestRefused(let name): logger.debug("refused the global request \(name.text)")
        case .channelOpenRefused(let name):
            logger.warning("the server tried to open a channel that was not asked for: \(name.text)")
        case .channelRequestRefused(let name): logger.debug("refused the channel request \(name.text)")
        case .dataAfterEOF: logger.debug("the server sent data after it had ended the stream")
        }
    }
}
