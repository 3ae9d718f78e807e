import NIOCore
package import SSHCrypto
package import SSHWire

/// A public key that was checked: its encoding, its point or modulus, and its strength.
public struct PublicKey: Hashable, Sendable {
    package let verificationKey: VerificationKey

    /// The hash by which a person recognises the key.
    public let fingerprint: Fingerprint

    /// Reads a key blob (RFC 4253 §6.6) and refuses what is malformed, unknown or too weak.
    package init(blob: [UInt8], minimumRSABitCount: Int = 2048) throws(KeyError) {
        let key: VerificationKey
        do throws(CryptoError) {
            key = try VerificationKey(blob: blob, minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw KeyError(error, type: PublicKey.type(ofBlob: blob))
        }
        try self.init(key)
    }

    package init(_ key: VerificationKey) throws(KeyError) {
        verificationKey = key
        fingerprint = try Fingerprint(blob: key.blob)
    }

    /// The blob in its one canonical encoding.
    package var blob: [UInt8] { verificationKey.blob }

    /// The protocol's name of the key's type, such as `ssh-ed25519` or `ssh-rsa`.
    public var typeName: String { verificationKey.type.text }

    /// The size of the key: of the modulus for RSA, of the curve otherwise.
    public var bitCount: Int { verificationKey.bitCount }

    /// The key as one line of a `.pub` file, type and base64 without a comment.
    public var openSSHLine: String {
        typeName + " " + String(decoding: Base64.encode(blob, padded: true), as: UTF8.self)
    }

    /// The name that a blob begins with, whatever the rest holds.
    package static func type(ofBlob blob: [UInt8]) -> Name? {
        var body = ByteBuffer(bytes: blob)
        return try? body.readName()
    }
}

extension KeyError {
    init(_ error: CryptoError, type: Name?) {
        switch error {
        case .weakKey(let bitCount): self = .weak(bitCount: bitCount)
        case .unsupported: self = type.map { .unsupported(type: $0) } ?? .malformed
        case .failed(let operation): self = .failed(operation: operation)
        case .invalidKey, .invalidSignature, .invalidShare, .authenticationFailed: self = .malformed
        }
    }
}
