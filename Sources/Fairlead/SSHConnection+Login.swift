import Logging
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// From the open transport to the first channel: the questions of the login, answered one by one.
extension SSHConnection {
    /// `chooser` goes on where another connection ended.
    func login(_ trust: HostTrust, resuming chooser: CredentialChooser?) async throws(SSHError) {
        self.chooser = chooser
        while true {
            switch try await nextLoginStep() {
            case .hostKey(let key, let certificate):
                isRepeatable = false
                let token = try await verify(key, certificate, trust)
                isRepeatable = token.isRepeatable && chooser == nil
                restrictsAuthentication = token.restrictsAuthentication
                facts.hostKey = key
                facts.hostIdentity = token
                try perform(.trust(token))
            case .credential(let round):
                dropEarlySession()
                try await answer(round)
            case .signature(let request): try await answer(request)
            case .prompts(let request): try await answer(request)
            case .done:
                loggedIn(by: self.chooser?.currentKey)
                // It holds keys and passwords, which nobody needs any more.
                self.chooser = nil
                return try welcome()
            }
        }
    }

    private func answer(_ round: AuthenticationRound) async throws(SSHError) {
        let request = try await choosing { (chooser) async throws(SSHError) in
            try await chooser.next(round) { await self.signatureAlgorithms(for: $0, isCertificate: $1) }
        }
        guard let request else {
            try? perform(.giveUpAuthentication)
            throw chooser?.denial() ?? Self.cancelled
        }
        if case .password = request { isRepeatable = false }
        try perform(.authenticate(request))
    }

    private func answer(_ request: SignatureRequest) async throws(SSHError) {
        if chooser?.signsUnattended == false { isRepeatable = false }
        let signature = try await choosing { (chooser) async throws(SSHError) in try await chooser.sign(request) }
        guard let signature else { return chooseNext() }
        try perform(.provideSignature(signature))
        try openEarly(with: request.identity.key)
    }

    /// A session in the same flight, where this key was all that the server wanted last time (ruling 29).
    private func openEarly(with key: PublicKey) throws(SSHError) {
        guard configuration.opensSessionEarly, let remembered = configuration.remembered, remembered.outcome == .alone,
            remembered.isOf(key), engine.mayOpenEarly, !engine.configuration.isPolite
        else { return }
        // Should the server hang up on it, a second try must be possible.
        guard isRepeatable else { return }
        // Nobody could say how long such a one was idle.
        guard configuration.idleTimeout == nil, configuration.sessionIdleTimeout == nil else { return }
        let id = engine.nextChannelID()
        (sessions[id], earlySession) = (Session(), id)
        try perform(.openSession(id))
    }

    /// Nobody took it, or the login goes on otherwise.
    func dropEarlySession() {
        guard let id = earlySession else { return }
        earlySession = nil
        discard(id)
    }

    private func answer(_ request: UserauthInfoRequest) async throws(SSHError) {
        isRepeatable = false
        let answers = try await choosing { (chooser) async throws(SSHError) in try await chooser.answers(to: request) }
        guard let answers else { return chooseNext() }
        try perform(.answer(answers))
    }

    /// Nobody signed or answered: the next credential, without a word from the server.
    private func chooseNext() {
        loginSteps.insert(.credential(AuthenticationRound(methods: nil, isPartialSuccess: false)), at: 0)
    }

    private func welcome() throws(SSHError) {
        guard !facts.isAuthenticationProven else { return }
        guard !configuration.requiresProof else {
            throw SSHError(
                .authentication, .denied,
                "\(configuration.user)@\(configuration.host): the server asked for no proof of who logs in")
        }
        configuration.logger.notice("the server let us in without any proof of who we are")
    }

    /// Lets the chooser do what takes time, and keeps what it has learned.
    private func choosing<Value: Sendable>(
        _ body: @escaping @Sendable (inout CredentialChooser) async throws(SSHError) -> Value
    ) async throws(SSHError) -> Value {
        let before = chooser
        let proof = engine.sessionProof
        let restricts = restrictsAuthentication
        let configuration = configuration
        let (after, value) = try await unlessLost { () async throws(SSHError) in
            var chooser: CredentialChooser
            if let before {
                chooser = before
                chooser.bind(to: proof, refusesSecrets: restricts)
            } else {
                chooser = await CredentialChooser.make(configuration, refusesSecrets: restricts, session: proof)
            }
            let value = try await body(&chooser)
            return (chooser, value)
        }
        chooser = after
        return value
    }

    private func verify(
        _ key: PublicKey, _ certificate: Certificate?, _ trust: HostTrust
    ) async throws(SSHError) -> TrustedHostKey {
        do throws(SSHError) {
            return try await unlessLost { [address = facts.remoteAddress] () async throws(SSHError) in
                try await trust.verify(key, certificate: certificate, from: address)
            }
        } catch {
            // Who leaves has refused nothing.
            if !Task.isCancelled { try? perform(.refuseHostKey) }
            throw error
        }
    }

    private func signatureAlgorithms(for key: PublicKey, isCertificate: Bool) -> [SignatureAlgorithm] {
        engine.signatureAlgorithms(for: key, isCertificate: isCertificate)
    }

    /// Those keys that the server proves to hold: all, or none where it refuses (OpenSSH PROTOCOL §2.5).
    func proveHostKeys(_ keys: [PublicKey]) async throws(SSHError) -> [PublicKey] {
        provenHostKeys = nil
        try perform(.proveHostKeys(keys))
        while true {
            if let provenHostKeys { return provenHostKeys }
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .hostKeys))
        }
    }

    private func nextLoginStep() async throws(SSHError) -> LoginStep {
        while true {
            if !loginSteps.isEmpty { return loginSteps.removeFirst() }
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .login))
        }
    }

    /// Lets a person or a file take its time, but not longer than the connection lives.
    private func unlessLost<Value: Sendable>(
        _ answer: @escaping @Sendable () async throws(SSHError) -> Value
    ) async throws(SSHError) -> Value {
        let result = await withTaskGroup(of: Result<Value, SSHError>?.self) { group in
            group.addTask {
                do throws(SSHError) {
                    return .success(try await answer())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                await self.waitUntilLost()
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        // Whoever was asked may have made a no of it.
        if Task.isCancelled { throw failure ?? Self.cancelled }
        switch result {
        case .success(let value): return value
        case .failure(let error): throw failure ?? error
        case nil: throw failure ?? Self.cancelled
        }
    }

    private func waitUntilLost() async {
        while failure == nil, !Task.isCancelled { await wait(with: ticket(for: .closure)) }
    }
}

extension TrustedHostKey {
    /// Whether the same key would be trusted again without asking anyone.
    fileprivate var isRepeatable: Bool {
        switch ground {
        case .knownHosts, .certificate, .pin, .loopback, .unverified: true
        case .firstContact, .caller: false
        }
    }
}
