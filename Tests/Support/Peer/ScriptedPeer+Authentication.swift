import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

extension ScriptedPeer {
    func receivedAuthentication(_ payload: ByteBuffer) throws {
        let attempt = try parse(payload)
        if let replies = configuration.preliminary(self, attempt) { return sayHonestly(replies) }
        attempts.append(attempt)
        let replies = configuration.judge?(self, attempt) ?? customaryReplies(to: attempt)
        for reply in replies { send(reply) }
    }

    private func sayHonestly(_ replies: [AuthenticationReply]) {
        let hook = configuration.hook
        configuration.hook = { _, _, payload in [.payload(payload)] }
        for reply in replies { send(reply) }
        configuration.hook = hook
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
        case .password(let password), .passwordChange(let password, _):
            return [password == configuration.acceptedPassword ? .success : failure]
        case .query(let algorithm, let blob):
            return [
                configuration.acceptedKeys.contains(blob) ? .keyAccepted(algorithm: algorithm, blob: blob) : failure
            ]
        case .signed(_, let blob, let isValid):
            return [isValid && configuration.acceptedKeys.contains(blob) ? .success : failure]
        case .answers, .other: return [failure]
        }
    }

    private func parse(_ payload: ByteBuffer) throws -> AuthenticationAttempt {
        var body = payload
        guard try body.readByte() == 50 else { return try parseAnswers(&body) }
        let user = try body.readStringBytes()
        _ = try body.readName()
        let method = try body.readName()
        return try parse(method, &body, user)
    }

    private func parseAnswers(_ body: inout ByteBuffer) throws -> AuthenticationAttempt {
        var answers: [[UInt8]] = []
        for _ in 0..<(try body.readUInt32()) { answers.append(try body.readStringBytes()) }
        try body.requireEnd()
        return AuthenticationAttempt(user: [], method: .answers(answers), index: attempts.count)
    }

    private func parse(_ name: Name, _ body: inout ByteBuffer, _ user: [UInt8]) throws -> AuthenticationAttempt {
        let method: AuthenticationAttempt.Method
        var hostKey: [UInt8]?
        switch name {
        case "none":
            method = .none
        case "password":
            let isChange = try body.readBoolean()
            let password = try body.readStringBytes()
            method = isChange ? .passwordChange(password, new: try body.readStringBytes()) : .password(password)
        case "publickey", "publickey-hostbound-v00@openssh.com":
            let isSigned = try body.readBoolean()
            let algorithm = try body.readName()
            let blob = try body.readStringBytes()
            if name != "publickey" { hostKey = try body.readStringBytes() }
            guard isSigned else {
                method = .query(algorithm: algorithm, blob: blob)
                break
            }
            let signed = body.readerIndex
            let signature = try body.readStringBytes()
            method = .signed(
                algorithm: algorithm, blob: blob, isValid: isValid(signature, algorithm, blob, upTo: signed))
        default:
            method = .other(name)
        }
        return AuthenticationAttempt(user: user, method: method, hostKey: hostKey, index: attempts.count)
    }

    /// What is signed is the session identifier and, as it came, the request up to its signature.
    private func isValid(
        _ signature: [UInt8], _ name: Name, _ blob: [UInt8], upTo end: Int
    ) -> Bool {
        guard let key = (try? PublicKey(blob: blob)) ?? (try? Certificate(blob: blob))?.key,
            let algorithm = SignatureAlgorithm(rawValue: name.text),
            let received = received.last?.payload
        else { return false }
        var data = ByteBuffer()
        data.writeString(sessionID ?? [])
        data.writeBytes(received.readableBytesView.prefix(end - received.readerIndex))
        return (try? key.verificationKey.verify(signature, over: Array(data.readableBytesView), algorithm: algorithm))
            != nil
    }
}
