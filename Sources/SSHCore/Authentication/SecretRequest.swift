package import NIOCore
import SSHCrypto
import SSHWire

/// A message that ends in secrets.
///
/// They stay in guarded memory until the packet that is sealed at once; never are they encoded in a queue.
package struct SecretRequest: Sendable {
    /// The payload up to the first secret.
    package let head: ByteBuffer
    /// Each is written as a `string`.
    package let secrets: [Password]
    /// Of the payload.
    var byteCount: Int { secrets.reduce(head.readableBytes) { $0 + $1.secret.count + 4 } }

    /// A password, and the one that is to replace it (RFC 4252 §8).
    static func password(_ password: Password, replacement: Password?, user: [UInt8]) -> SecretRequest {
        var head = ByteBuffer()
        head.writeInteger(MessageNumber.userauthRequest.rawValue)
        UserauthRequest.encodeHead(user: user, service: ServiceRequest.connection, method: "password", into: &head)
        head.writeBoolean(replacement != nil)
        return SecretRequest(head: head, secrets: [password] + (replacement.map { [$0] } ?? []))
    }

    /// USERAUTH_INFO_RESPONSE (RFC 4256 §3.4).
    static func answers(_ answers: [Password]) -> SecretRequest {
        var head = ByteBuffer()
        head.writeInteger(MessageNumber.userauthInfoResponse.rawValue)
        head.writeInteger(UInt32(truncatingIfNeeded: answers.count))
        return SecretRequest(head: head, secrets: answers)
    }
}
