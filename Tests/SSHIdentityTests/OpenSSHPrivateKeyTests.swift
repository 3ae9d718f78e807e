import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

@Suite struct OpenSSHPrivateKeyTests {
    @Test(
        "A key of ssh-keygen's parses, is the one that its .pub says, and signs",
        arguments: [
            (KeyKind.ed25519, nil, [SignatureAlgorithm.ed25519]), (.ecdsa, nil, [.ecdsaNISTP256]),
            (.rsa, 2048, [.rsaSHA256, .rsaSHA512]), (.rsa, 3072, [.rsaSHA512]),
        ] as [(KeyKind, Int?, [SignatureAlgorithm])])
    func keys(kind: KeyKind, bits: Int?, algorithms: [SignatureAlgorithm]) async throws {
        let pair = try await KeyPair.generate(kind, bits: bits)
        let key = try parse(pair.privateText)
        let stated = try PublicKeyLine(Array(pair.publicLine.utf8)).key
        #expect(key.publicKey == stated)
        #expect(key.comment == "test")
        let message = Array("a message".utf8)
        for algorithm in algorithms {
            let signature = try key.signingKey.sign(message, algorithm: algorithm)
            try stated.verificationKey.verify(signature, over: message, algorithm: algorithm)
            #expect(throws: CryptoError.self) {
                try stated.verificationKey.verify(signature, over: message + [0], algorithm: algorithm)
            }
        }
    }

    @Test("Many keys of each curve parse: scalars with leading zeros among them", arguments: [KeyKind.ed25519, .ecdsa])
    func manyKeys(kind: KeyKind) async throws {
        for _ in 0..<20 {
            let pair = try await KeyPair.generate(kind)
            #expect(try parse(pair.privateText).publicKey.openSSHLine == pair.publicKey)
        }
    }

    @Test("LF-08 a file cut at any byte is malformed or no key, and never more", arguments: KeyKind.allCases)
    func truncation(kind: KeyKind) async throws {
        let bytes = Array(try await KeyPair.shared(kind, of: .user).privateText.utf8)
        #expect(bytes.last == UInt8(ascii: "\n"))
        for count in 0..<(bytes.count - 1) {
            let refusal = refusal(Array(bytes.prefix(count)))
            #expect(
                refusal == .malformed || refusal == .notAPrivateKey, "\(count) bytes: \(String(describing: refusal))")
        }
    }

    @Test("LF-08 the binary content cut at any byte is refused", arguments: [KeyKind.ed25519, .ecdsa])
    func contentTruncation(kind: KeyKind) async throws {
        let content = try await content(kind)
        for count in content.indices {
            #expect(refusal(armoured(Array(content.prefix(count)))) == .malformed, "\(count) bytes")
        }
        #expect(refusal(armoured(content + [0])) == .malformed)
        #expect(refusal(armoured(content)) == nil)
    }

    @Test("LF-08 CR LF, a missing last line feed and text after the armour are tolerated")
    func tolerated() async throws {
        let text = try await KeyPair.shared(.ed25519, of: .user).privateText
        for variant in [text.replacing("\n", with: "\r\n"), String(text.dropLast()), text + "garbage\n"] {
            #expect(refusal(Array(variant.utf8)) == nil)
        }
        #expect(refusal(Array(("x" + text).utf8)) == .notAPrivateKey)
        #expect(refusal(Array(text.replacing("KEY-----\n", with: "KEY-----").utf8)) == .malformed)
    }

    @Test("D6 a public half that the secret does not yield is refused, wherever it stands")
    func halves() async throws {
        let content = try await content(.ed25519)
        let other = try testKey(1).blob.suffix(32)
        let own = try PublicKeyLine(Array(try await KeyPair.shared(.ed25519, of: .user).publicLine.utf8)).key.blob
            .suffix(32)
        let places = content.indices.filter { content[$0...].starts(with: own) }
        #expect(places.count == 3, "in the envelope, beside the secret, and within it")
        for choice in 1..<8 {
            var changed = content
            for (bit, place) in places.enumerated() where choice & (1 << bit) != 0 {
                changed.replaceSubrange(place..<(place + 32), with: other)
            }
            let refusal = refusal(armoured(changed))
            #expect(refusal == .halvesDiffer || refusal == .malformed, "\(choice): \(String(describing: refusal))")
        }
    }

    @Test("D6 every changed bit is noticed, but for those of the check numbers' pair and the comment")
    func bits() async throws {
        let content = try await content(.ed25519)
        let comment = try #require(content.indices.first { content[$0...].starts(with: Array("test".utf8) + [1]) })
        for index in content.indices where !(comment..<(comment + 4)).contains(index) {
            var changed = content
            changed[index] ^= 0x10
            #expect(refusal(armoured(changed)) != nil, "byte \(index)")
        }
    }

    @Test("D12 another number of keys than one is refused")
    func keyCounts() async throws {
        let content = try await content(.ed25519)
        let place = Array("openssh-key-v1\0".utf8).count + 8 + 8 + 4
        for count: UInt32 in [0, 2, .max] {
            var changed = content
            withUnsafeBytes(of: count.bigEndian) { changed.replaceSubrange(place..<(place + 4), with: $0) }
            #expect(refusal(armoured(changed)) == .keyCount(count))
        }
    }

    @Test("An encrypted key says which cipher it needs a passphrase for")
    func encrypted() async throws {
        let pair = try await KeyPair.generate(.ed25519, passphrase: "secret")
        #expect(refusal(Array(pair.privateText.utf8)) == .encrypted(cipher: "aes256-ctr"))
    }

    @Test(
        "LF-08 another format is refused by its name",
        arguments: [
            ("-----BEGIN RSA PRIVATE KEY-----\n", KeyFileError.unsupportedFormat("PKCS#1 PEM")),
            ("-----BEGIN EC PRIVATE KEY-----\n", .unsupportedFormat("EC PEM")),
            ("-----BEGIN PRIVATE KEY-----\n", .unsupportedFormat("PKCS#8 PEM")),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n", .unsupportedFormat("encrypted PKCS#8 PEM")),
            ("PuTTY-User-Key-File-3: ssh-ed25519\n", .unsupportedFormat("PuTTY")),
            ("ssh-ed25519 AAAA comment\n", .notAPrivateKey), ("", .notAPrivateKey),
        ])
    func formats(text: String, expected: KeyFileError) {
        #expect(refusal(Array(text.utf8)) == expected)
    }

    @Test("LF-08 a key of another type, too weak, or in too large a file is refused for that")
    func others() async throws {
        let curve = try await KeyPair.generate(.ecdsa, bits: 384)
        #expect(refusal(Array(curve.privateText.utf8)) == .unsupportedKeyType("ecdsa-sha2-nistp384"))
        let rsa = try await KeyPair.shared(.rsa, of: .user)
        #expect(refusal(Array(rsa.privateText.utf8), minimumRSABitCount: 3072) == .weak(bitCount: 2048))
        let weak = try await KeyPair.generate(.rsa, bits: 1024)
        #expect(refusal(Array(weak.privateText.utf8)) == .weak(bitCount: 1024))
        #expect(refusal(Array(weak.privateText.utf8), minimumRSABitCount: 1024) == nil)
        let large = [UInt8](repeating: 0, count: OpenSSHPrivateKey.maximumByteCount + 1)
        #expect(refusal(large) == .tooLarge(byteCount: large.count))
    }

    private func content(_ kind: KeyKind) async throws -> [UInt8] {
        let text = try await KeyPair.shared(kind, of: .user).privateText
        let lines = text.split(separator: "\n").dropFirst().dropLast()
        return try #require(Base64.decode(Array(lines.joined().utf8)))
    }

    private func armoured(_ content: [UInt8]) -> [UInt8] {
        let text = String(decoding: Base64.encode(content, padded: true), as: UTF8.self)
        return Array("-----BEGIN OPENSSH PRIVATE KEY-----\n\(text)\n-----END OPENSSH PRIVATE KEY-----\n".utf8)
    }
}
