import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Private key files, as text, or as the binary that stands between the armour's lines.
///
/// Stretching a passphrase is slow by design: files that ask for more than a trifle of it are only looked at.
enum KeyFileFuzz {
    private static let passphrase = Array("fuzz".utf8)

    static func openSSH(_ input: [UInt8]) {
        let isBinary = input.starts(with: Array("openssh-key-v1".utf8))
        let file = isBinary ? armoured(input, as: "OPENSSH PRIVATE KEY") : input
        let content = isBinary ? input : binary(of: input)
        let text = SecretBytes(copying: file)
        _ = try? OpenSSHPrivateKey.publicKey(of: text)
        if let key = try? OpenSSHPrivateKey.parse(text) { sign(with: key) }
        guard (roundCount(in: content) ?? 0) <= 1 else { return }
        if let key = try? OpenSSHPrivateKey.parse(text, passphrase: SecretBytes(copying: passphrase)) {
            sign(with: key)
        }
    }

    /// DER is put into each kind of armour.
    static func pem(_ input: [UInt8]) {
        guard input.first == 0x30 else { return readPEM(input) }
        for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            readPEM(armoured(input, as: label))
        }
    }

    private static func readPEM(_ file: [UInt8]) {
        let isCheap = file.contains("DEK-Info") || !asksForWork(binary(of: file))
        read(SecretBytes(copying: file), passphrase: isCheap ? passphrase : [])
    }

    /// The MAC of a file without encryption is made right, or nothing behind it would ever be reached.
    static func putty(_ input: [UInt8]) {
        read(SecretBytes(copying: input), passphrase: PuTTYText(input).isCheap ? passphrase : [])
        if let sealed = PuTTYText(input).sealed { read(SecretBytes(copying: sealed), passphrase: []) }
    }

    private static func read(_ file: borrowing SecretBytes, passphrase: [UInt8]) {
        do throws(KeyFileError) {
            _ = try PrivateKeyFile.publicKey(of: file)
            sign(with: try PrivateKeyFile.parse(file, passphrase: SecretBytes(copying: passphrase)))
        } catch {
            precondition(!error.sentence.isEmpty)
        }
    }

    /// Whether DER has a number above 127 in it, which could be a count of rounds.
    private static func asksForWork(_ content: [UInt8]) -> Bool {
        zip(content, content.dropFirst()).contains { tag, length in
            tag == 2 && ((2...9).contains(length) || (0x81...0x88).contains(length))
        }
    }

    /// A key that was accepted must be of use.
    static func sign(with key: PrivateKey) {
        _ = key.comment
        let type = key.publicKey.verificationKey.type
        guard let algorithm = SignatureAlgorithm.allCases.first(where: { $0.keyType == type }) else { return }
        _ = try? key.signingKey.sign([1, 2, 3], algorithm: algorithm)
    }

    static func armoured(_ content: [UInt8], as label: String) -> [UInt8] {
        var text = Array("-----BEGIN \(label)-----\n".utf8)
        let base64 = Base64.encode(content, padded: true)
        for start in stride(from: 0, to: base64.count, by: 64) {
            text += base64[start..<min(start + 64, base64.count)] + [UInt8(ascii: "\n")]
        }
        return text + Array("-----END \(label)-----\n".utf8)
    }

    /// What stands between the first and the last line.
    private static func binary(of file: [UInt8]) -> [UInt8] {
        let lines = file.split(whereSeparator: { $0 == 10 || $0 == 13 }).dropFirst().prefix { $0.first != 0x2D }
        return Base64.decode(Array(lines.joined())) ?? []
    }

    /// The rounds of bcrypt that an OpenSSH file asks for.
    private static func roundCount(in content: [UInt8]) -> UInt32? {
        var body = ByteBuffer(bytes: content)
        body.moveReaderIndex(forwardBy: min(15, body.readableBytes))
        _ = try? body.readString()
        _ = try? body.readString()
        guard var options = try? body.readString() else { return nil }
        _ = try? options.readString()
        return try? options.readUInt32()
    }
}

/// A PuTTY file, as far as a harness has to read it.
private struct PuTTYText {
    private var lines: [[UInt8]]

    init(_ file: [UInt8]) {
        lines = file.split(separator: 10, omittingEmptySubsequences: false).map { line in
            line.last == 13 ? line.dropLast() : Array(line)
        }
    }

    private func value(_ name: String) -> [UInt8]? {
        lines.first { $0.starts(with: name.utf8) }.map { Array($0.dropFirst(name.utf8.count)) }
    }

    private func number(_ name: String) -> Int {
        value(name).flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
    }

    private func blob(_ name: String) -> [UInt8]? {
        guard let start = lines.firstIndex(where: { $0.starts(with: name.utf8) }) else { return nil }
        let count = min(max(0, number(name)), lines.count - start - 1)
        return Base64.decode(Array(lines[(start + 1)..<(start + 1 + count)].joined()))
    }

    /// Little memory, in one pass.
    var isCheap: Bool { number("Argon2-Memory: ") <= 64 && number("Argon2-Passes: ") <= 1 }

    /// With the MAC of a file without a passphrase.
    var sealed: [UInt8]? {
        guard let last = lines.firstIndex(where: { $0.starts(with: "Private-MAC: ".utf8) }),
            let comment = value("Comment: "), let open = blob("Public-Lines: "), let secret = blob("Private-Lines: ")
        else { return nil }
        let isNew = value("PuTTY-User-Key-File-3: ") != nil
        guard let type = value("PuTTY-User-Key-File-\(isNew ? 3 : 2): ") else { return nil }
        var message = ByteBuffer()
        for field in [type, Array("none".utf8), comment, open, secret] { message.writeString(field) }
        let key = isNew ? [0] : try? Digest.hash(.sha1, Array("putty-private-key-file-mac-key".utf8))
        guard let key,
            let code = try? HMAC.code(isNew ? .sha256 : .sha1, key: key, over: Array(message.readableBytesView))
        else { return nil }
        var lines = lines
        let digits = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        lines[last] = Array("Private-MAC: \(digits)".utf8)
        return Array(lines.joined(separator: [10]))
    }
}

extension [UInt8] {
    fileprivate func contains(_ text: String) -> Bool {
        let wanted = Array(text.utf8)
        return indices.contains { self[$0...].starts(with: wanted) }
    }
}
