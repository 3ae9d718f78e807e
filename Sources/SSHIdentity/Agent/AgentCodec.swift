package import NIOCore
package import SSHCrypto
package import SSHWire

/// The numbers of the agent's messages (draft-ietf-sshm-ssh-agent §6.1).
private enum AgentNumber: UInt8 {
    case failure = 5
    case success = 6
    case requestIdentities = 11
    case identitiesAnswer = 12
    case signRequest = 13
    case signResponse = 14
    case addIdentity = 17
    case addIDConstrained = 25
    case `extension` = 27
    case extensionFailure = 28
}

/// A question to an agent.
package enum AgentRequest: Sendable {
    case identities
    case sign(blob: [UInt8], data: [UInt8], SignatureAlgorithm)
    /// A key to keep, for so many seconds, or to be used only with a person's consent.
    case add(PrivateKey, comment: [UInt8], lifetime: UInt32?, confirm: Bool)
    /// The host that the connection is for, and its signature over the session's identifier: so that keys bound to hosts can
    /// be used (OpenSSH PROTOCOL.agent §1).
    case bind(hostKey: [UInt8], sessionID: [UInt8], signature: [UInt8], isForwarding: Bool)

    /// Above a 16,384-bit RSA key with its comment: with this capacity, no buffer grows while it holds a secret.
    package static let keyByteCount = 16 * 1024
    private static let commentByteCount = 1024

    package var givesKey: Bool { if case .add = self { true } else { false } }

    /// Writes the message with its length in front into an empty buffer; one that adds a key is to be wiped.
    package func encode(into message: inout ByteBuffer) {
        message.writeInteger(UInt32(0))
        encode(body: &message)
        message.setInteger(UInt32(truncatingIfNeeded: message.writerIndex - 4), at: 0)
    }

    private func encode(body: inout ByteBuffer) {
        switch self {
        case .identities:
            body.writeInteger(AgentNumber.requestIdentities.rawValue)
        case .sign(let blob, let data, let algorithm):
            body.writeInteger(AgentNumber.signRequest.rawValue)
            body.writeString(blob)
            body.writeString(data)
            // RFC 8332's hashes; without a flag, an RSA key signs with SHA-1.
            body.writeInteger(UInt32(algorithm == .rsaSHA256 ? 2 : algorithm == .rsaSHA512 ? 4 : 0))
        case .add(let key, let comment, let lifetime, let confirm):
            let isPlain = lifetime == nil && !confirm
            body.writeInteger((isPlain ? AgentNumber.addIdentity : .addIDConstrained).rawValue)
            key.signingKey.encode(into: &body)
            body.writeString(comment.prefix(Self.commentByteCount))
            // Constraints (draft §3.2.7): 1 is a lifetime, 2 is confirmation.
            if let lifetime { body.writeMultipleIntegers(UInt8(1), lifetime) }
            if confirm { body.writeInteger(UInt8(2)) }
        case .bind(let hostKey, let sessionID, let signature, let isForwarding):
            body.writeInteger(AgentNumber.extension.rawValue)
            body.writeString(utf8: "session-bind@openssh.com")
            for field in [hostKey, sessionID, signature] { body.writeString(field) }
            body.writeBoolean(isForwarding)
        }
    }
}

/// A key that an agent says it has; nothing proves it before it signs.
package struct AgentIdentity: Hashable, Sendable {
    /// The key's or certificate's blob, as the agent wants it named.
    package let blob: [UInt8]
    package let comment: [UInt8]
}

/// An agent's answer.
package enum AgentReply: Hashable, Sendable {
    case refused
    case done
    case identities([AgentIdentity])
    case signature([UInt8])

    /// OpenSSH's limits.
    private static let maximumByteCount: UInt32 = 256 * 1024
    private static let maximumIdentityCount: UInt32 = 2048

    /// Takes one whole reply off the buffer; nil while some of it is still to come.
    ///
    /// To one question belongs one answer: more bytes are an error, as is a length that no answer has.
    package init?(from buffer: inout ByteBuffer) throws(WireError) {
        guard let byteCount = buffer.getInteger(at: buffer.readerIndex, as: UInt32.self) else { return nil }
        guard byteCount > 0, byteCount <= Self.maximumByteCount else { throw .outOfRange }
        guard buffer.readableBytes - 4 >= Int(byteCount) else { return nil }
        var body = try buffer.readString()
        try buffer.requireEnd()
        self = try Self.decode(&body)
        try body.requireEnd()
    }

    private static func decode(_ body: inout ByteBuffer) throws(WireError) -> AgentReply {
        let number = try body.readByte()
        switch AgentNumber(rawValue: number) {
        case .failure, .extensionFailure: return .refused
        case .success: return .done
        case .signResponse: return .signature(try body.readStringBytes())
        case .identitiesAnswer:
            let count = try body.readUInt32()
            guard count <= maximumIdentityCount else { throw .outOfRange }
            var identities: [AgentIdentity] = []
            for _ in 0..<count {
                let blob = try body.readStringBytes()
                identities.append(AgentIdentity(blob: blob, comment: try body.readStringBytes()))
            }
            return .identities(identities)
        case .requestIdentities, .signRequest, .addIdentity, .addIDConstrained, .extension, nil:
            throw .wrongMessage(number: number)
        }
    }
}
