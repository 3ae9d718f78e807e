import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

extension ScriptedPeer {
    func receivedAuthentication(_ payload: ByteBuffer) throws {
        let attempt = try parse(payload)
        attempts.append(attempt)
        let replies = configuration.judge?(self, attempt) ?? customaryReplies(to: attempt)
        for reply in replies { send(reply) }
    }

    private func send(_ reply: AuthenticationReply) {
        switch reply {
        case .success: send(.authentication, UserauthSuccess())
        case .failure(let methods, let isPartial):
            send(.authentication, UserauthFailure(methods: methods, partialSuccess: isPartial))
        case .keyAccepted(let algorithm, let blob):
            send(.authentication, UserauthPublicKeyOK(algorithm: algorithm, blob: blob))
        case .banner(let text): send(.authentication, UserauthBanner(text: ByteBuffer(bytes: text)))
        case .payload(let payload): send(.authentication, payload)
        }
    }

    private func customaryReplies(to attempt: AuthenticationAttempt) -> [AuthenticationReply] {
        let failure = AuthenticationReply.failure(configuration.methods, isPartial: false)
        switch attempt.method {
        case .none: return [configuration.acceptsNone ? .success : failure]
        case .password(let password): return [password == configuration.acceptedPassword ? .success : failure]
        case .query(let algorithm, let blob):
            return [
                configuration.acceptedKeys.contains(blob) ? .keyAccepted(algorithm: algorithm, blob: blob) : failure
            ]
        case .signed(_, let blob, let isValid):
            return [isValid && configuration.acceptedKeys.contains(blob) ? .success : failure]
        case .other: return [failure]
        }
    }

    private func parse(_ payload: ByteBuffer) throws -> AuthenticationAttempt {
        var body = payload
        _ = try body.readByte()
        let user = try body.readStringBytes()
        _ = try body.readName()
        let method = try body.readName()
        return AuthenticationAttempt(user: user, method: try parse(method, &body, user), index: attempts.count)
    }

    private func parse(
        _ method: Name, _ body: inout ByteBuffer, _ user: [UInt8]
    ) throws -> AuthenticationAttempt.Method {
        switch method {
        case "none":
            return .none
        case "password":
            _ = try body.readBoolean()
            return .password(try body.readStringBytes())
        case "publickey":
            let isSigned = try body.readBoolean()
            let algorithm = try body.readName()
            let blob = try body.readStringBytes()
            guard isSigned else { return .query(algorithm: algorithm, blob: blob) }
            let signature = try body.readStringBytes()
            return .signed(
                algorithm: algorithm, blob: blob, isValid: isValid(signature, user, algorithm, blob))
        default:
            return .other(method)
        }
    }

    private func isValid(_ signature: [UInt8], _ user: [UInt8], _ name: Name, _ blob: [UInt8]) -> Bool {
        guard let key = try? PublicKey(blob: blob), let algorithm = SignatureAlgorithm(rawValue: name.text) else {
            return false
        }
        let request = UserauthRequest(user: user, method: .publicKey(algorithm: name, blob: blob, signature: nil))
        let data = request.dataToSign(sessionID: sessionID ?? [])
        return (try? key.verificationKey.verify(signature, over: data, algorithm: algorithm)) != nil
    }
}
