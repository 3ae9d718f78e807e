import SSHCrypto
import SSHWire
import TestSupport
import Testing

@testable import SSHIdentity

/// Keys with a passphrase, as ssh-keygen makes them.
@Suite struct EncryptedKeyTests {
    /// All that `ssh-keygen -Z` takes.
    private static let ciphers = CipherAlgorithm.allCases.map(\.rawValue)

    private func file(_ kind: String, cipher: String, rounds: Int) async throws -> (text: [UInt8], publicKey: String) {
        let folder = try TemporaryDirectory()
        let path = folder.file("key")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen",
            ["-q", "-t", kind, "-Z", cipher, "-a", String(rounds), "-N", "open sesame", "-C", "test", "-f", path])
        return (try folder.bytes(of: "key"), try folder.text(of: "key.pub"))
    }

    private func parse(_ text: [UInt8], _ passphrase: String) throws(KeyFileError) -> PrivateKey {
        try OpenSSHPrivateKey.parse(
            SecretBytes(copying: text), passphrase: SecretBytes(copying: Array(passphrase.utf8)))
    }

    @Test("each cipher of ssh-keygen -Z opens with the passphrase, and with no other", arguments: ciphers)
    func everyCipher(cipher: String) async throws {
        let (text, publicKey) = try await file("ed25519", cipher: cipher, rounds: 1)
        let key = try parse(text, "open sesame")
        #expect(publicKey.hasPrefix(key.publicKey.openSSHLine))
        #expect(key.comment == "test")
        #expect(try OpenSSHPrivateKey.publicKey(of: SecretBytes(copying: text)) == key.publicKey)
        #expect(throws: KeyFileError.wrongPassphrase) { try parse(text, "open sesamf") }
        #expect(throws: KeyFileError.encrypted(cipher: Name(cipher))) {
            try OpenSSHPrivateKey.parse(SecretBytes(copying: text))
        }
    }

    @Test("several rounds, and keys of more than one block, stretch as in ssh-keygen", arguments: [2, 3, 17])
    func rounds(count: Int) async throws {
        let (text, publicKey) = try await file("ecdsa", cipher: "chacha20-poly1305@openssh.com", rounds: count)
        #expect(publicKey.hasPrefix(try parse(text, "open sesame").publicKey.openSSHLine))
    }

    @Test("each changed byte of an encrypted key is refused")
    func damage() async throws {
        let (text, _) = try await file("ed25519", cipher: "aes256-gcm@openssh.com", rounds: 1)
        for index in stride(from: 45, to: text.count - 40, by: 7) {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            guard changed[index] != text[index], text[index] != UInt8(ascii: "\n") else { continue }
            #expect(throws: KeyFileError.self, "byte \(index)") { try parse(changed, "open sesame") }
        }
    }

    @Test("bcrypt-pbkdf refuses what would take for ever, and what is empty")
    func limits() {
        let pass = [UInt8](1...8)
        for (count, rounds, bytes) in [(8, UInt32(0), 32), (8, .max, 32), (8, 1, 0), (0, 1, 32)] {
            #expect(throws: CryptoError.failed(operation: "bcrypt-pbkdf")) {
                _ = try BcryptPBKDF.derive(
                    SecretBytes(copying: pass.prefix(count)), salt: [1, 2, 3], roundCount: rounds, byteCount: bytes)
            }
        }
    }
}
