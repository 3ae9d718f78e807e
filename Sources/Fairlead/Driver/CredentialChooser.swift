import Logging
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Decides what to log in with next: the credentials in their order, as far as the server takes them.
struct CredentialChooser: Sendable {
    private struct KeyAttempt: Sendable {
        let key: LoginKey
        let algorithm: SignatureAlgorithm
    }

    private let configuration: SSHConfiguration
    /// Passwords may not go to a host whose key changed, whatever the policy let pass.
    private let refusesPasswords: Bool
    private var remaining: [Credential]
    private var keyAttempts: [KeyAttempt] = []
    /// As in ssh.
    private static let passphraseAttemptCount = 3
    private var passwordAttempt = 0
    private var askedWhatWouldDo = false
    private(set) var currentKey: LoginKey?
    private var lastMethods: NameList?

    init(_ configuration: SSHConfiguration, refusesPasswords: Bool) {
        self.configuration = configuration
        self.refusesPasswords = refusesPasswords
        remaining = configuration.credentials
    }

    /// The next request, or nil when nothing is left.
    ///
    /// `algorithms` gives the signature algorithms that the server takes for a key.
    mutating func next(
        _ round: AuthenticationRound, algorithms: @Sendable (PublicKey) async -> [SignatureAlgorithm]
    ) async throws(SSHError) -> AuthenticationRequest? {
        lastMethods = round.methods ?? lastMethods
        if round.isPartialSuccess { renewKeys() }
        if let prompt = round.expiredPasswordPrompt {
            configuration.logger.warning("the password has expired and must be changed: \(PeerText.line(prompt))")
        }
        if accepts("publickey"), let attempt = try await nextKey(algorithms) {
            currentKey = attempt.key
            // Nobody types a passphrase for a key that the server does not take.
            var isLocked = false
            if case .locked = attempt.key { isLocked = true }
            return .publicKey(attempt.key.publicKey, attempt.algorithm, asksFirst: isLocked)
        }
        guard lastMethods != nil || askedWhatWouldDo else {
            askedWhatWouldDo = true
            return AuthenticationRequest.none
        }
        guard accepts("password"), let password = try await nextPassword() else { return nil }
        return .password(password)
    }

    /// Why nothing is left to try.
    var denial: SSHError {
        let methods = lastMethods?.text ?? ""
        return SSHError(
            .authentication, .denied,
            "\(configuration.user)@\(configuration.host): Permission denied (\(methods)).")
    }

    private func accepts(_ method: Name) -> Bool {
        lastMethods?.contains(method) ?? (method == "publickey")
    }

    /// A method succeeded and another is wanted: keys that were refused before may do now, as in ssh.
    private mutating func renewKeys() {
        let keys = configuration.credentials.filter(\.isKey)
        remaining = keys + remaining.filter(\.isPassword)
        keyAttempts = []
    }

    private mutating func nextKey(
        _ algorithms: @Sendable (PublicKey) async -> [SignatureAlgorithm]
    ) async throws(SSHError) -> KeyAttempt? {
        while keyAttempts.isEmpty {
            guard let index = remaining.firstIndex(where: \.isKey) else { return nil }
            guard let key = try await load(remaining.remove(at: index)) else { continue }
            let usable = await algorithms(key.publicKey)
            if usable.isEmpty {
                configuration.logger.warning(
                    "the server takes no signature algorithm of the key \(key.publicKey.fingerprint.sha256)")
            }
            keyAttempts = usable.map { KeyAttempt(key: key, algorithm: $0) }
        }
        return keyAttempts.removeFirst()
    }

    private func load(_ credential: Credential) async throws(SSHError) -> LoginKey? {
        switch credential.kind {
        case .privateKey(let key): return .open(key)
        case .password, .askedPassword: return nil
        case .keyFile(let path, let isOptional):
            let result = await Blocking.run {
                Result { () throws(SSHError) in try KeyFileLoader.load(path) }
            }
            switch result {
            case .success(.key(let key)): return key
            case .success(.hidden(let contents)): return try await unlock(path, contents).map(LoginKey.open)
            case .success(.missing):
                if !isOptional { configuration.logger.warning("Identity file \(path) not accessible: no such file.") }
            case .failure(let error): configuration.logger.warning("\(error)")
            }
            return nil
        }
    }

    /// The current key, unlocked if need be; nil when nobody knows the passphrase.
    ///
    /// One that was unlocked stays so for the algorithms that are still to be tried with it.
    mutating func unlockCurrentKey() async throws(SSHError) -> PrivateKey? {
        guard case .locked(let publicKey, let path, let contents) = currentKey else {
            guard case .open(let key) = currentKey else { return nil }
            return key
        }
        guard let key = try await unlock(path, contents) else { return nil }
        guard key.publicKey == publicKey else {
            configuration.logger.warning("\(KeyFileLoader.refusal(path, .halvesDiffer))")
            return nil
        }
        currentKey = .open(key)
        keyAttempts = keyAttempts.map {
            $0.key.publicKey == publicKey ? KeyAttempt(key: .open(key), algorithm: $0.algorithm) : $0
        }
        return key
    }

    /// Asks for the passphrase until one is right, or nobody has another.
    private func unlock(_ path: String, _ contents: Password) async throws(SSHError) -> PrivateKey? {
        for attempt in 1...Self.passphraseAttemptCount {
            let question = Credential.PassphraseQuestion(path: path, attempt: attempt)
            let answer: Secret?
            do {
                answer = try await configuration.responder.passphrase(question)
            } catch {
                throw error as? SSHError
                    ?? SSHError(.authentication, .cancelled, "The passphrase question was not answered")
            }
            guard let answer else { break }
            let result = await Blocking.run {
                Result { () throws(KeyFileError) in
                    try PrivateKeyFile.parse(contents.secret, passphrase: answer.password.secret)
                }
            }
            switch result {
            case .success(let key): return key
            case .failure(.wrongPassphrase): continue
            // As in ssh: an empty answer passes the key over.
            case .failure(.encrypted): return nil
            case .failure(let error):
                configuration.logger.warning("\(KeyFileLoader.refusal(path, error))")
                return nil
            }
        }
        return nil
    }

    private mutating func nextPassword() async throws(SSHError) -> Password? {
        guard !refusesPasswords else {
            configuration.logger.warning(
                "Password authentication is disabled: the host's key is not the one on record.")
            return nil
        }
        while let index = remaining.firstIndex(where: \.isPassword) {
            if case .password(let secret) = remaining[index].kind {
                remaining.remove(at: index)
                return secret.password
            }
            guard case .askedPassword(let attempts) = remaining[index].kind, passwordAttempt < attempts else {
                remaining.remove(at: index)
                passwordAttempt = 0
                continue
            }
            passwordAttempt += 1
            let question = Credential.PasswordQuestion(
                user: configuration.user, host: configuration.host, attempt: passwordAttempt)
            do {
                if let secret = try await configuration.responder.password(question) { return secret.password }
            } catch let error as SSHError {
                throw error
            } catch {
                throw SSHError(.authentication, .cancelled, "The password question was not answered")
            }
            remaining.remove(at: index)
            passwordAttempt = 0
        }
        return nil
    }
}

extension Credential {
    var isKey: Bool {
        switch kind {
        case .privateKey, .keyFile: true
        case .password, .askedPassword: false
        }
    }

    var isPassword: Bool { !isKey }
}
