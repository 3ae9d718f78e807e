import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

@Suite struct PublicKeyTests {
    @Test(
        "Fingerprints, sizes and lines agree with ssh-keygen -l",
        arguments: [(KeyKind.ed25519, nil), (.ecdsa, 256), (.ecdsa, 384), (.ecdsa, 521), (.rsa, 2048)]
            as [(KeyKind, Int?)])
    func fingerprints(kind: KeyKind, bits: Int?) async throws {
        let pair = try await KeyPair.generate(kind, bits: bits)
        let folder = try TemporaryDirectory()
        let path = try folder.write(pair.publicLine + "\n", to: "key.pub")
        let key = try PublicKey(line: Array(pair.publicLine.utf8))
        for (hash, ours) in [("sha256", key.fingerprint.sha256), ("md5", key.fingerprint.md5)] {
            let shown = try await RunningProcess.runSuccessfully("ssh-keygen", ["-l", "-E", hash, "-f", path])
            let words = shown.outputText.split(separator: " ")
            #expect(words.prefix(2) == [Substring(String(key.bitCount)), Substring(ours)])
        }
        #expect(key.openSSHLine == pair.publicKey)
    }

    @Test("A fingerprint matches its own texts, padded or not, and nothing else")
    func matching() throws {
        let fingerprint = try testKey(1).fingerprint
        let other = try testKey(2).fingerprint
        #expect(fingerprint.matches(fingerprint.sha256))
        #expect(fingerprint.matches(fingerprint.sha256 + "="))
        #expect(fingerprint.matches(fingerprint.md5))
        #expect(fingerprint.matches("MD5:" + fingerprint.md5.dropFirst(4).uppercased()))
        let bare = String(fingerprint.sha256.dropFirst("SHA256:".count))
        for text in [
            "", bare, "sha256:" + bare, fingerprint.sha256 + "==", fingerprint.sha256 + " ",
            fingerprint.sha256.uppercased(),
            String(fingerprint.md5.dropFirst(4)), "MD5:", "MD5:unavailable", other.sha256, other.md5,
        ] {
            #expect(!fingerprint.matches(text), "\(text)")
        }
    }

    @Test("A key that is too weak, unknown or malformed is refused for what it is")
    func refusals() async throws {
        let rsa = try PublicKey(line: Array(try await KeyPair.shared(.rsa, of: .user).publicLine.utf8))
        #expect(throws: KeyError.weak(bitCount: 2048)) { try PublicKey(blob: rsa.blob, minimumRSABitCount: 3072) }
        #expect(throws: KeyError.malformed) { try PublicKey(blob: []) }
        #expect(throws: KeyError.unsupported(type: "ssh-x")) {
            try PublicKey(blob: [0, 0, 0, 5] + Array("ssh-x".utf8))
        }
        let blob = try testKey(1).blob
        for count in blob.indices {
            #expect(throws: KeyError.self) { try PublicKey(blob: Array(blob.prefix(count))) }
        }
        #expect(throws: KeyError.malformed) { try PublicKey(blob: blob + [0]) }
    }

    @Test(
        "A public key line needs a type that is its key's, and strict base64",
        arguments: ["", "ssh-ed25519", "ssh-rsa BLOB", "ssh-ed25519 BLOB=", "BLOB", "ssh-ed25519\u{A0}BLOB"])
    func lines(text: String) throws {
        let blob = try #require(try testKey(1).openSSHLine.split(separator: " ").last)
        #expect(throws: KeyError.malformed) { try PublicKey(line: Array(text.replacing("BLOB", with: blob).utf8)) }
    }

    @Test("A public key line may have blanks around its fields, CR LF, and a comment with controls")
    func looseLines() throws {
        let line = try testKey(1).openSSHLine.replacing(" ", with: "\t ")
        #expect(try PublicKey(line: Array(" \(line)  me \u{1B}[2J\r\n".utf8)) == testKey(1))
    }
}
