import NIOCore
import SSHCrypto
import SSHWire

/// Private keys as PuTTY keeps them, versions 2 and 3 (PuTTY's manual, appendix C).
///
/// The MAC covers everything that counts; without a passphrase, anybody can make it.
struct PuTTYPrivateKey: ~Copyable {
    private let isVersion3: Bool
    private let type: [UInt8]
    private let encryption: [UInt8]
    private let comment: [UInt8]
    private let publicBlob: [UInt8]
    /// Nil for a key without a passphrase.
    private let stretching: KeyStretching?
    private let privateBlob: SecretBytes
    private let code: [UInt8]

    init(_ file: borrowing SecretBytes) throws(KeyFileError) {
        var lines = KeyFileLines()
        let first = try lines.field("PuTTY-User-Key-File-", in: file)
        let (isVersion3, isVersion2) = (first.starts(with: "3: ".utf8), first.starts(with: "2: ".utf8))
        guard isVersion3 || isVersion2 else { throw .unsupportedFormat("old PuTTY") }
        let encryption = try lines.field("Encryption: ", in: file)
        let comment = try lines.field("Comment: ", in: file)
        let publicBlob = try lines.base64("Public-Lines: ", in: file)
        let stretching: KeyStretching? =
            switch String(decoding: encryption, as: UTF8.self) {
            case "none": nil
            case "aes256-cbc": isVersion3 ? try Self.argon2(&lines, in: file) : .sha1
            case let name: throw .unsupportedEncryption(name)
            }
        let privateBlob = try lines.base64("Private-Lines: ", in: file)
        let code = try KeyFileLines.hexadecimal(try lines.field("Private-MAC: ", in: file))
        type = Array(first.dropFirst(3))
        self.isVersion3 = isVersion3
        self.encryption = encryption
        self.comment = comment
        self.publicBlob = publicBlob.publicSlice(0..<publicBlob.count)
        self.stretching = stretching
        self.privateBlob = privateBlob
        self.code = code
    }

    private static func argon2(
        _ lines: inout KeyFileLines, in file: borrowing SecretBytes
    ) throws(KeyFileError) -> KeyStretching {
        let kind = String(decoding: try lines.field("Key-Derivation: ", in: file), as: UTF8.self)
        let kibibytes = try lines.number("Argon2-Memory: ", in: file)
        let passes = try lines.number("Argon2-Passes: ", in: file)
        let laneCount = try lines.number("Argon2-Parallelism: ", in: file)
        let salt = try KeyFileLines.hexadecimal(try lines.field("Argon2-Salt: ", in: file))
        guard ["Argon2id", "Argon2i"].contains(kind) else { throw .unsupportedEncryption(kind) }
        guard laneCount == 1 else { throw .unsupportedEncryption("\(kind) in parallel") }
        return .argon2(isHybrid: kind == "Argon2id", salt: salt, kibibytes: kibibytes, passes: passes)
    }

    func publicKey(minimumRSABitCount: Int) throws(KeyFileError) -> PublicKey {
        let key = try PublicKey(stated: publicBlob, minimumRSABitCount)
        guard key.verificationKey.type == Name(type) else { throw .malformed }
        return key
    }

    func material(
        passphrase: borrowing SecretBytes, minimumRSABitCount: Int
    ) throws(KeyFileError) -> KeyMaterial {
        guard KeyMaterial.signs(Name(type)) else { throw .unsupportedKeyType(Name(type)) }
        let stated = try publicKey(minimumRSABitCount: minimumRSABitCount).verificationKey
        guard stretching?.isAffordable ?? true else { throw .tooMuchWork }
        guard stretching == nil || passphrase.count > 0 else { throw .encrypted(cipher: Name(encryption)) }
        let plain: SecretBytes
        do throws(CryptoError) {
            plain = try open(passphrase)
        } catch {
            guard error == .authenticationFailed else { throw .failed(operation: "opening a PuTTY key") }
            throw stretching == nil ? .malformed : .wrongPassphrase
        }
        do throws(WireError) {
            var material = try Self.material(SecretReader(plain), for: stated)
            material.comment = comment
            return material
        } catch {
            throw .malformed
        }
    }

    /// The private part, proven by its MAC.
    private func open(_ passphrase: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        var codeKey = SecretBytes(count: isVersion3 ? 0 : HashAlgorithm.sha1.byteCount)
        if !isVersion3 {
            var digest = try Digest(.sha1)
            try digest.update(Array("putty-private-key-file-mac-key".utf8))
            if stretching != nil { try digest.update(passphrase) }
            try digest.finalize(into: &codeKey, at: 0)
        }
        var plain = privateBlob.copy()
        if let stretching {
            // Version 3 stretches to the key, the initial vector and the MAC's key; in version 2 the vector is zero.
            let cipher = KeyFileCipher(.aes256CBC)
            let keys = try stretching.derive(passphrase, byteCount: isVersion3 ? cipher.keyByteCount + 32 : 32)
            if isVersion3 { codeKey = keys.slice(cipher.keyByteCount..<keys.count) }
            let zeros = [UInt8](repeating: 0, count: 16)
            guard plain.count.isMultiple(of: cipher.blockByteCount) else { throw .authenticationFailed }
            plain = try cipher.decrypt(plain, tag: [], key: keys.appending(zeros).prefix(cipher.keyByteCount))
        }
        var head = ByteBuffer()
        for field in [type, encryption, comment, publicBlob] { head.writeString(field) }
        head.writeInteger(UInt32(truncatingIfNeeded: plain.count))
        let hash = isVersion3 ? HashAlgorithm.sha256 : .sha1
        guard try HMAC.isCode(code, hash, key: codeKey, over: Array(head.readableBytesView), plain) else {
            throw .authenticationFailed
        }
        return plain
    }

    private static func material(
        _ bytes: consuming SecretReader, for stated: VerificationKey
    ) throws(WireError) -> KeyMaterial {
        var fields = bytes
        let secret: KeyMaterial.Secret
        switch stated {
        case .ed25519:
            // A number with its lowest byte first: zeros at its end count for nothing.
            let number = try fields.readSecretString()
            guard number.count <= 32 else { throw .outOfRange }
            secret = .ed25519(seed: number.appending([UInt8](repeating: 0, count: 32 - number.count)))
        case .ecdsa(let curve, _):
            secret = .ecdsa(try KeyMaterial.scalar(on: curve, from: &fields))
        case .rsa(let exponent, let modulus):
            var key = RSAPrivateKey(modulus: modulus, exponent: exponent)
            key.privateExponent = try fields.readSecretMagnitude()
            key.firstPrime = try fields.readSecretMagnitude()
            key.secondPrime = try fields.readSecretMagnitude()
            key.coefficient = try fields.readSecretMagnitude()
            secret = .rsa(key)
        case .ed448, .securityKey:
            throw .malformed
        }
        // What is left fills the cipher's last block.
        guard fields.remainingByteCount < 16 else { throw .trailingBytes(count: fields.remainingByteCount) }
        return KeyMaterial(secret, stated: stated)
    }
}
