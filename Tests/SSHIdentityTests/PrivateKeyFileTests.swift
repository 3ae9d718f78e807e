import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// Private key files of every kind, as ssh-keygen, openssl and puttygen make them.
@Suite struct PrivateKeyFileTests {
    private static let message = Array("a message".utf8)

    @Test(
        "each program's file of each kind gives the key that it was made of, and that key signs",
        arguments: KeyFileRecipe.all)
    func everyFile(recipe: KeyFileRecipe) async throws {
        let file = try await recipe.make()
        let stated = try PublicKey(line: Array(try await KeyPair.shared(recipe.kind, of: .user).publicLine.utf8))
        let key = try open(file, recipe.isEncrypted ? KeyFileRecipe.passphrase : "")
        #expect(key.publicKey == stated)
        let algorithm = try #require(SignatureAlgorithm.allCases.first { $0.keyType == stated.verificationKey.type })
        let signature = try key.signingKey.sign(Self.message, algorithm: algorithm)
        try stated.verificationKey.verify(signature, over: Self.message, algorithm: algorithm)
        let shown = try PrivateKeyFile.publicKey(of: SecretBytes(copying: file))
        #expect(shown == (recipe.showsPublicHalf(file) ? stated : nil))
        guard recipe.isEncrypted else { return }
        #expect(refusal(of: file, "open sesamf") == .wrongPassphrase)
        guard case .encrypted = refusal(of: file) else {
            Issue.record("without a passphrase: \(String(describing: refusal(of: file)))")
            return
        }
    }

    @Test(
        "LF-08 CR LF, text around the armour and a missing last line feed are tolerated",
        arguments: KeyFileRecipe.logins)
    func tolerated(recipe: KeyFileRecipe) async throws {
        let text = String(decoding: try await recipe.make(), as: UTF8.self)
        let passphrase = recipe.isEncrypted ? KeyFileRecipe.passphrase : ""
        for variant in [text.replacing("\n", with: "\r\n"), String(text.dropLast()), text + "garbage\n"] {
            #expect(refusal(of: Array(variant.utf8), passphrase) == nil)
        }
    }

    @Test("an EC key behind its parameters, as openssl ecparam writes it, is read")
    func parameters() async throws {
        let result = try await RunningProcess.runSuccessfully(
            "openssl", ["ecparam", "-genkey", "-name", "secp384r1"])
        #expect(result.outputText.hasPrefix("-----BEGIN EC PARAMETERS"))
        #expect(try open(Array(result.outputText.utf8)).publicKey.typeName == "ecdsa-sha2-nistp384")
    }

    @Test(
        "an EC key whose public half is compressed, or left out, is read",
        arguments: [["-conv_form", "compressed"], ["-no_public"]])
    func publicForms(arguments: [String]) async throws {
        let folder = try TemporaryDirectory()
        let (source, output) = (folder.file("source"), folder.file("output"))
        try await RunningProcess.runSuccessfully(
            "openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521", "-out", source])
        try await RunningProcess.runSuccessfully("openssl", ["ec", "-in", source, "-out", output] + arguments)
        let whole = try open(try folder.bytes(of: "source")).publicKey
        #expect(try open(try folder.bytes(of: "output")).publicKey == whole)
    }

    @Test("a PuTTY file without encryption opens with a passphrase too, which it has no use for", arguments: [2, 3])
    func needlessPassphrase(version: Int) async throws {
        let pair = try await KeyPair.shared(.ed25519, of: .user)
        let folder = try TemporaryDirectory()
        let source = try folder.write(pair.privateText, to: "key")
        try await RunningProcess.runSuccessfully(
            "puttygen",
            [source, "-O", "private", "-o", folder.file("out"), "--ppk-param", "version=\(version)"])
        let stated = try PublicKey(line: Array(pair.publicLine.utf8))
        #expect(try open(try folder.bytes(of: "out"), "needless").publicKey == stated)
    }

    @Test("an Ed25519 seed in a PuTTY file, which is a number, may lack the zeros at its end")
    func shortSeed() async throws {
        let seed = [UInt8](repeating: 7, count: 29) + [0, 0, 0]
        let key = try SigningKey(ed25519Seed: SecretBytes(copying: seed)).verificationKey
        let head: [UInt8] = Array("PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: x\n".utf8)
        let file = head + putty("Public", key.blob) + putty("Private", field(Array(seed.prefix(29))))
        let parts = ["ssh-ed25519", "none", "x"].map { Array($0.utf8) } + [key.blob, field(Array(seed.prefix(29)))]
        let code = try HMAC.code(.sha256, key: [0], over: parts.flatMap(field))
        let text = code.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(try open(file + Array("Private-MAC: \(text)\n".utf8)).publicKey.verificationKey == key)
    }

    @Test(
        "what is not read is refused with a sentence that names it",
        arguments: [
            ("ed448", "ssh-ed448"), ("rsa -pkeyopt rsa_keygen_bits:1024", "1024"), ("rsa-pss", "rsassa-pss"),
            ("ec -pkeyopt ec_paramgen_curve:secp256k1", "curve"), ("x25519", "x25519"),
        ])
    func unread(algorithm: String, word: String) async throws {
        let arguments = algorithm.split(separator: " ").map(String.init)
        let result = try await RunningProcess.runSuccessfully("openssl", ["genpkey", "-algorithm"] + arguments)
        let error = try #require(refusal(of: Array(result.outputText.utf8)))
        #expect(error.sentence.contains(word), "\(error.sentence)")
        #expect(error.sentence.contains("ssh-keygen -t ed25519"))
    }

    @Test(
        "foreign and old formats are refused by name, whatever follows",
        arguments: [
            ("-----BEGIN DSA PRIVATE KEY-----\n", "ssh-dss"), ("SSH PRIVATE KEY FILE FORMAT 1.1\n", "SSH-1"),
            ("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n", "ssh.com"),
            ("PuTTY-User-Key-File-1: ssh-rsa\nEncryption: none\n", "old PuTTY"),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\n-----END RSA PRIVATE KEY-----\n",
                "DES-CBC"
            ),
            ("ssh-ed25519 AAAA comment\n", "no private key"), ("", "no private key"),
        ])
    func foreign(text: String, word: String) throws {
        let error = try #require(refusal(of: Array(text.utf8)))
        #expect(error.sentence.contains(word), "\(error.sentence)")
    }

    @Test("PuTTY keys of a passphrase that argon2d or several lanes stretch are refused by name")
    func foreignStretching() async throws {
        for (parameters, word) in [
            ("kdf=argon2d,passes=3,memory=64", "Argon2d"), ("parallelism=2,passes=1,memory=64", "parallel"),
        ] {
            let folder = try TemporaryDirectory()
            let source = try folder.write(try await KeyPair.shared(.ed25519, of: .user).privateText, to: "key")
            let passphrase = try folder.write("secret", to: "passphrase")
            try await RunningProcess.runSuccessfully(
                "puttygen",
                [
                    source, "-O", "private", "-o", folder.file("out"), "--new-passphrase", passphrase, "--ppk-param",
                    parameters,
                ])
            #expect(try #require(refusal(of: try folder.bytes(of: "out"), "secret")).sentence.contains(word))
        }
    }

    @Test("the key of an authenticator shows its public half, and cannot sign here", arguments: ["", "none of it"])
    func securityKey(passphrase: String) throws {
        let blob =
            field(Array("sk-ssh-ed25519@openssh.com".utf8)) + field(try testKey(1).blob.suffix(32))
            + field(Array("ssh:".utf8))
        let none = field(Array("none".utf8))
        let content =
            Array("openssh-key-v1\0".utf8) + none + none + field([]) + [0, 0, 0, 1] + field(blob) + field([])
        let text = String(decoding: Base64.encode(content, padded: true), as: UTF8.self)
        let file = Array("-----BEGIN OPENSSH PRIVATE KEY-----\n\(text)\n-----END OPENSSH PRIVATE KEY-----\n".utf8)
        let shown = try PrivateKeyFile.publicKey(of: SecretBytes(copying: file))
        #expect(shown?.blob == blob)
        let error = try #require(refusal(of: file, passphrase))
        #expect(error == .unsupportedKeyType("sk-ssh-ed25519@openssh.com") && error.sentence.contains("ssh-agent"))
        let line = Array("sk-ssh-ed25519@openssh.com ".utf8) + Base64.encode(blob, padded: true) + Array(" token".utf8)
        #expect(try PublicKey(line: line) == shown)
    }

    private func putty(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
        Array("\(name)-Lines: 1\n".utf8) + Base64.encode(bytes, padded: true) + Array("\n".utf8)
    }
}

/// A `string` of RFC 4251 §5.
func field(_ bytes: some Collection<UInt8>) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
}

/// The key in a file of any kind.
func open(_ file: [UInt8], _ passphrase: String = "") throws(KeyFileError) -> PrivateKey {
    try PrivateKeyFile.parse(SecretBytes(copying: file), passphrase: SecretBytes(copying: Array(passphrase.utf8)))
}

/// Why a file of any kind gives no key; nil when it does.
func refusal(of file: [UInt8], _ passphrase: String = "") -> KeyFileError? {
    do throws(KeyFileError) {
        _ = try open(file, passphrase)
        return nil
    } catch {
        return error
    }
}
