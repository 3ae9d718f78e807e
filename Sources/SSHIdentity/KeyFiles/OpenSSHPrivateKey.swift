import NIOCore
package import SSHCrypto
import SSHWire

/// Private keys in OpenSSH's own format, with or without a passphrase (OpenSSH PROTOCOL.key).
///
/// Every secret byte stays in guarded memory on its way from the file to the key.
package enum OpenSSHPrivateKey {
    /// Far above a 16,384-bit RSA key (some 13 KiB) with a long comment.
    package static let maximumByteCount = 1024 * 1024

    /// An encrypted key without a passphrase is `encrypted`.
    package static func parse(
        _ file: borrowing SecretBytes, passphrase: borrowing SecretBytes = SecretBytes(count: 0),
        minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PrivateKey {
        let envelope = try Envelope.read(file)
        let isLocked = try envelope.isLocked
        // Before anybody types a passphrase for nothing.
        let type = PublicKey.type(ofBlob: envelope.publicBlob) ?? ""
        guard KeyMaterial.signs(type) else { throw .unsupportedKeyType(type) }
        let stated = try PublicKey(stated: envelope.publicBlob, minimumRSABitCount)
        let plain = isLocked ? try envelope.open(passphrase) : envelope.privatePart.copy()
        let material: KeyMaterial
        do throws(WireError) {
            material = try Self.material(SecretReader(plain), of: type)
        } catch {
            // Without a tag, only what is read tells a wrong key.
            throw isLocked ? .wrongPassphrase : .malformed
        }
        let key = try material.privateKey(minimumRSABitCount: minimumRSABitCount)
        guard stated == key.publicKey else { throw .halvesDiffer }
        return key
    }

    /// The public half, which needs no passphrase, and which nothing proves.
    package static func publicKey(
        of file: borrowing SecretBytes, minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PublicKey {
        try PublicKey(stated: Envelope.read(file).publicBlob, minimumRSABitCount)
    }

    /// Two equal check numbers, the key's type and fields, the comment, and padding to eight bytes that counts up from one.
    private static func material(_ bytes: consuming SecretReader, of type: Name) throws(WireError) -> KeyMaterial {
        var fields = bytes
        guard fields.remainingByteCount.isMultiple(of: 8) else { throw .malformed }
        let check = try fields.readUInt32()
        guard try fields.readUInt32() == check, Name(try fields.readPublicString()) == type else { throw .malformed }
        var material = try KeyMaterial.openSSH(type, from: &fields)
        material.comment = try fields.readPublicString()
        var expected: UInt8 = 0
        while fields.remainingByteCount > 0 {
            expected &+= 1
            guard try fields.readByte() == expected else { throw .malformed }
        }
        return material
    }
}

/// The file as anybody can read it.
private struct Envelope: ~Copyable {
    private static let magic = Array("openssh-key-v1\0".utf8)

    private let cipher: Name
    private let derivation: Name
    private let derivationOptions: [UInt8]
    private let keyCount: UInt32
    let publicBlob: [UInt8]
    let privatePart: SecretBytes
    private let tag: [UInt8]

    static func read(_ file: borrowing SecretBytes) throws(KeyFileError) -> Envelope {
        guard file.count <= OpenSSHPrivateKey.maximumByteCount else { throw .tooLarge(byteCount: file.count) }
        guard let format = KeyFileFormat(of: file) else { throw .notAPrivateKey }
        guard format == .openSSH else { throw .unsupportedFormat(format.rawValue) }
        guard let body = format.body(in: file, from: 0), let content = file.base64Decoded(body) else {
            throw .malformed
        }
        do throws(WireError) {
            return try Envelope(SecretReader(content))
        } catch {
            throw .malformed
        }
    }

    private init(_ content: consuming SecretReader) throws(WireError) {
        var reader = content
        guard try reader.readPublic(count: Self.magic.count) == Self.magic else { throw .malformed }
        let names = (try reader.readPublicString(), try reader.readPublicString())
        let derivationOptions = try reader.readPublicString()
        let keyCount = try reader.readUInt32()
        let publicBlob = try reader.readPublicString()
        let privatePart = try reader.readSecretString()
        tag = try reader.readPublic(count: reader.remainingByteCount)
        (cipher, derivation) = (Name(names.0), Name(names.1))
        self.derivationOptions = derivationOptions
        self.keyCount = keyCount
        self.publicBlob = publicBlob
        self.privatePart = privatePart
    }

    /// Whether a passphrase is needed; throws if none would do.
    var isLocked: Bool {
        get throws(KeyFileError) {
            guard keyCount == 1 else { throw .keyCount(keyCount) }
            guard cipher != "none" else {
                guard derivation == "none", derivationOptions.isEmpty, tag.isEmpty else { throw .malformed }
                return false
            }
            guard algorithm != nil else { throw .unsupportedEncryption(cipher.text) }
            guard derivation == "bcrypt" else { throw .unsupportedEncryption(derivation.text) }
            let (salt, roundCount) = try stretching()
            guard BcryptPBKDF.isAffordable(salt: salt, roundCount: roundCount) else { throw .tooMuchWork }
            return true
        }
    }

    private var algorithm: KeyFileCipher? {
        CipherAlgorithm(rawValue: String(decoding: cipher.bytes, as: UTF8.self)).map { KeyFileCipher($0) }
    }

    private func stretching() throws(KeyFileError) -> (salt: [UInt8], roundCount: UInt32) {
        var options = ByteBuffer(bytes: derivationOptions)
        guard let salt = try? options.readStringBytes(), let rounds = try? options.readUInt32(),
            options.readableBytes == 0
        else { throw .malformed }
        return (salt, rounds)
    }

    func open(_ passphrase: borrowing SecretBytes) throws(KeyFileError) -> SecretBytes {
        guard passphrase.count > 0 else { throw .encrypted(cipher: cipher) }
        let (salt, roundCount) = try stretching()
        guard let algorithm else { throw .unsupportedEncryption(cipher.text) }
        do throws(CryptoError) {
            let key = try BcryptPBKDF.derive(
                passphrase, salt: salt, roundCount: roundCount, byteCount: algorithm.keyByteCount)
            return try algorithm.decrypt(privatePart, tag: tag, key: key)
        } catch {
            throw error == .authenticationFailed ? .wrongPassphrase : .malformed
        }
    }
}
