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

    /// Reads a line of a `.pub` file.
    package init(line: [UInt8], minimumRSABitCount: Int = 2048) throws(KeyError) {
        try self.init(blob: KeyBlobLine(line).blob, minimumRSABitCount: minimumRSABitCount)
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

extension PublicKey {
    /// The short name that people know: `ED25519`, `ED448`, `ECDSA`, `RSA`; a security key's ends in `-SK`.
    public var typeDisplayName: String { Self.displayName(ofType: typeName) }

    /// The same for any type's name; one that nobody knows stays as it is.
    package static func displayName(ofType name: String) -> String {
        switch name {
        case "ssh-ed25519": "ED25519"
        case "ssh-ed448": "ED448"
        case "ssh-rsa": "RSA"
        case "ssh-dss": "DSA"
        case "sk-ssh-ed25519@openssh.com": "ED25519-SK"
        case "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA-SK"
        default: name.hasPrefix("ecdsa-sha2-") ? "ECDSA" : name
        }
    }
}
