import SSHCrypto
package import SSHIdentity
package import SSHWire
package import NIOCore

/// The client's side of `ssh-userauth` (RFC 4252), one request at a time.
///
/// It can only be made from a `TrustedHostKey` and a session identifier, so no user name and no credential can leave before
/// the host key was accepted and keys are in force. It refuses answers to what was not asked, and stops after
/// `Limits.authenticationAttemptCount` attempts.
package struct UserAuthentication {
    private enum State {
        /// SERVICE_REQUEST is out; requests may already follow it.
        case waitingForCredential
        /// Asked whether a key would do.
        case querying(LoginIdentity)
        /// The caller is signing.
        case signing(SignatureRequest)
        case awaitingVerdict(AuthenticationProof)
        /// The caller is answering so many prompts.
        case answering(promptCount: Int)
        case succeeded
    }

    package enum Action {
        case send(UserauthRequest)
        case sendSecrets(SecretRequest)
        case sign(SignatureRequest)
        case askForCredential(AuthenticationRound)
        case ask(UserauthInfoRequest)
        case finish
    }

    private var state = State.waitingForCredential
    private var attemptCount = 0
    private var infoRequestCount = 0
    /// Whether the method that runs was told anything.
    private var hasAnswered = false
    private let sessionID: [UInt8]
    package let user: [UInt8]
    package var isServiceAccepted = false
    /// What has convinced the server, step by step.
    package private(set) var proofs: [AuthenticationProof] = []
    /// The host's key, in a login that is bound to it: set where the server understands that.
    package var boundHostKey: [UInt8]?

    /// `host` is the proof that the policy accepted the server's key.
    package init(user: [UInt8], sessionID: [UInt8], host: TrustedHostKey) {
        self.user = user
        self.sessionID = sessionID
    }

    /// Whether an answer of the server is owed.
    package var awaitsServer: Bool {
        switch state {
        case .querying, .awaitingVerdict: true
        case .waitingForCredential, .signing, .answering, .succeeded: !isServiceAccepted
        }
    }

    /// Whether a signature is on its way.
    package var awaitsVerdictOnSignature: Bool {
        if case .awaitingVerdict(.publicKey) = state { true } else { false }
    }

    package mutating func start(_ request: AuthenticationRequest) throws(ProtocolError) -> Action {
        // A signature that nobody could make, or prompts that nobody could answer, give way to the next request.
        switch state {
        case .waitingForCredential, .signing, .answering: break
        case .querying, .awaitingVerdict, .succeeded: throw .misuse("an authentication request is still open")
        }
        attemptCount += 1
        guard attemptCount <= Limits.authenticationAttemptCount else { throw .authentication(.tooManyAttempts) }
        switch request {
        case .none:
            state = .awaitingVerdict(.none)
            return .send(UserauthRequest(user: user, method: .none))
        case .publicKey(let identity, asksFirst: true):
            state = .querying(identity)
            return .send(publicKeyRequest(identity, signature: nil))
        case .publicKey(let identity, asksFirst: false):
            return sign(identity)
        case .password(let password, let replacement):
            state = .awaitingVerdict(.password)
            return try Self.sending(.password(password, replacement: replacement, user: user))
        case .keyboardInteractive:
            state = .awaitingVerdict(.keyboardInteractiveUnasked)
            return .send(UserauthRequest(user: user, method: .keyboardInteractive))
        }
    }

    package mutating func provide(signature: [UInt8]) throws(ProtocolError) -> Action {
        guard case .signing(let request) = state else { throw .misuse("no signature was asked for") }
        state = .awaitingVerdict(.publicKey)
        return .send(publicKeyRequest(request.identity, signature: signature))
    }

    package mutating func provide(answers: [Password]) throws(ProtocolError) -> Action {
        guard case .answering(let count) = state else { throw .misuse("nothing was asked") }
        guard answers.count == count else { throw .misuse("as many answers as prompts are wanted") }
        state = .awaitingVerdict(count > 0 || hasAnswered ? .keyboardInteractive : .keyboardInteractiveUnasked)
        hasAnswered = hasAnswered || count > 0
        return try Self.sending(.answers(answers))
    }

    /// What no server would read is told to whoever asked for it (attacks D15).
    private static func sending(_ request: SecretRequest) throws(ProtocolError) -> Action {
        guard request.byteCount <= Limits.localStringByteCount else { throw .misuse("the secrets are too long") }
        return .sendSecrets(request)
    }

    package mutating func receive(_ failure: UserauthFailure) throws(ProtocolError) -> Action {
        switch state {
        case .querying: if failure.partialSuccess { proofs.append(.publicKeyUnproven) }
        case .awaitingVerdict(let proof): if failure.partialSuccess { proofs.append(proof) }
        case .waitingForCredential, .signing, .answering, .succeeded: throw .authentication(.unsolicited)
        }
        state = .waitingForCredential
        hasAnswered = false
        return .askForCredential(
            AuthenticationRound(methods: failure.methods, isPartialSuccess: failure.partialSuccess))
    }

    package mutating func receiveSuccess() throws(ProtocolError) -> Action {
        switch state {
        case .awaitingVerdict(let proof): proofs.append(proof)
        case .querying: proofs.append(.publicKeyUnproven)
        case .waitingForCredential, .signing, .answering, .succeeded: throw .authentication(.unsolicited)
        }
        state = .succeeded
        return .finish
    }

    /// Message 60: the method that is running decides what it means (RFC 4252 §6).
    package mutating func receiveMethodSpecific(_ payload: ByteBuffer) throws(ProtocolError) -> Action {
        switch state {
        case .querying(let identity):
            let answer = try Self.read(UserauthPublicKeyOK.self, payload)
            guard answer.blob == identity.blob, answer.algorithm == Name(identity.algorithm.rawValue) else {
                throw .malformed(.userauthMethodSpecific, .malformed)
            }
            return sign(identity)
        case .awaitingVerdict(.password):
            let change = try Self.read(UserauthPasswordChangeRequest.self, payload)
            state = .waitingForCredential
            return .askForCredential(
                AuthenticationRound(
                    methods: nil, isPartialSuccess: false,
                    expiredPasswordPrompt: Array(change.prompt.readableBytesView)))
        case .awaitingVerdict(.keyboardInteractive), .awaitingVerdict(.keyboardInteractiveUnasked):
            return try received(try Self.read(UserauthInfoRequest.self, payload))
        case .awaitingVerdict, .waitingForCredential, .signing, .answering, .succeeded:
            throw .unexpected(.userauthMethodSpecific, during: .authentication)
        }
    }

    private static func read<Value: Message>(
        _ type: Value.Type, _ payload: ByteBuffer
    ) throws(ProtocolError) -> Value {
        do throws(WireError) {
            return try Value(payload: payload)
        } catch {
            throw .malformed(.userauthMethodSpecific, error)
        }
    }

    private mutating func received(_ request: UserauthInfoRequest) throws(ProtocolError) -> Action {
        infoRequestCount += 1
        guard infoRequestCount <= Limits.infoRequestCount else { throw .authentication(.tooManyAttempts) }
        guard request.prompts.count <= Limits.promptCount else { throw .limit(.prompts) }
        state = .answering(promptCount: request.prompts.count)
        return .ask(request)
    }

    private mutating func sign(_ identity: LoginIdentity) -> Action {
        let request = SignatureRequest(
            identity: identity, data: publicKeyRequest(identity, signature: nil).dataToSign(sessionID: sessionID))
        state = .signing(request)
        return .sign(request)
    }

    private func publicKeyRequest(_ identity: LoginIdentity, signature: [UInt8]?) -> UserauthRequest {
        UserauthRequest(
            user: user,
            method: .publicKey(
                algorithm: Name(identity.algorithm.rawValue), blob: identity.blob, signature: signature,
                hostKey: boundHostKey))
    }
}
