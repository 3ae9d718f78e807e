import SSHCrypto
import SSHWire

/// How a PEM file's content is locked: by `DEK-Info` in its header (RFC 1421 §4.6.1.3, as OpenSSL does it), or by PBES2 within
/// (RFC 8018 §6.2).
struct KeyFileEncryption {
    private let cipher: CipherAlgorithm
    private let initialVector: [UInt8]
    private let stretching: KeyStretching

    /// The value of `DEK-Info`: the cipher's name, and the initial vector, which is the salt too.
    init(header: [UInt8]) throws(KeyFileError) {
        let parts = header.split(separator: ASCII.comma, maxSplits: 1)
        guard parts.count == 2 else { throw .malformed }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard let cipher = Self.headerCiphers[name] else { throw .unsupportedEncryption(name) }
        self.cipher = cipher
        initialVector = try KeyFileLines.hexadecimal(parts[1])
        stretching = .md5(salt: Array(initialVector.prefix(8)))
    }

    /// The AlgorithmIdentifier of an EncryptedPrivateKeyInfo.
    init(from algorithm: inout DERReader) throws(KeyFileError) {
        guard try algorithm.readPublic(.identifier) == Self.pbes2 else { throw .unsupportedEncryption("PBES1") }
        var parameters = try algorithm.descend()
        var derivation = try parameters.descend()
        stretching = try Self.stretching(from: &derivation)
        var scheme = try parameters.descend()
        guard let cipher = Self.ciphers[try scheme.readPublic(.identifier)] else {
            throw .unsupportedEncryption("another cipher than AES-CBC and 3DES-CBC")
        }
        self.cipher = cipher
        initialVector = try scheme.readPublic(.octetString)
    }

    private static func stretching(from derivation: inout DERReader) throws(KeyFileError) -> KeyStretching {
        let name = try derivation.readPublic(.identifier)
        var parameters = try derivation.descend()
        let salt = try parameters.readPublic(.octetString)
        let first = try parameters.readNumber()
        switch name {
        case pbkdf2:
            if parameters.isNext(.integer) { _ = try parameters.readNumber() }
            guard parameters.isNext(.sequence) else { return .pbkdf2(.sha1, salt: salt, rounds: first) }
            var function = try parameters.descend()
            guard let hash = hashes[try function.readPublic(.identifier)] else {
                throw .unsupportedEncryption("another hash than SHA-1 and SHA-2")
            }
            return .pbkdf2(hash, salt: salt, rounds: first)
        case scrypt:
            let (blockSize, lanes) = (try parameters.readNumber(), try parameters.readNumber())
            return .scrypt(salt: salt, cost: first, blockSize: blockSize, lanes: lanes)
        default: throw .unsupportedEncryption("another key derivation than PBKDF2 and scrypt")
        }
    }

    func open(
        _ content: borrowing SecretBytes, passphrase: borrowing SecretBytes
    ) throws(KeyFileError) -> SecretBytes {
        let cipher = KeyFileCipher(cipher)
        guard stretching.isAffordable else { throw .tooMuchWork }
        guard initialVector.count == self.cipher.ivByteCount, content.count > 0,
            content.count.isMultiple(of: cipher.blockByteCount)
        else { throw .malformed }
        guard passphrase.count > 0 else { throw .encrypted(cipher: Name(self.cipher.rawValue)) }
        let plain: SecretBytes
        do throws(CryptoError) {
            let key = try stretching.derive(passphrase, byteCount: self.cipher.keyByteCount)
            plain = try cipher.decrypt(content, tag: [], key: key.appending(initialVector))
        } catch {
            throw .failed(operation: "opening an encrypted PEM file")
        }
        // Each byte of the padding says how many there are (RFC 8018 §6.1.1).
        let count = Int(plain.byte(at: plain.count - 1) ?? 0)
        let padding = plain.publicSlice(max(0, plain.count - count)..<plain.count)
        guard (1...cipher.blockByteCount).contains(count), padding == Array(repeating: UInt8(count), count: count)
        else {
            throw .wrongPassphrase
        }
        return plain.prefix(plain.count - count)
    }

    private static let headerCiphers: [String: CipherAlgorithm] = [
        "AES-128-CBC": .aes128CBC, "AES-192-CBC": .aes192CBC, "AES-256-CBC": .aes256CBC, "DES-EDE3-CBC": .tripleDESCBC,
    ]
    private static let ciphers: [[UInt8]: CipherAlgorithm] = [
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02]: .aes128CBC,
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16]: .aes192CBC,
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A]: .aes256CBC,
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x03, 0x07]: .tripleDESCBC,
    ]
    private static let hashes: [[UInt8]: HashAlgorithm] = [
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x07]: .sha1,
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x09]: .sha256,
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x0A]: .sha384,
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x0B]: .sha512,
    ]
    private static let pbes2: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D]
    private static let pbkdf2: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0C]
    private static let scrypt: [UInt8] = [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x04, 0x0B]
}
