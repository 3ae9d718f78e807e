import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// Private key files that are damaged, dishonest or greedy.
@Suite struct KeyFileDamageTests {
    /// Small enough to be damaged at every byte; Ed25519 in PKCS#8 has nothing to compare, and is a case of its own.
    private static let small = KeyFileRecipe.all.filter { recipe in
        let name = recipe.testDescription
        let isCheap =
            name.contains("memory=64") || !recipe.isEncrypted || name.contains("-iter 1 ") || name.contains("-aes128")
        return isCheap && recipe.kind == .ecdsa || recipe.kind == .ed25519 && name.contains("memory=64")
    }
    private static let large = KeyFileRecipe.all.filter { recipe in
        recipe.kind == .rsa && ["version=2", "-m PEM", "-m PKCS8"].contains { recipe.testDescription.contains($0) }
    }

    @Test("LF-08 a file cut at any byte is refused, or the key is whole", arguments: small + large)
    func truncation(recipe: KeyFileRecipe) async throws {
        let file = try await recipe.make()
        let passphrase = recipe.isEncrypted ? KeyFileRecipe.passphrase : ""
        let whole = try open(file, passphrase).publicKey
        for count in stride(from: 0, to: file.count, by: recipe.kind == .rsa ? 7 : 1) {
            let cut = Array(file.prefix(count))
            let outcome = outcome(cut, passphrase)
            #expect(outcome != .key(whole) || count >= file.count - 2, "\(count) of \(file.count) bytes")
            #expect(outcome.isRefused(or: whole), "\(count) bytes: \(outcome)")
        }
    }

    @Test("LF-08 D6 no changed byte of a file gives another key", arguments: small + large)
    func changes(recipe: KeyFileRecipe) async throws {
        let file = try await recipe.make()
        let passphrase = recipe.isEncrypted ? KeyFileRecipe.passphrase : ""
        let whole = try open(file, passphrase).publicKey
        for index in stride(from: 0, to: file.count, by: recipe.kind == .rsa ? 7 : 1) {
            for mask: UInt8 in recipe.kind == .rsa ? [0x01] : [0x01, 0x10] {
                var changed = file
                changed[index] ^= mask
                // A digit more of Argon2's passes or memory is more work, and not what is tested here.
                guard !changed[index].isDigit || !file[index].isDigit || recipe.kind == .rsa else { continue }
                let outcome = outcome(changed, passphrase)
                #expect(outcome.isRefused(or: whole), "byte \(index), bits \(mask): \(outcome)")
            }
        }
    }

    @Test("LF-08 no changed byte of an Ed25519 key in PKCS#8 traps, though nothing in it tells one seed from another")
    func seed() async throws {
        for recipe in KeyFileRecipe.all where recipe.testDescription.contains("ed25519 openssl pkcs8 -topk8 -nocrypt") {
            let file = try await recipe.make()
            for index in file.indices {
                var changed = file
                changed[index] ^= 0x01
                _ = outcome(changed, "")
            }
        }
    }

    @Test("D6 a stated public half that the secret does not yield is refused in each format, with a right MAC too")
    func halves() async throws {
        let other = try testPrivateKey(1).publicKey.blob
        let seed = [UInt8](repeating: 9, count: 32)
        let head = Array("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\n".utf8)
        let parts = ["ssh-ed25519", "none", "x"].map { Array($0.utf8) } + [other, sized(seed)]
        let code = try HMAC.code(.sha256, key: [0], over: parts.flatMap(sized))
        let text = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let lines =
            "Public-Lines: 1\n\(base64(other))\nPrivate-Lines: 1\n\(base64(sized(seed)))\nPrivate-MAC: \(text)\n"
        #expect(refusal(of: head + Array(lines.utf8)) == .halvesDiffer)

        let name = der(0x30, der(0x06, [0x2B, 0x65, 0x70]))
        let secret = der(0x04, der(0x04, seed))
        let own = try SigningKey(ed25519Seed: SecretBytes(copying: seed)).verificationKey
        for (blob, expected) in [(other, KeyFileError.halvesDiffer), (own.blob, nil)] {
            let info = der(0x30, der(0x02, [1]) + name + secret + der(0x81, [0] + blob.suffix(32)))
            #expect(refusal(of: armoured("PRIVATE KEY", info)) == expected)
        }

        let scalar = [UInt8](repeating: 0, count: 31) + [5]
        let curve = der(0xA0, der(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]))
        let point = try SigningKey(ecdsaScalar: SecretBytes(copying: scalar.dropLast() + [6]), on: .p256)
            .verificationKey.blob.suffix(65)
        for (last, expected) in [(UInt8(5), KeyFileError.halvesDiffer), (6, nil)] {
            let fields =
                der(0x02, [1]) + der(0x04, scalar.dropLast() + [last]) + curve + der(0xA1, der(0x03, [0] + point))
            #expect(refusal(of: armoured("EC PRIVATE KEY", der(0x30, fields))) == expected)
        }
    }

    @Test(
        "D6 an RSA key whose numbers do not belong together is refused, whichever is another's", arguments: 1...8)
    func numbers(index: Int) async throws {
        let recipe = try #require(
            KeyFileRecipe.all.first { $0.kind == .rsa && $0.testDescription.contains("-m PEM plain") })
        let text = String(decoding: try await recipe.make(), as: UTF8.self)
        let body = text.split(separator: "\n").dropFirst().dropLast().joined()
        var content = try #require(Base64.decode(Array(body.utf8)))
        var place = 4
        for _ in 0..<index { place = try #require(end(of: place, in: content)) }
        let last = try #require(end(of: place, in: content)) - 1
        content[last] ^= 0x02
        // d mod (p - 1) and d mod (q - 1) are not read.
        #expect(refusal(of: armoured("RSA PRIVATE KEY", content)) == ([6, 7].contains(index) ? nil : .halvesDiffer))
    }

    @Test(
        "D12 a file that asks for too much work is refused before anybody types, and after",
        arguments: ["", "secret"])
    func work(passphrase: String) async throws {
        for rounds in [0, 2049, UInt32.max] {
            #expect(refusal(of: bcrypt(rounds, saltByteCount: 16), passphrase) == .tooMuchWork)
        }
        for count in [0, 1 << 19] {
            #expect(refusal(of: bcrypt(16, saltByteCount: count), passphrase) == .tooMuchWork)
        }
        let salt = der(0x04, [1, 2, 3, 4, 5, 6, 7, 8])
        let scrypt = der(0x06, [0x2B, 0x06, 0x01, 0x04, 0x01, 0xDA, 0x47, 0x04, 0x0B])
        let pbkdf2 = der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0C])
        let huge: [UInt8] = [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        for count in [[0], [0x7F, 0xFF, 0xFF, 0xFF], huge] as [[UInt8]] {
            #expect(
                refusal(of: pbes2(der(0x30, pbkdf2 + der(0x30, salt + der(0x02, count)))), passphrase) == .tooMuchWork)
        }
        for numbers in [
            [[1, 0, 0, 0], [8], [1]], [[0x40, 0], [8], huge], [[0x40, 0], huge, [1]], [[0], [8], [1]],
            // Lanes take memory as well, however little each of them does.
            [[2], [8], [0x10, 0, 0x01]],
        ] as [[[UInt8]]] {
            let parameters = der(0x30, scrypt + der(0x30, salt + numbers.flatMap { der(0x02, $0) }))
            #expect(refusal(of: pbes2(parameters), passphrase) == .tooMuchWork)
        }
        for (memory, passes) in [("4294967295", "1"), ("8192", "4294967295"), ("1048577", "1"), ("0", "1"), ("8", "0")]
        {
            #expect(refusal(of: argon2(memory, passes), passphrase) == .tooMuchWork)
        }
    }

    @Test("D12 what is within bounds is tried: one round, and as many as are allowed")
    func allowed() {
        #expect(refusal(of: bcrypt(1, saltByteCount: 16)) == .encrypted(cipher: "aes256-ctr"))
        #expect(refusal(of: bcrypt(2048, saltByteCount: 16)) == .encrypted(cipher: "aes256-ctr"))
        #expect(refusal(of: argon2("8192", "13")) == .encrypted(cipher: "aes256-cbc"))
        #expect(refusal(of: bcrypt(1, saltByteCount: 16), "secret") == .wrongPassphrase)
    }

    @Test(
        "D12 an unknown cipher or derivation is refused by its name, whoever knows the passphrase",
        arguments: ["", "secret"])
    func unknownCipher(passphrase: String) throws {
        #expect(
            refusal(of: bcrypt(16, saltByteCount: 16, cipher: "rot13"), passphrase) == .unsupportedEncryption("rot13"))
        let old = der(
            0x30, der(0x30, der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x03])) + der(0x04, [0]))
        #expect(refusal(of: armoured("ENCRYPTED PRIVATE KEY", old), passphrase) == .unsupportedEncryption("PBES1"))
    }

    @Test("no sentence shows what a file could bring to a terminal, and none is empty")
    func sentences() {
        let hostile = "\u{1B}[2J"
        let errors: [KeyFileError] = [
            .notAPrivateKey, .unsupportedFormat(hostile), .encrypted(cipher: Name(hostile)),
            .unsupportedEncryption(hostile),
            .tooMuchWork, .wrongPassphrase, .tooLarge(byteCount: 9), .malformed, .keyCount(2),
            .unsupportedKeyType(Name(hostile)),
            .halvesDiffer, .weak(bitCount: 1024), .failed(operation: "x"),
        ]
        for error in errors {
            #expect(error.sentence.count > 10 && !error.sentence.unicodeScalars.contains("\u{1B}"))
        }
        #expect(Set(errors.map(\.sentence)).count == errors.count)
    }

    private enum Outcome: Equatable {
        case key(PublicKey)
        case refused(KeyFileError)

        func isRefused(or key: PublicKey) -> Bool {
            switch self {
            case .key(let found): found == key
            case .refused: true
            }
        }
    }

    private func outcome(_ file: [UInt8], _ passphrase: String) -> Outcome {
        do throws(KeyFileError) {
            return .key(try open(file, passphrase).publicKey)
        } catch {
            return .refused(error)
        }
    }

    /// An Ed25519 key in OpenSSH's format whose private part is noise.
    private func bcrypt(_ rounds: UInt32, saltByteCount: Int, cipher: String = "aes256-ctr") -> [UInt8] {
        let key = (try? testKey(1).blob) ?? []
        let options =
            sized([UInt8](repeating: 1, count: saltByteCount)) + withUnsafeBytes(of: rounds.bigEndian) { Array($0) }
        let names = [cipher, "bcrypt"].flatMap { sized(Array($0.utf8)) }
        let content = Array("openssh-key-v1\0".utf8) + names + sized(options) + [0, 0, 0, 1] + sized(key)
        return armoured("OPENSSH PRIVATE KEY", content + sized([UInt8](repeating: 7, count: 160)))
    }

    /// A PKCS#8 key whose content is noise, encrypted with AES-256 in CBC mode.
    private func pbes2(_ derivation: [UInt8]) -> [UInt8] {
        let scheme = der(
            0x30,
            der(0x06, [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A])
                + der(0x04, [UInt8](repeating: 1, count: 16)))
        let name = der(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x05, 0x0D])
        let content = der(0x04, [UInt8](repeating: 7, count: 64))
        return armoured("ENCRYPTED PRIVATE KEY", der(0x30, der(0x30, name + der(0x30, derivation + scheme)) + content))
    }

    private func argon2(_ memory: String, _ passes: String) -> [UInt8] {
        let key = (try? testKey(1).blob) ?? []
        return Array(
            """
            PuTTY-User-Key-File-3: ssh-ed25519
            Encryption: aes256-cbc
            Comment: x
            Public-Lines: 1
            \(base64(key))
            Key-Derivation: Argon2id
            Argon2-Memory: \(memory)
            Argon2-Passes: \(passes)
            Argon2-Parallelism: 1
            Argon2-Salt: 000102030405060708090a0b0c0d0e0f
            Private-Lines: 1
            \(base64([UInt8](repeating: 7, count: 48)))
            Private-MAC: \(String(repeating: "00", count: 32))

            """.utf8)
    }

    private func armoured(_ label: String, _ content: [UInt8]) -> [UInt8] {
        Array("-----BEGIN \(label)-----\n\(base64(content))\n-----END \(label)-----\n".utf8)
    }

    private func base64(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encode(bytes, padded: true), as: UTF8.self)
    }

    private func sized(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
    }

    private func der(_ tag: UInt8, _ content: some Collection<UInt8>) -> [UInt8] {
        let length: [UInt8] =
            content.count < 128
            ? [UInt8(content.count)] : [0x82, UInt8(content.count >> 8), UInt8(content.count & 0xFF)]
        return [tag] + length + content
    }

    /// Where the DER element at `place` ends.
    private func end(of place: Int, in content: [UInt8]) -> Int? {
        guard place + 4 <= content.count else { return nil }
        let first = Int(content[place + 1])
        if first < 0x80 { return place + 2 + first }
        let bytes = content[(place + 2)..<(place + 2 + first - 0x80)]
        return place + 2 + bytes.count + bytes.reduce(0) { $0 << 8 | Int($1) }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
