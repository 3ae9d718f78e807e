import Logging
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Decides what to log in with next: the methods in their order as far as the server takes them, and for each the
/// credentials in theirs.
struct CredentialChooser: Sendable {
    private struct KeyAttempt: Sendable {
        var key: LoginKey
        let algorithm: SignatureAlgorithm
    }

    /// As in ssh.
    private static let passphraseAttemptCount = 3
    /// OpenSSH's servers hang up at the sixth failure; one is left for another method.
    private static let keyFailureCount = 5

    private let configuration: SSHConfiguration
    private var allKeys: [LoginKey]
    private var keys: [LoginKey]
    private var keyAttempts: [KeyAttempt] = []
    private var current: KeyAttempt?
    private var failureCount = 0
    private var askedWhatWouldDo = false
    /// Whether the agents know the session.
    private var isBound = true
    private var lastMethods: NameList?
    /// What is in progress, for the list.
    private var pending: String? {
        didSet { if let pending { configuration.logger.debug("trying \(pending)") } }
    }
    private(set) var outcomes: [String]
    private var secrets: SecretChooser
    /// After how many failures this server hangs up, once that is known.
    var serverLimit: Int?

    init(_ configuration: SSHConfiguration, keys: LoginKeys, refusesSecrets: Bool) {
        self.configuration = configuration
        secrets = SecretChooser(configuration, refuses: refusesSecrets)
        allKeys = keys.keys
        self.keys = keys.keys
        outcomes = keys.skipped
    }

    /// The agents are told the session before they list their keys; none is asked where secrets are refused.
    static func make(
        _ configuration: SSHConfiguration, refusesSecrets: Bool, session: SessionProof?
    ) async -> CredentialChooser {
        let agents = refusesSecrets ? [] : configuration.agents.map { $0.bound(to: session) }
        let keys = await LoginKeys.gather(configuration, agents: agents)
        return CredentialChooser(configuration, keys: keys, refusesSecrets: refusesSecrets)
    }

    /// Goes on with another connection than the one that it was made for: agents are told of it, and what its host must not
    /// have is kept from it.
    mutating func bind(to session: SessionProof?, refusesSecrets: Bool) {
        guard !isBound else { return }
        isBound = true
        secrets.refuses = refusesSecrets
        for index in keys.indices { keys[index].bind(to: session) }
        for index in allKeys.indices { allKeys[index].bind(to: session) }
        keyAttempts = keyAttempts.map {
            var attempt = $0
            attempt.key.bind(to: session)
            return attempt
        }
    }

    /// Whether the current key signs without anybody's doing.
    var signsUnattended: Bool { current.map { !configuration.asksFirst(about: $0.key) } ?? true }

    var currentKey: PublicKey? { current?.key.publicKey }

    /// Starts over on a new connection, with what is left.
    func resumed() -> CredentialChooser {
        var chooser = self
        chooser.isBound = false
        chooser.serverLimit = failureCount + 1
        chooser.note("the server hung up: too many failures")
        chooser.failureCount = 0
        chooser.lastMethods = nil
        chooser.askedWhatWouldDo = false
        return chooser
    }

    /// Whether anything is left that a new connection could try.
    var hasMore: Bool { serverLimit == nil && (!keys.isEmpty || !keyAttempts.isEmpty || secrets.hasPassword) }

    /// The next request, or nil when nothing is left.
    ///
    /// `algorithms` gives the signature algorithms that the server takes for a key or its certificate.
    mutating func next(
        _ round: AuthenticationRound, algorithms: @Sendable (PublicKey, Bool) async -> [SignatureAlgorithm]
    ) async throws(SSHError) -> AuthenticationRequest? {
        if let prompt = round.expiredPasswordPrompt {
            if let request = try await secrets.replacement(prompt) { return request }
            note("expired, and not changed")
        }
        if let methods = round.methods {
            // As servers count: whatever was refused, but not the question of what would do.
            if !round.isPartialSuccess, pending != nil { failureCount += 1 }
            note(round.isPartialSuccess ? "accepted, and more is wanted" : "refused")
            lastMethods = methods
            // Keys that were refused before may do now, as in ssh.
            if round.isPartialSuccess { (keys, keyAttempts, failureCount) = (allKeys, [], 0) }
        }
        if let serverLimit, failureCount >= serverLimit - 1, failureCount > 0 { return nil }
        for method in configuration.authenticationMethods where accepts(method) {
            if let request = try await request(method, algorithms) { return request }
        }
        guard lastMethods != nil || askedWhatWouldDo else {
            askedWhatWouldDo = true
            return AuthenticationRequest.none
        }
        return nil
    }

    private mutating func request(
        _ method: String, _ algorithms: @Sendable (PublicKey, Bool) async -> [SignatureAlgorithm]
    ) async throws(SSHError) -> AuthenticationRequest? {
        switch method {
        case "publickey":
            guard let attempt = try await nextKey(algorithms), let key = attempt.key.publicKey else { return nil }
            current = attempt
            pending = "publickey " + attempt.key.description
            let identity = LoginIdentity(
                key: key, algorithm: attempt.algorithm, certificate: attempt.key.certificate?.blob)
            let costsMore = attempt.key.isFile && configuration.agentAddition != nil
            return .publicKey(identity, asksFirst: costsMore || configuration.asksFirst(about: attempt.key))
        case "keyboard-interactive":
            guard secrets.nextInteractive(hasPasswordMethod: accepts("password")) else { return nil }
            pending = method
            return .keyboardInteractive
        case "password":
            guard let password = try await secrets.nextPassword() else { return nil }
            pending = method
            return .password(password)
        default: return nil
        }
    }

    /// Before the server said anything, only a key may go ahead of its list, where keys come first.
    private func accepts(_ method: String) -> Bool {
        if let lastMethods { return lastMethods.contains(Name(method)) }
        return method == "publickey" && configuration.authenticationMethods.first == method
    }

    /// One answer for each prompt; nil to try something else.
    mutating func answers(to request: UserauthInfoRequest) async throws(SSHError) -> [Password]? {
        let answers = try await secrets.answers(to: request)
        if answers == nil { note("not answered") }
        return answers
    }

    private mutating func note(_ outcome: String) {
        if let pending {
            outcomes.append(pending + ": " + outcome)
            configuration.logger.debug("\(pending): \(outcome)")
        }
        pending = nil
    }

    /// Why nothing is left to try, with what was.
    func denial(isHangUp: Bool = false) -> SSHError {
        let methods = lastMethods?.text ?? ""
        var attempts = outcomes
        if let pending { attempts.append(pending + (isHangUp ? ": refused, and the server hung up" : ": refused")) }
        let rest = keys.count
        if rest > 0, accepts("publickey"), configuration.authenticationMethods.contains("publickey") {
            attempts.append(
                "\(rest) more \(rest == 1 ? "key was" : "keys were") not tried; name the right one with -i, or set IdentitiesOnly"
            )
        }
        return SSHError(
            .authentication, .denied,
            "\(configuration.user)@\(configuration.host): Permission denied (\(methods)).", attempts: attempts)
    }
}

/// Keys.
extension CredentialChooser {
    private var mayTryMoreKeys: Bool {
        // Where nothing else would be left, there is nothing to save the server's patience for.
        let hasAlternative =
            accepts("password") && secrets.hasPassword || accepts("keyboard-interactive") && secrets.canAnswer
        return !hasAlternative || failureCount < min(Self.keyFailureCount, serverLimit.map { $0 - 2 } ?? .max)
    }

    private mutating func nextKey(
        _ algorithms: @Sendable (PublicKey, Bool) async -> [SignatureAlgorithm]
    ) async throws(SSHError) -> KeyAttempt? {
        guard mayTryMoreKeys else { return nil }
        while keyAttempts.isEmpty {
            guard !keys.isEmpty else { return nil }
            var key = keys.removeFirst()
            if key.publicKey == nil {
                // Encrypted and silent about itself: nothing can be offered before it is open.
                guard let opened = try await unlock(&key) else { continue }
                key.publicKey = opened.publicKey
                keep(key)
            }
            guard let publicKey = key.publicKey else { continue }
            let usable = await algorithms(publicKey, key.certificate != nil)
            if usable.isEmpty {
                let isOffered = configuration.algorithms.logins.contains {
                    $0.plain.keyType == publicKey.verificationKey.type && $0.isCertificate == (key.certificate != nil)
                }
                let who = isOffered ? "the server" : "PubkeyAcceptedAlgorithms"
                pending = "publickey " + key.description
                note("skipped, \(who) takes no signature of its kind")
                configuration.logger.warning(
                    "\(who) takes no signature algorithm of the key \(publicKey.fingerprint.sha256)")
            }
            keyAttempts = usable.map { KeyAttempt(key: key, algorithm: $0) }
        }
        return keyAttempts.removeFirst()
    }

    /// The current key's signature; nil when nobody can or wants to make it, and the next credential is due.
    mutating func sign(_ request: SignatureRequest) async throws(SSHError) -> [UInt8]? {
        guard var attempt = current else { return nil }
        let algorithm = request.identity.algorithm
        if case .signer(let signer) = attempt.key.source {
            do throws(SSHError) {
                return try await signer.verifiedSignature(
                    over: request.data, algorithm: algorithm.plain, responder: configuration.responder,
                    patience: (signer as? AgentKey)?.agent.noticeDelay ?? SSHAgent.noticeDelay)
            } catch {
                configuration.logger.warning("\(error)")
                note("skipped, \(error)")
                return nil
            }
        }
        guard let key = try await unlock(&attempt.key) else {
            note("skipped, nobody unlocked it")
            return nil
        }
        current = attempt
        keep(attempt.key)
        if attempt.key.isFile { await configuration.addToAgent(key, attempt.key) }
        let signature = await Blocking.run { try? key.signingKey.sign(request.data, algorithm: algorithm) }
        guard let signature else { throw SSHError(.authentication, .misuse, "The private key could not sign") }
        return signature
    }

    /// One that was unlocked stays so, for other algorithms, for its certificate, and after a partial success.
    private mutating func keep(_ open: LoginKey) {
        func opened(_ key: LoginKey) -> LoginKey {
            var key = key
            if key.isLocked, key.name == open.name { (key.publicKey, key.source) = (open.publicKey, open.source) }
            return key
        }
        keys = keys.map(opened)
        allKeys = allKeys.map(opened)
        keyAttempts = keyAttempts.map { KeyAttempt(key: opened($0.key), algorithm: $0.algorithm) }
    }

    private func unlock(_ key: inout LoginKey) async throws(SSHError) -> PrivateKey? {
        switch key.source {
        case .open(let open): return open
        case .signer: return nil
        case .locked(let contents):
            guard let opened = try await unlock(key, contents) else { return nil }
            key.source = .open(opened)
            return opened
        }
    }

    private func unlock(_ key: LoginKey, _ contents: Password) async throws(SSHError) -> PrivateKey? {
        for attempt in 1...Self.passphraseAttemptCount {
            let question = Credential.PassphraseQuestion(path: key.name, attempt: attempt)
            let answer = try await configuration.asking { responder in try await responder.passphrase(question) }
            guard let answer else { return nil }
            let (publicKey, minimum) = (key.publicKey, configuration.minimumRSABitCount)
            do throws(KeyFileError) {
                return try await Blocking.run { () throws(KeyFileError) in
                    try KeyFileLoader.unlock(
                        contents, answer.password, expecting: publicKey, minimumRSABitCount: minimum)
                }
            } catch {
                switch error {
                case .wrongPassphrase: continue
                // As in ssh: an empty answer passes the key over.
                case .encrypted: return nil
                default:
                    configuration.logger.warning("\(KeyFileLoader.refusal(key.name, error))")
                    return nil
                }
            }
        }
        return nil
    }
}
