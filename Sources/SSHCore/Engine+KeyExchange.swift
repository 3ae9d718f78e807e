import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

extension Engine {
    mutating func proposeKeyExchange() throws(ProtocolError) {
        let cookie = random.bytes(count: KexInit.cookieByteCount)
        let proposal = configuration.algorithms.proposal(cookie: cookie, isFirst: keyExchange.sessionID == nil)
        try writer.write(keyExchange.propose(proposal))
    }

    mutating func received(_ message: KexInit, _ packet: PacketReader.Packet) throws(ProtocolError) {
        let isFirst = keyExchange.sessionID == nil
        if isFirst {
            isStrict = message.keyExchanges.contains(AlgorithmPolicy.Markers.strictServer)
            // Strict key exchange: nothing may have come before (OpenSSH PROTOCOL §1.10).
            guard !isStrict || packet.sequence == 0 else { throw .unexpected(.kexInit, during: .keyExchange) }
        } else {
            // The server starts a re-exchange; typing and pushes are not on this clock.
            loginDeadline = phaseDeadline
            phaseDeadline = now + Limits.rekey
        }
        if keyExchange.stage == .idle { try proposeKeyExchange() }
        try writer.write(try keyExchange.receive(message, payload: packet.payload, random: &random))
    }

    mutating func received(_ message: KexECDHReply) throws(ProtocolError) {
        let key = try keyExchange.receive(message)
        if let trustedHostKey { return try switchKeys(trustedHostKey) }
        guard let algorithms = keyExchange.proposedAlgorithms else { throw .misuse("no agreement to report") }
        pausedTime = phaseDeadline.map { $0 - now }
        phaseDeadline = nil
        emit(.hostKeyOffered(key, algorithms))
    }

    /// The policy's answer: only its token carries on.
    mutating func trust(_ token: TrustedHostKey) throws(ProtocolError) {
        guard keyExchange.stage == .awaitingTrust, keyExchange.sessionID == nil else {
            throw .misuse("no host key awaits a decision")
        }
        try switchKeys(token)
        if let pausedTime { phaseDeadline = now + pausedTime }
        pausedTime = nil
        trustedHostKey = token
        authentication = UserAuthentication(
            user: configuration.user, sessionID: keyExchange.sessionID ?? [], host: token)
        try writer.write(ServiceRequest(service: ServiceRequest.userAuthentication))
        try processHeld()
    }

    private mutating func switchKeys(_ token: TrustedHostKey) throws(ProtocolError) {
        let sealer = try keyExchange.confirm(token)
        try writer.write(NewKeys())
        writer.rekey(sealer, resetSequence: isStrict)
        for payload in deferred { try writer.write(payload) }
        deferred.removeAll()
        deferredAnswerCount = 0
        guard let password = deferredPassword else { return }
        deferredPassword = nil
        try writer.writePassword(password.secret, user: configuration.user)
    }

    mutating func received(_ message: NewKeys) throws(ProtocolError) {
        reader.rekey(try keyExchange.receiveNewKeys(), resetSequence: isStrict)
        guard let algorithms = keyExchange.algorithms else { throw .misuse("no algorithms in force") }
        let isFirst = phase == .firstKeyExchange
        if isFirst, !isStrict, algorithms.isOpenToTerrapin { note(.notStrict) }
        emit(.keysExchanged(algorithms))
        if isFirst {
            phase = .authentication
            phaseDeadline = now + Limits.authenticationReply
            if !configuration.isPolite {
                emit(.authenticationNeeded(AuthenticationRound(methods: nil, isPartialSuccess: false)))
            }
            return
        }
        phaseDeadline = loginDeadline
        loginDeadline = nil
        for id in channels.ids { emit(.channelWritable(id)) }
    }

    /// Extensions of the server (RFC 8308).
    ///
    /// One at another time, or a third, is answered but not believed.
    mutating func receivedExtInfo(_ packet: PacketReader.Packet) throws(ProtocolError) {
        extInfoCount += 1
        guard phase == .authentication, extInfoCount <= Limits.extInfoCount else {
            note(.unimplemented(.extInfo))
            return try writer.write(Unimplemented(sequenceNumber: packet.sequence))
        }
        let message = try decode(ExtInfo.self, packet.payload)
        guard let value = message.value(of: ExtInfo.serverSignatureAlgorithms) else { return }
        serverSignatureAlgorithms = NameList(
            value.readableBytesView.split(separator: UInt8(ascii: ",")).map { Name($0) })
    }
}

extension NegotiatedAlgorithms {
    /// Terrapin (CVE-2023-48795) needs ChaCha20-Poly1305 or an encrypt-then-MAC mode in some direction.
    package var isOpenToTerrapin: Bool {
        [cipherClientToServer, cipherServerToClient].contains(.chaCha20Poly1305)
            || [macClientToServer, macServerToClient].contains { $0?.encryptsFirst == true }
    }
}
