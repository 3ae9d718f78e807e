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
        case querying(PublicKey, SignatureAlgorithm)
        /// The caller is signing.
        case signing(SignatureRequest)
        case awaitingVerdict(AuthenticationProof)
        case succeeded
    }

    package enum Action {
        case send(UserauthRequest)
        case sendPassword(Password)
        case sign(SignatureRequest)
        case askForCredential(AuthenticationRound)
        case finish(AuthenticationProof)
    }

    private var state = State.waitingForCredential
    private var attemptCount = 0
    private let sessionID: [UInt8]
    package let user: [UInt8]
    package var isServiceAccepted = false

    /// `host` is the proof that the policy accepted the server's key.
    package init(user: [UInt8], sessionID: [UInt8], host: TrustedHostKey) {
        self.user = user
        self.sessionID = sessionID
    }

    /// Whether an answer of the server is owed.
    package var awaitsServer: Bool {
        switch state {
        case .querying, .awaitingVerdict: true
        case .waitingForCredential, .signing, .succeeded: !isServiceAccepted
        }
    }

    package mutating func start(_ request: AuthenticationRequest) throws(ProtocolError) -> Action {
        // A signature that nobody could make gives way to the next request.
        switch state {
        case .waitingForCredential, .signing: break
        case .querying, .awaitingVerdict, .succeeded: throw .misuse("an authentication request is still open")
        }
        attemptCount += 1
        guard attemptCount <= Limits.authenticationAttemptCount else { throw .authentication(.tooManyAttempts) }
        switch request {
        case .none:
            state = .awaitingVerdict(.none)
            return .send(UserauthRequest(user: user, method: .none))
        case .publicKey(let key, let algorithm, asksFirst: true):
            state = .querying(key, algorithm)
            return .send(publicKeyRequest(key, algorithm, signature: nil))
        case .publicKey(let key, let algorithm, asksFirst: false):
            return sign(key, algorithm)
        case .password(let password):
            state = .awaitingVerdict(.password)
            return .sendPassword(password)
        }
    }

    package mutating func provide(signature: [UInt8]) throws(ProtocolError) -> Action {
        guard case .signing(let request) = state else { throw .misuse("no signature was asked for") }
        state = .awaitingVerdict(.publicKey)
        return .send(publicKeyRequest(request.key, request.algorithm, signature: signature))
    }

    package mutating func receive(_ failure: UserauthFailure) throws(ProtocolError) -> Action {
        switch state {
        case .querying, .awaitingVerdict:
            state = .waitingForCredential
            return .askForCredential(
                AuthenticationRound(methods: failure.methods, isPartialSuccess: failure.partialSuccess))
        case .waitingForCredential, .signing, .succeeded:
            throw .authentication(.unsolicited)
        }
    }

    package mutating func receiveSuccess() throws(ProtocolError) -> Action {
        switch state {
        case .awaitingVerdict(let proof):
            state = .succeeded
            return .finish(proof)
        case .querying:
            state = .succeeded
            return .finish(.publicKeyUnproven)
        case .waitingForCredential, .signing, .succeeded:
            throw .authentication(.unsolicited)
        }
    }

    /// Message 60: the method that is running decides what it means (RFC 4252 §6).
    package mutating func receiveMethodSpecific(_ payload: ByteBuffer) throws(ProtocolError) -> Action {
        do throws(WireError) {
            switch state {
            case .querying(let key, let algorithm):
                let answer = try UserauthPublicKeyOK(payload: payload)
                guard answer.blob == key.blob, answer.algorithm == Name(algorithm.rawValue) else {
                    throw WireError.malformed
                }
                return sign(key, algorithm)
            case .awaitingVerdict(.password):
                let change = try UserauthPasswordChangeRequest(payload: payload)
                state = .waitingForCredential
                return .askForCredential(
                    AuthenticationRound(
                        methods: nil, isPartialSuccess: false,
                        expiredPasswordPrompt: Array(change.prompt.readableBytesView)))
            case .awaitingVerdict, .waitingForCredential, .signing, .succeeded:
                break
            }
        } catch {
            throw .malformed(.userauthMethodSpecific, error)
        }
        throw .unexpected(.userauthMethodSpecific, during: .authentication)
    }

    private mutating func sign(_ key: PublicKey, _ algorithm: SignatureAlgorithm) -> Action {
        let data = UserauthRequest.dataToSign(
            sessionID: sessionID, user: user, algorithm: Name(algorithm.rawValue), blob: key.blob)
        let request = SignatureRequest(key: key, algorithm: algorithm, data: data)
        state = .signing(request)
        return .sign(request)
    }

    private func publicKeyRequest(
        _ key: PublicKey, _ algorithm: SignatureAlgorithm, signature: [UInt8]?
    ) -> UserauthRequest {
        UserauthRequest(
            user: user,
            method: .publicKey(algorithm: Name(algorithm.rawValue), blob: key.blob, signature: signature))
    }
}
