import Logging
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity

/// From the open transport to the first channel: the questions of the login, answered one by one.
extension SSHConnection {
    func login(_ trust: HostTrust) async throws(SSHError) {
        var chooser = CredentialChooser(configuration, refusesPasswords: false)
        while true {
            switch try await nextLoginStep() {
            case .hostKey(let key):
                isRepeatable = false
                let token = try await verify(key, trust)
                isRepeatable = token.isRepeatable
                chooser = CredentialChooser(configuration, refusesPasswords: token.restrictsAuthentication)
                facts.hostKey = key
                try perform(.trust(token))
            case .credential(let round):
                let before = chooser
                let (after, request) = try await unlessLost { [self] () async throws(SSHError) in
                    var chooser = before
                    let request = try await chooser.next(round) { await self.signatureAlgorithms(for: $0) }
                    return (chooser, request)
                }
                chooser = after
                guard let request else {
                    try? perform(.giveUpAuthentication)
                    throw chooser.denial
                }
                if case .password = request { isRepeatable = false }
                try perform(.authenticate(request))
            case .signature(let request): try await answer(request, with: &chooser)
            case .done:
                return
            }
        }
    }

    private func answer(
        _ request: SignatureRequest, with chooser: inout CredentialChooser
    ) async throws(SSHError) {
        if case .locked = chooser.currentKey { isRepeatable = false }
        let before = chooser
        let (after, key) = try await unlessLost { () async throws(SSHError) in
            var chooser = before
            let key = try await chooser.unlockCurrentKey()
            return (chooser, key)
        }
        chooser = after
        guard let key else {
            // Nobody unlocked it: the next credential, without a word from the server.
            return loginSteps.insert(
                .credential(AuthenticationRound(methods: nil, isPartialSuccess: false)), at: 0)
        }
        try perform(.provideSignature(try await sign(request, with: key)))
    }

    private func verify(_ key: PublicKey, _ trust: HostTrust) async throws(SSHError) -> TrustedHostKey {
        do throws(SSHError) {
            return try await unlessLost { [address = facts.remoteAddress] () async throws(SSHError) in
                try await trust.verify(key, from: address)
            }
        } catch {
            try? perform(.refuseHostKey)
            throw error
        }
    }

    private func signatureAlgorithms(for key: PublicKey) -> [SignatureAlgorithm] {
        engine.signatureAlgorithms(for: key)
    }

    private func sign(_ request: SignatureRequest, with key: PrivateKey) async throws(SSHError) -> [UInt8] {
        let signature = await Blocking.run { () -> [UInt8]? in
            try? key.signingKey.sign(request.data, algorithm: request.algorithm)
        }
        guard let signature else {
            throw SSHError(.authentication, .misuse, "The private key could not sign")
        }
        return signature
    }

    private func nextLoginStep() async throws(SSHError) -> LoginStep {
        while true {
            if !loginSteps.isEmpty { return loginSteps.removeFirst() }
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(for: .login)
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
        switch result {
        case .success(let value): return value
        case .failure(let error): throw failure ?? error
        case nil: throw failure ?? Self.cancelled
        }
    }

    private func waitUntilLost() async {
        while failure == nil, !Task.isCancelled { await wait(for: .closure) }
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
