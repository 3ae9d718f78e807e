import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

extension TestKeys {
    /// A certificate for `key` by `authority`, valid for ever (OpenSSH PROTOCOL.certkeys); any part of it may be wrong.
    package static func certificate(
        of key: SigningKey, by authority: SigningKey, role: UInt32 = 2, principals: [String] = ["host.example"],
        authorityBlob: [UInt8]? = nil
    ) throws -> [UInt8] {
        var plain = ByteBuffer(bytes: key.verificationKey.blob)
        var body = ByteBuffer()
        body.writeString(Certificate.certificateType(for: try plain.readName()))
        body.writeString([UInt8](repeating: 9, count: 32))
        body.writeImmutableBuffer(plain)
        body.writeInteger(UInt64(7))
        body.writeInteger(role)
        body.writeString(utf8: "id")
        var names = ByteBuffer()
        for principal in principals { names.writeString(utf8: principal) }
        body.writeString(names)
        body.writeInteger(UInt64(0))
        body.writeInteger(UInt64.max)
        for _ in 0..<3 { body.writeString(utf8: "") }
        body.writeString(authorityBlob ?? authority.verificationKey.blob)
        guard let algorithm = algorithms.first(where: { (try? authority.sign([], algorithm: $0)) != nil }) else {
            throw CryptoError.unsupported
        }
        body.writeString(try authority.sign(Array(body.readableBytesView), algorithm: algorithm))
        return Array(body.readableBytesView)
    }
}
