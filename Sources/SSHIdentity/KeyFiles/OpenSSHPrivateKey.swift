package import SSHCrypto
import SSHWire

/// Private keys in OpenSSH's own format without a passphrase (OpenSSH PROTOCOL.key).
///
/// Every secret byte stays in guarded memory on its way from the file to the key. The public halves in the file are only
/// compared: what signs is derived from the secret, for a signature made with another's public half gives the secret away.
package enum OpenSSHPrivateKey {
    /// Far above a 16,384-bit RSA key (some 13 KiB) with a long comment.
    package static let maximumByteCount = 1024 * 1024

    package static func parse(
        _ file: borrowing SecretBytes, minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PrivateKey {
        guard file.count <= maximumByteCount else { throw .tooLarge(byteCount: file.count) }
        guard let format = KeyFileFormat(of: file) else { throw .notAPrivateKey }
        guard format == .openSSH else { throw .unsupportedFormat(format.rawValue) }
        guard let content = KeyFileFormat.openSSHContent(of: file) else { throw .malformed }
        var reader = SecretReader(content)
        let envelope = try Envelope.read(from: &reader)
        try envelope.check()
        var section = try Section.read(from: &reader)
        let key = try section.readKey(minimumRSABitCount: minimumRSABitCount)
        let stated: PublicKey
        do throws(KeyError) {
            stated = try PublicKey(blob: envelope.publicBlob, minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw KeyFileError(error)
        }
        guard stated == key.publicKey else { throw .halvesDiffer }
        return key
    }
}

/// What stands before the private part.
private struct Envelope {
    private static let magic = Array("openssh-key-v1\0".utf8)

    let cipher: Name
    let derivation: Name
    let derivationOptions: [UInt8]
    let keyCount: UInt32
    let publicBlob: [UInt8]

    static func read(from reader: inout SecretReader) throws(KeyFileError) -> Envelope {
        do throws(WireError) {
            return try Envelope(from: &reader)
        } catch {
            throw .malformed
        }
    }

    private init(from reader: inout SecretReader) throws(WireError) {
        guard try reader.readPublic(count: Self.magic.count) == Self.magic else { throw .malformed }
        cipher = Name(try reader.readPublicString())
        derivation = Name(try reader.readPublicString())
        derivationOptions = try reader.readPublicString()
        keyCount = try reader.readUInt32()
        publicBlob = try reader.readPublicString()
    }

    func check() throws(KeyFileError) {
        guard cipher == "none" else { throw .encrypted(cipher: cipher) }
        guard derivation == "none", derivationOptions.isEmpty else { throw .malformed }
        guard keyCount == 1 else { throw .keyCount(keyCount) }
    }
}

/// The private part: two equal check numbers, the key's type and fields, the comment, and padding that counts up from one.
private struct Section: ~Copyable {
    /// What an unencrypted private part is padded to.
    private static let blockByteCount = 8

    private let type: Name
    private var fields: SecretReader

    static func read(from reader: inout SecretReader) throws(KeyFileError) -> Section {
        do throws(WireError) {
            return try Section(from: &reader)
        } catch {
            throw .malformed
        }
    }

    private init(from reader: inout SecretReader) throws(WireError) {
        var fields = SecretReader(try reader.readSecretString())
        try reader.requireEnd()
        guard fields.remainingByteCount % Self.blockByteCount == 0 else { throw .malformed }
        let check = try fields.readUInt32()
        guard try fields.readUInt32() == check else { throw .malformed }
        type = Name(try fields.readPublicString())
        self.fields = fields
    }

    mutating func readKey(minimumRSABitCount: Int) throws(KeyFileError) -> PrivateKey {
        switch type {
        case SignatureAlgorithm.ed25519.keyType:
            try readKey(of: Ed25519SecretFields.self, minimumRSABitCount: minimumRSABitCount)
        case NISTCurve.p256.keyType, NISTCurve.p384.keyType, NISTCurve.p521.keyType:
            try readKey(of: ECDSASecretFields.self, minimumRSABitCount: minimumRSABitCount)
        case SignatureAlgorithm.rsaSHA512.keyType:
            try readKey(of: RSASecretFields.self, minimumRSABitCount: minimumRSABitCount)
        default: throw .unsupportedKeyType(type)
        }
    }

    private mutating func readKey<Fields: SecretKeyFields & ~Copyable>(
        of _: Fields.Type, minimumRSABitCount: Int
    ) throws(KeyFileError) -> PrivateKey {
        let secret: Fields
        do throws(WireError) {
            secret = try Fields(from: &fields)
        } catch {
            throw .malformed
        }
        let comment = try readEnd()
        let statedPublicBlob = secret.statedPublicBlob
        let key: PrivateKey
        do throws(KeyError) {
            key = try PrivateKey(
                try Self.signingKey(secret, minimumRSABitCount: minimumRSABitCount), commentBytes: comment)
        } catch {
            throw KeyFileError(error)
        }
        guard key.publicKey.verificationKey.type == type else { throw .malformed }
        guard key.publicKey.blob == statedPublicBlob else { throw .halvesDiffer }
        return key
    }

    private static func signingKey<Fields: SecretKeyFields & ~Copyable>(
        _ secret: consuming Fields, minimumRSABitCount: Int
    ) throws(KeyError) -> SigningKey {
        do throws(CryptoError) {
            return try secret.signingKey(minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw KeyError(error, type: nil)
        }
    }

    /// The comment; what follows it counts up from one.
    private mutating func readEnd() throws(KeyFileError) -> [UInt8] {
        do throws(WireError) {
            let comment = try fields.readPublicString()
            var expected: UInt8 = 0
            while fields.remainingByteCount > 0 {
                expected &+= 1
                guard try fields.readByte() == expected else { throw .malformed }
            }
            return comment
        } catch {
            throw .malformed
        }
    }
}
