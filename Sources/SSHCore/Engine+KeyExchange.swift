import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

extension Engine {
    mutating func proposeKeyExchange() throws(ProtocolError) {
        let cookie = random.bytes(count: KexInit.cookieByteCount)
        let isFirst = keyExchange.sessionID == nil
        var proposal = configuration.algorithms.proposal(cookie: cookie, isFirst: isFirst)
        // Numbers are left alone: some need a group first, and all are slow.
        let isSure = isFirst && configuration.guesses && !configuration.isPolite
        let guess = configuration.algorithms.keyExchanges.prefix(isSure ? 1 : 0).first { !$0.sharesAreNumbers }
        proposal.firstPacketFollows = guess != nil
        try writer.write(keyExchange.propose(proposal))
        if let guess { try writer.write(try keyExchange.share(for: guess, random: &random)) }
    }

    mutating func received(_ message: KexInit, _ packet: PacketReader.Packet) throws(ProtocolError) {
        let isFirst = keyExchange.sessionID == nil
        if isFirst {
            isStrict = message.keyExchanges.contains(AlgorithmPolicy.Markers.strictServer)
            // Strict key exchange: nothing may have come before (OpenSSH PROTOCOL §1.10).
            guard !isStrict || packet.sequence == 0 else { throw .unexpected(.kexInit, during: .keyExchange) }
        } else {
            // Unless we started it, the clock starts now; typing and pushes are not on this one.
            storm.isServers = keyExchange.stage == .idle
            if storm.isServers { startRekeyClock() }
        }
        if keyExchange.stage == .idle { try proposeKeyExchange() }
        let answer = try keyExchange.receive(message, payload: packet.payload, random: &random)
        if let algorithms = keyExchange.proposedAlgorithms { try judge(algorithms) }
        if keyExchange.proposedAlgorithms?.keyExchange.sharesAreNumbers == true {
            writer.recorder?.context.shares = .numbers
        }
        if let answer { try writer.write(answer) }
    }

    /// What is wrong with an agreement as a whole.
    private mutating func judge(_ algorithms: NegotiatedAlgorithms) throws(ProtocolError) {
        let isOpenToTerrapin = !isStrict && algorithms.isOpenToTerrapin
        // A later exchange may not agree on what the first one may not.
        if isOpenToTerrapin, configuration.algorithms.requiresStrict { throw .notStrict }
        guard keyExchange.sessionID == nil else { return }
        if !algorithms.keyExchange.isPostQuantum { note(.notPostQuantum(algorithms.keyExchange)) }
        if isOpenToTerrapin { note(.notStrict) }
    }

    mutating func received(_ message: KexDHGexGroup) throws(ProtocolError) {
        try writer.write(try keyExchange.receive(message, random: &random))
    }

    mutating func received(_ message: KexECDHReply) throws(ProtocolError) {
        let key = try keyExchange.receive(message)
        if let trustedHostKey { return try switchKeys(trustedHostKey) }
        pausedTime = phaseDeadline.map { $0 - now }
        phaseDeadline = nil
        emit(.hostKeyOffered(key, keyExchange.certificate))
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
        serviceRequestTime = now
        try writer.write(ServiceRequest(service: ServiceRequest.userAuthentication))
        try processHeld()
    }

    private mutating func switchKeys(_ token: TrustedHostKey) throws(ProtocolError) {
        let sealer = try keyExchange.confirm(token)
        try writer.write(NewKeys())
        writer.rekey(sealer, resetSequence: isStrict)
        if phase == .connected, let algorithms = keyExchange.algorithms {
            try writer.setCompression(algorithms.compressionClientToServer)
        }
        for payload in deferred { try writer.write(payload) }
        deferred.removeAll()
        deferredAnswerCount = 0
        guard let request = deferredSecrets else { return }
        deferredSecrets = nil
        try writer.write(request)
    }

    mutating func received(_ message: NewKeys) throws(ProtocolError) {
        reader.rekey(try keyExchange.receiveNewKeys(), resetSequence: isStrict)
        guard let algorithms = keyExchange.algorithms else { throw .misuse("no algorithms in force") }
        if phase == .connected { try reader.setCompression(algorithms.compressionServerToClient) }
        let isFirst = phase == .firstKeyExchange
        keysExpireAt = configuration.rekeyLimit.interval.map { now + $0 }
        emit(.keysExchanged(algorithms))
        if isFirst {
            storm.began(testedPrimeCount: keyExchange.testedPrimeCount)
            phase = .authentication
            phaseDeadline = now + Limits.authenticationReply
            if !configuration.isPolite {
                emit(.authenticationNeeded(AuthenticationRound(methods: nil, isPartialSuccess: false)))
            }
            return
        }
        rekeyCount += 1
        try storm.exchanged(now: now, testedPrimeCount: keyExchange.testedPrimeCount)
        phaseDeadline = loginDeadline
        loginDeadline = nil
        for id in channels.ids { emit(.channelWritable(id), about: id) }
    }

    /// The login succeeded: compression, which was put off until now, begins in both directions (OpenSSH PROTOCOL §1.2).
    mutating func startCompression() throws(ProtocolError) {
        guard let algorithms = keyExchange.algorithms else { return }
        try writer.setCompression(algorithms.compressionClientToServer)
        try reader.setCompression(algorithms.compressionServerToClient)
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
        let zero = ByteBuffer(string: "0")
        if message.value(of: ExtInfo.ping) == zero { supportsPing = true }
        if message.value(of: ExtInfo.hostBoundPublicKey) == zero { supportsHostBoundPublicKey = true }
        guard let value = message.value(of: ExtInfo.serverSignatureAlgorithms) else { return }
        let names = value.readableBytesView.split(separator: UInt8(ascii: ","), maxSplits: NameList.maximumNameCount)
        serverSignatureAlgorithms = NameList(names.map { Name($0) })
    }
}

extension NegotiatedAlgorithms {
    /// Terrapin (CVE-2023-48795) needs ChaCha20-Poly1305 or an encrypt-then-MAC mode in some direction.
    package var isOpenToTerrapin: Bool {
        [cipherClientToServer, cipherServerToClient].contains(.chaCha20Poly1305)
            || [macClientToServer, macServerToClient].contains { $0?.encryptsFirst == true }
    }
}
