import NIOCore
package import SSHCrypto
import SSHWire

/// Private keys in OpenSSH's own format, with or without a passphrase (OpenSSH PROTOCOL.key).
///
/// Every secret byte stays in guarded memory on its way from the file to the key. The public halves in the file are only
/// compared: what signs is derived from the secret, for a signature made with another's public half gives the secret away.
package enum OpenSSHPrivateKey {
    /// Far above a 16,384-bit RSA key (some 13 KiB) with a long comment.
    package static let maximumByteCount = 1024 * 1024

    /// An encrypted key without a passphrase is `encrypted`.
    package static func parse(
        _ file: borrowing SecretBytes, passphrase: borrowing SecretBytes = SecretBytes(count: 0),
        minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PrivateKey {
        var reader = try open(file)
        let envelope = try Envelope.read(from: &reader)
        let cipher = try envelope.encryption()
        // Before anybody types a passphrase for nothing.
        if let type = PublicKey.type(ofBlob: envelope.publicBlob), !KeyMaterial.signs(type) {
            throw .unsupportedKeyType(type)
        }
        let stated = try envelope.publicKey(minimumRSABitCount: minimumRSABitCount)
        guard cipher == nil || passphrase.count > 0 else { throw .encrypted(cipher: envelope.cipher) }
        let key = try envelope.stretch(passphrase, for: cipher)
        var section = try Section.read(from: &reader, cipher: cipher, key: key)
        let privateKey = try section.readKey(minimumRSABitCount: minimumRSABitCount)
        guard stated == privateKey.publicKey else { throw .halvesDiffer }
        return privateKey
    }

    /// The public half, which needs no passphrase, and which nothing proves.
    package static func publicKey(
        of file: borrowing SecretBytes, minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PublicKey {
        var reader = try open(file)
        return try Envelope.read(from: &reader).publicKey(minimumRSABitCount: minimumRSABitCount)
    }

    private static func open(_ file: borrowing SecretBytes) throws(KeyFileError) -> SecretReader {
        guard file.count <= maximumByteCount else { throw .tooLarge(byteCount: file.count) }
        guard let format = KeyFileFormat(of: file) else { throw .notAPrivateKey }
        guard format == .openSSH else { throw .unsupportedFormat(format.rawValue) }
        guard let content = KeyFileFormat.openSSHContent(of: file) else { throw .malformed }
        return SecretReader(content)
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

    /// What the private part is encrypted with; nil for nothing.
    func encryption() throws(KeyFileError) -> KeyFileCipher? {
        guard keyCount == 1 else { throw .keyCount(keyCount) }
        guard cipher != "none" else {
            guard derivation == "none", derivationOptions.isEmpty else { throw .malformed }
            return nil
        }
        guard let algorithm = CipherAlgorithm(rawValue: String(decoding: cipher.bytes, as: UTF8.self)) else {
            throw .unsupportedEncryption(cipher.text)
        }
        guard derivation == "bcrypt" else { throw .unsupportedEncryption(derivation.text) }
        let options = try stretching()
        guard BcryptPBKDF.isAffordable(salt: options.salt, roundCount: options.rounds) else { throw .tooMuchWork }
        return KeyFileCipher(algorithm)
    }

    private func stretching() throws(KeyFileError) -> (salt: [UInt8], rounds: UInt32) {
        var options = ByteBuffer(bytes: derivationOptions)
        guard let salt = try? options.readStringBytes(), let rounds = try? options.readUInt32(),
            options.readableBytes == 0
        else { throw .malformed }
        return (salt, rounds)
    }

    /// The key and initial vector that a passphrase stretches to.
    func stretch(_ passphrase: borrowing SecretBytes, for cipher: KeyFileCipher?) throws(KeyFileError) -> SecretBytes {
        guard let cipher else { return SecretBytes(count: 0) }
        let options = try stretching()
        do throws(CryptoError) {
            return try BcryptPBKDF.derive(
                passphrase, salt: options.salt, roundCount: options.rounds, byteCount: cipher.keyByteCount)
        } catch {
            throw .failed(operation: "stretching the passphrase")
        }
    }

    func publicKey(minimumRSABitCount: Int) throws(KeyFileError) -> PublicKey {
        do throws(KeyError) {
            return try PublicKey(blob: publicBlob, minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw KeyFileError(error)
        }
    }
}

/// The private part: two equal check numbers, the key's type and fields, the comment, and padding that counts up from one.
private struct Section: ~Copyable {
    /// What an unencrypted private part is padded to.
    private static let blockByteCount = 8

    private let type: Name
    private var fields: SecretReader

    static func read(
        from reader: inout SecretReader, cipher: KeyFileCipher?, key: borrowing SecretBytes
    ) throws(KeyFileError) -> Section {
        let content = try content(from: &reader, tagByteCount: cipher?.tagByteCount ?? 0)
        guard let cipher else { return try section(SecretReader(content.body), or: .malformed) }
        // Without a tag, only the check numbers tell a wrong key.
        return try section(SecretReader(decrypt(content, cipher, key)), or: .wrongPassphrase)
    }

    private static func decrypt(
        _ content: borrowing Content, _ cipher: KeyFileCipher, _ key: borrowing SecretBytes
    ) throws(KeyFileError) -> SecretBytes {
        do throws(CryptoError) {
            return try cipher.decrypt(content.body, tag: content.tag, key: key)
        } catch {
            throw error == .authenticationFailed ? .wrongPassphrase : .malformed
        }
    }

    private struct Content: ~Copyable {
        let body: SecretBytes
        let tag: [UInt8]
    }

    private static func content(
        from reader: inout SecretReader, tagByteCount: Int
    ) throws(KeyFileError) -> Content {
        do throws(WireError) {
            let body = try reader.readSecretString()
            let tag = try reader.readPublic(count: tagByteCount)
            try reader.requireEnd()
            return Content(body: body, tag: tag)
        } catch {
            throw .malformed
        }
    }

    private static func section(
        _ fields: consuming SecretReader, or refusal: KeyFileError
    ) throws(KeyFileError) -> Section {
        do throws(WireError) {
            return try Section(fields)
        } catch {
            throw refusal
        }
    }

    private init(_ content: consuming SecretReader) throws(WireError) {
        var fields = content
        guard fields.remainingByteCount % Self.blockByteCount == 0 else { throw .malformed }
        let check = try fields.readUInt32()
        guard try fields.readUInt32() == check else { throw .malformed }
        type = Name(try fields.readPublicString())
        self.fields = fields
    }

    mutating func readKey(minimumRSABitCount: Int) throws(KeyFileError) -> PrivateKey {
        guard KeyMaterial.signs(type) else { throw .unsupportedKeyType(type) }
        let material: KeyMaterial
        do throws(WireError) {
            material = try KeyMaterial.openSSH(type, from: &fields)
        } catch {
            throw .malformed
        }
        return try material.privateKey(comment: try readEnd(), minimumRSABitCount: minimumRSABitCount)
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
