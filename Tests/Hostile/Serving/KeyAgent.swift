import Foundation
import NIOCore
import PeerSupport
import SSHCrypto
import SSHIdentity
import SSHWire

/// A key that the agent holds, by itself or in a certificate.
struct AgentKey: Sendable {
    let key: SigningKey
    let blob: [UInt8]

    init?(_ credential: ClientScript.Credential) {
        switch credential {
        case .key(let key, _, _): (self.key, blob) = (key, key.verificationKey.blob)
        case .certified(let key, _, let certificate, _): (self.key, blob) = (key, certificate)
        default: return nil
        }
    }

    fileprivate func signature(over data: [UInt8], flags: UInt32) -> [UInt8]? {
        let type = key.verificationKey.type.text
        let name = type != "ssh-rsa" ? type : flags & 4 != 0 ? "rsa-sha2-512" : flags & 2 != 0 ? "rsa-sha2-256" : type
        return SignatureAlgorithm(rawValue: name).flatMap { try? key.sign(data, algorithm: $0) }
    }
}

/// An agent with a row's keys (draft-ietf-sshm-ssh-agent): it lists them and signs.
final class KeyAgent: Sendable {
    private let listener: Int32

    init(_ keys: [AgentKey], at path: String) throws {
        let listener = try Socket.listen(path: path)
        self.listener = listener
        Thread.detachNewThread {
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                Thread.detachNewThread { Self.serve(connection, keys) }
            }
        }
    }

    /// Whoever waits for a connection there wakes up.
    func stop() {
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    private static func serve(_ connection: Int32, _ keys: [AgentKey]) {
        defer { close(connection) }
        var received = ByteBuffer()
        while true {
            let some = Socket.readSome(connection)
            guard !some.isEmpty else { return }
            received.writeBytes(some)
            while var question = received.readLengthPrefixedSlice(as: UInt32.self) {
                var message = ByteBuffer()
                message.writeString(answer(to: &question, keys))
                Socket.writeAll(Array(message.readableBytesView), to: connection)
            }
        }
    }

    private static func answer(to question: inout ByteBuffer, _ keys: [AgentKey]) -> [UInt8] {
        var answer = ByteBuffer()
        let refusal: [UInt8] = [5]
        switch question.readInteger(as: UInt8.self) {
        case 11:
            answer.writeInteger(UInt8(12))
            answer.writeInteger(UInt32(keys.count))
            for key in keys {
                answer.writeString(key.blob)
                answer.writeString(utf8: "row")
            }
        case 13:
            guard let blob = try? question.readStringBytes(), let data = try? question.readStringBytes(),
                let flags = question.readInteger(as: UInt32.self),
                let signature = keys.first(where: { $0.blob == blob })?.signature(over: data, flags: flags)
            else { return refusal }
            answer.writeInteger(UInt8(14))
            answer.writeString(signature)
        default: return refusal
        }
        return Array(answer.readableBytesView)
    }
}
