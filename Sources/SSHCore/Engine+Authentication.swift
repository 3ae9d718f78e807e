import NIOCore
package import SSHCrypto
package import SSHIdentity
import SSHWire

extension Engine {
    /// The signature algorithms to try with a key or its certificate, in order.
    ///
    /// RSA's depends on what the server announced; where it said nothing, SHA-512 and then SHA-256 (RFC 8332 §3.3), and
    /// last SHA-1 where the profile has it.
    package func signatureAlgorithms(for key: PublicKey, isCertificate: Bool = false) -> [SignatureAlgorithm] {
        let type = key.verificationKey.type
        let candidates = configuration.algorithms.logins.filter {
            $0.isCertificate == isCertificate && $0.plain.keyType == type
        }
        let quirks = keyExchange.quirks
        if isCertificate, quirks.contains(.oneNameForRSACertificates), type == SignatureAlgorithm.rsaSHA1.keyType {
            return candidates.filter { $0.plain == .rsaSHA1 }
        }
        guard candidates.count > 1, let announced = serverSignatureAlgorithms,
            !quirks.contains(.concealsSHA2Signatures)
        else { return candidates }
        return candidates.filter { announced.contains(Name($0.plain.rawValue)) }
    }

    /// Whether a session may be opened in one flight with the signature that the login seems to rest on.
    ///
    /// Not where compression of what we send begins with the answer: then the server would take the one for compressed.
    package var mayOpenEarly: Bool {
        phase == .authentication && keyExchange.stage == .idle && authentication?.awaitsVerdictOnSignature == true
            && keyExchange.algorithms?.compressionClientToServer == CompressionAlgorithm.none
    }

    /// Whether a session was opened early, and the server has not said a word about it.
    package var hasUnansweredEarlySession: Bool { phase != .connected && !channels.ids.isEmpty }

    mutating func acceptAuthentication(_ number: MessageNumber, _ payload: ByteBuffer) throws(ProtocolError) {
        if number == .userauthBanner { return try receivedBanner(payload) }
        if number == .serviceAccept { return try receivedServiceAccept(payload) }
        guard var machine = authentication, machine.isServiceAccepted else {
            throw .unexpected(number, during: situation)
        }
        let action: UserAuthentication.Action
        switch number {
        case .userauthFailure: action = try machine.receive(try decode(UserauthFailure.self, payload))
        case .userauthSuccess:
            _ = try decode(UserauthSuccess.self, payload)
            action = try machine.receiveSuccess()
        default: action = try machine.receiveMethodSpecific(payload)
        }
        authentication = machine
        try carryOut(action)
    }

    mutating func authenticate(_ request: AuthenticationRequest) throws(ProtocolError) {
        let isBound = supportsHostBoundPublicKey && configuration.bindsLogins
        let boundHostKey = isBound ? keyExchange.hostKeyProof?.blob : nil
        try advance { machine throws(ProtocolError) in
            machine.boundHostKey = boundHostKey ?? machine.boundHostKey
            return try machine.start(request)
        }
    }

    mutating func provideSignature(_ signature: [UInt8]) throws(ProtocolError) {
        try advance { machine throws(ProtocolError) in try machine.provide(signature: signature) }
    }

    mutating func answer(_ answers: [Password]) throws(ProtocolError) {
        try advance { machine throws(ProtocolError) in try machine.provide(answers: answers) }
    }

    private mutating func advance(
        _ step: (inout UserAuthentication) throws(ProtocolError) -> UserAuthentication.Action
    ) throws(ProtocolError) {
        guard var machine = authentication, phase == .authentication else {
            throw .misuse("authentication is not open")
        }
        let action = try step(&machine)
        authentication = machine
        try carryOut(action)
    }

    private mutating func carryOut(_ action: UserAuthentication.Action) throws(ProtocolError) {
        switch action {
        case .send(let request):
            runClock(for: Limits.authenticationReply)
            try send(request)
        case .sendSecrets(let request):
            runClock(for: Limits.authenticationReply)
            if keyExchange.holdsBackOthers { deferredSecrets = request } else { try writer.write(request) }
        case .sign(let request):
            runClock(for: nil)
            emit(.signatureNeeded(request))
        case .askForCredential(let round):
            // A person may be typing: no clock runs.
            runClock(for: nil)
            emit(.authenticationNeeded(round))
        case .ask(let request):
            runClock(for: nil)
            emit(.promptsReceived(request))
        case .finish:
            phase = .connected
            // Of what was sent before, only what is still unanswered matters from here on.
            _ = silence.heard(now: now)
            phaseDeadline = nil
            let deadline = now + Limits.channelOpen
            for id in channels.ids { try channels.update(id) { if !$0.hasSentClose { $0.deadline = deadline } } }
            try startCompression()
            emit(.authenticated(authentication?.proofs ?? []))
        }
    }

    /// A key exchange in progress keeps its own deadline; the login's counts again when it ends.
    private mutating func runClock(for duration: Duration?) {
        let deadline = duration.map { now + $0 }
        if keyExchange.stage == .idle { phaseDeadline = deadline } else { loginDeadline = deadline }
    }

    private mutating func receivedServiceAccept(_ payload: ByteBuffer) throws(ProtocolError) {
        let message = try decode(ServiceAccept.self, payload)
        let isExpected = message.service == nil || message.service == ServiceRequest.userAuthentication
        guard authentication?.isServiceAccepted == false, isExpected else {
            throw .unexpected(.serviceAccept, during: situation)
        }
        authentication?.isServiceAccepted = true
        if let serviceRequestTime { roundTrip.add(now - serviceRequestTime) }
        if authentication?.awaitsServer == false { phaseDeadline = nil }
        if configuration.isPolite {
            emit(.authenticationNeeded(AuthenticationRound(methods: nil, isPartialSuccess: false)))
        }
    }

    /// Banners are passed on within limits, before login only; later ones are dropped.
    private mutating func receivedBanner(_ payload: ByteBuffer) throws(ProtocolError) {
        let banner = try decode(UserauthBanner.self, payload)
        guard phase == .authentication else { return }
        bannerCount += 1
        bannerByteCount += banner.text.readableBytes
        guard bannerCount <= Limits.bannerCount, bannerByteCount <= Limits.bannerByteCount else {
            if !hasSuppressedBanners { note(.bannersSuppressed) }
            return hasSuppressedBanners = true
        }
        emit(.banner(banner.text))
    }
}
