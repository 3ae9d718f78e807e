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
            (.ecdsa, 384, [.ecdsaNISTP384]), (.ecdsa, 521, [.ecdsaNISTP521]),
            (.rsa, 2048, [.rsaSHA256, .rsaSHA512]), (.rsa, 3072, [.rsaSHA512]),
        ] as [(KeyKind, Int?, [SignatureAlgorithm])])
    func keys(kind: KeyKind, bits: Int?, algorithms: [SignatureAlgorithm]) async throws {
        let pair = try await KeyPair.generate(kind, bits: bits)
        let key = try parse(pair.privateText)
        let stated = try PublicKey(line: Array(pair.publicLine.utf8))
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

    @Test(
        "An ECDSA scalar of one byte or with a sign byte yields its point, another's point is refused, 0 and n as well",
        arguments: [
            (ecdsaOne, ecdsaBase, nil), (ecdsaLast, ecdsaMinusBase, nil), (ecdsaOne, ecdsaMinusBase, .halvesDiffer),
            (ecdsaLast, ecdsaBase, .halvesDiffer), ([], ecdsaBase, .malformed), (ecdsaOrder, ecdsaBase, .malformed),
            ([0x80], ecdsaBase, .malformed), (ecdsaOne + ecdsaLast, ecdsaBase, .malformed),
        ] as [([UInt8], [UInt8], KeyFileError?)])
    func scalars(scalar: [UInt8], point: [UInt8], expected: KeyFileError?) {
        let blob = string(NISTCurve.p256.keyType.bytes) + string(Array("nistp256".utf8)) + string(point)
        #expect(refusal(privateKeyFile(blob, string(scalar))) == expected)
    }

    @Test("An ECDSA key whose type, curve and point do not belong together is malformed")
    func curves() {
        for (type, curve) in [("nistp384", "nistp256"), ("nistp256", "nistp384"), ("nistp521", "nistp256")] {
            let body = string(Array(curve.utf8)) + string(ecdsaBase)
            let section = string(Array("ecdsa-sha2-\(type)".utf8)) + body
            let blob = string(Array("ecdsa-sha2-\(curve)".utf8)) + body
            #expect(refusal(privateKeyFile(section, string(ecdsaOne), envelope: blob)) == .malformed)
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
        let own = try PublicKey(line: Array(try await KeyPair.shared(.ed25519, of: .user).publicLine.utf8)).blob
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
        let type: Name = "sk-ssh-ed25519@openssh.com"
        #expect(refusal(privateKeyFile(string(type.bytes), string([]))) == .unsupportedKeyType(type))
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

    /// An unencrypted file: the public half in the envelope, and again beside the secret with an empty comment.
    private func privateKeyFile(_ publicHalf: [UInt8], _ secret: [UInt8], envelope: [UInt8]? = nil) -> [UInt8] {
        var section: [UInt8] = [1, 2, 3, 4, 1, 2, 3, 4] + publicHalf + secret + string([])
        for padding: UInt8 in 1...8 where section.count % 8 != 0 { section.append(padding) }
        let none = string(Array("none".utf8))
        let head = Array("openssh-key-v1\0".utf8) + none + none + string([]) + [0, 0, 0, 1]
        return armoured(head + string(envelope ?? publicHalf) + string(section))
    }

    private func string(_ bytes: [UInt8]) -> [UInt8] {
        withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
    }

    private func armoured(_ content: [UInt8]) -> [UInt8] {
        let text = String(decoding: Base64.encode(content, padded: true), as: UTF8.self)
        return Array("-----BEGIN OPENSSH PRIVATE KEY-----\n\(text)\n-----END OPENSSH PRIVATE KEY-----\n".utf8)
    }
}

/// P-256 (SEC 2 §2.4.2): the scalars 1, n - 1 and n as `mpint` contents, the base point and its negative.
private let ecdsaOne: [UInt8] = [1]
private let ecdsaLast: [UInt8] = [
    0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25,
    0x50,
]
private let ecdsaOrder: [UInt8] = [
    0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25,
    0x51,
]
private let ecdsaBase: [UInt8] = [
    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40,
    0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2,
    0x96, 0x4F, 0xE3, 0x42, 0xE2, 0xFE, 0x1A, 0x7F, 0x9B, 0x8E, 0xE7, 0xEB, 0x4A, 0x7C, 0x0F, 0x9E,
    0x16, 0x2B, 0xCE, 0x33, 0x57, 0x6B, 0x31, 0x5E, 0xCE, 0xCB, 0xB6, 0x40, 0x68, 0x37, 0xBF, 0x51,
    0xF5,
]
private let ecdsaMinusBase: [UInt8] = [
    0x04, 0x6B, 0x17, 0xD1, 0xF2, 0xE1, 0x2C, 0x42, 0x47, 0xF8, 0xBC, 0xE6, 0xE5, 0x63, 0xA4, 0x40,
    0xF2, 0x77, 0x03, 0x7D, 0x81, 0x2D, 0xEB, 0x33, 0xA0, 0xF4, 0xA1, 0x39, 0x45, 0xD8, 0x98, 0xC2,
    0x96, 0xB0, 0x1C, 0xBD, 0x1C, 0x01, 0xE5, 0x80, 0x65, 0x71, 0x18, 0x14, 0xB5, 0x83, 0xF0, 0x61,
    0xE9, 0xD4, 0x31, 0xCC, 0xA9, 0x94, 0xCE, 0xA1, 0x31, 0x34, 0x49, 0xBF, 0x97, 0xC8, 0x40, 0xAE,
    0x0A,
]
