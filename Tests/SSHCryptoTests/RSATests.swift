import CLibcrypto
import Foundation
import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct RSATests {
    static let key = RecordedKeys.rsaPublic

    @Test("Signatures that an independent implementation made are right, and ours are the same")
    func known() throws {
        let sha512 = signatureBlob("rsa-sha2-512", RecordedKeys.rsaSHA512Signature)
        let sha256 = signatureBlob("rsa-sha2-256", RecordedKeys.rsaSHA256Signature)
        try Self.key.verify(sha512, over: RecordedKeys.rsaMessage, algorithm: .rsaSHA512)
        try Self.key.verify(sha256, over: RecordedKeys.rsaMessage, algorithm: .rsaSHA256)
        let key = try SigningKey(rsa: RecordedKeys.rsaKey)
        #expect(key.verificationKey == Self.key)
        #expect(try key.sign(RecordedKeys.rsaMessage, algorithm: .rsaSHA512) == sha512)
        #expect(try key.sign(RecordedKeys.rsaMessage, algorithm: .rsaSHA256) == sha256)
        #expect(throws: CryptoError.unsupported) { try key.sign([1], algorithm: .ed25519) }
    }

    @Test("ssh-rsa is SHA-1 and nothing else, and never passes for another name")
    func sha1() throws {
        let (message, proper) = (RecordedKeys.rsaMessage, RecordedKeys.rsaSHA1Signature)
        let blob = signatureBlob("ssh-rsa", proper)
        try Self.key.verify(blob, over: message, algorithm: .rsaSHA1)
        #expect(try SigningKey(rsa: RecordedKeys.rsaKey).sign(message, algorithm: .rsaSHA1) == blob)
        for (name, bytes, algorithm) in [
            ("ssh-rsa", RecordedKeys.rsaSHA256Signature, SignatureAlgorithm.rsaSHA1),
            ("rsa-sha2-256", RecordedKeys.rsaSHA256Signature, .rsaSHA1), ("ssh-rsa", proper, .rsaSHA256),
            ("rsa-sha2-256", proper, .rsaSHA256), ("rsa-sha2-512", proper, .rsaSHA512),
        ] {
            #expect(throws: CryptoError.invalidSignature) {
                try Self.key.verify(signatureBlob(name, bytes), over: message, algorithm: algorithm)
            }
        }
    }

    @Test("A key of 1,024 bits verifies where so few are allowed")
    func short() throws {
        let blob = VerificationKey.rsa(
            exponent: MPInt(magnitude: [1, 0, 1]), modulus: MPInt(magnitude: RecordedKeys.shortModulus)
        ).blob
        #expect(throws: CryptoError.weakKey(bitCount: 1024)) { try VerificationKey(blob: blob) }
        let key = try VerificationKey(blob: blob, minimumRSABitCount: 1024)
        try key.verify(
            signatureBlob("ssh-rsa", RecordedKeys.shortSHA1Signature), over: RecordedKeys.message, algorithm: .rsaSHA1)
        try key.verify(
            signatureBlob("rsa-sha2-512", RecordedKeys.shortSHA512Signature), over: RecordedKeys.message,
            algorithm: .rsaSHA512)
    }

    @Test("A signature whose leading zeros were dropped is right; a longer one is not (KX-14)")
    func padding() throws {
        #expect(RecordedKeys.rsaSHA512Signature.first == 0)
        let short = Array(RecordedKeys.rsaSHA512Signature.dropFirst())
        try Self.key.verify(
            signatureBlob("rsa-sha2-512", short), over: RecordedKeys.rsaMessage, algorithm: .rsaSHA512)
        let bad = [[0] + RecordedKeys.rsaSHA512Signature, Array(short.dropFirst()), Array(short.dropLast()), []]
        for proper in bad {
            #expect(throws: CryptoError.invalidSignature) {
                try Self.key.verify(
                    signatureBlob("rsa-sha2-512", proper), over: RecordedKeys.rsaMessage, algorithm: .rsaSHA512)
            }
        }
    }

    @Test("A signature by another name than the one agreed on is refused (KX-12, KX-13)")
    func names() throws {
        // These hold, under the names that they bear.
        let proper: [(SignatureAlgorithm, [UInt8])] = [
            (.rsaSHA1, RecordedKeys.rsaSHA1Signature), (.rsaSHA256, RecordedKeys.rsaSHA256Signature),
            (.rsaSHA512, RecordedKeys.rsaSHA512Signature),
        ]
        for (made, bytes) in proper {
            for agreed in proper.map(\.0) {
                let blob = signatureBlob(made.rawValue, bytes)
                guard made != agreed else {
                    try Self.key.verify(blob, over: RecordedKeys.rsaMessage, algorithm: agreed)
                    continue
                }
                #expect(throws: CryptoError.invalidSignature, "\(made) for \(agreed)") {
                    try Self.key.verify(blob, over: RecordedKeys.rsaMessage, algorithm: agreed)
                }
                #expect(throws: CryptoError.invalidSignature, "\(made) called \(agreed)") {
                    try Self.key.verify(
                        signatureBlob(agreed.rawValue, bytes), over: RecordedKeys.rsaMessage, algorithm: agreed)
                }
            }
        }
        let sha256 = RecordedKeys.rsaSHA256Signature
        for name in ["rsa-sha2-256", "ssh-rsa", "", "ssh-ed25519", "rsa-sha2-512 ", "RSA-SHA2-512"] {
            #expect(throws: CryptoError.invalidSignature) {
                try Self.key.verify(
                    signatureBlob(name, sha256), over: RecordedKeys.rsaMessage, algorithm: .rsaSHA512)
            }
        }
        let blob = signatureBlob("rsa-sha2-256", sha256)
        for algorithm in [SignatureAlgorithm.ed25519, .ecdsaNISTP256, .rsaSHA512] {
            #expect(throws: CryptoError.invalidSignature) {
                try Self.key.verify(blob, over: RecordedKeys.rsaMessage, algorithm: algorithm)
            }
        }
        let otherKind = signatureBlob("ssh-ed25519", [UInt8](repeating: 0, count: 64))
        #expect(throws: CryptoError.invalidSignature) {
            try Self.key.verify(otherKind, over: [], algorithm: .ed25519)
        }
    }

    @Test("A signature blob with trailing bytes, or cut anywhere, is refused (KX-12)")
    func shape() {
        let message = RecordedKeys.rsaMessage
        let blob = signatureBlob("rsa-sha2-256", RecordedKeys.rsaSHA256Signature)
        for count in 0..<blob.count {
            #expect(throws: CryptoError.invalidSignature) {
                try Self.key.verify(Array(blob.prefix(count)), over: message, algorithm: .rsaSHA256)
            }
        }
        #expect(throws: CryptoError.invalidSignature) {
            try Self.key.verify(blob + [0], over: message, algorithm: .rsaSHA256)
        }
    }

    func parse(exponent: [UInt8], modulus: [UInt8], minimum: Int = 2048) throws -> VerificationKey {
        let key = VerificationKey.rsa(exponent: MPInt(magnitude: exponent), modulus: MPInt(magnitude: modulus))
        return try VerificationKey(blob: key.blob, minimumRSABitCount: minimum)
    }

    /// An odd number of exactly so many bits.
    func number(bitCount: Int) -> [UInt8] {
        let top: [UInt8] = [1 << ((bitCount - 1) % 8)]
        var bytes = top + [UInt8](repeating: 0x5A, count: (bitCount - 1) / 8)
        bytes[bytes.count - 1] |= 1
        return bytes
    }

    @Test("B16 A modulus under the minimum is weak, and says how weak; one over 16,384 bits is no key (KX-15)")
    func sizes() throws {
        for bitCount in [512, 1024, 2047] {
            #expect(throws: CryptoError.weakKey(bitCount: bitCount)) {
                try parse(exponent: [3], modulus: number(bitCount: bitCount))
            }
        }
        #expect(throws: CryptoError.weakKey(bitCount: 1023)) {
            try parse(exponent: [3], modulus: number(bitCount: 1023), minimum: 512)
        }
        #expect(try parse(exponent: [3], modulus: number(bitCount: 1024), minimum: 1024).bitCount == 1024)
        for bitCount in [2048, 16_384] {
            #expect(try parse(exponent: [3], modulus: number(bitCount: bitCount)).bitCount == bitCount)
        }
        for bitCount in [16_385, 16_392, 20_000] {
            #expect(throws: CryptoError.invalidKey) { try parse(exponent: [3], modulus: number(bitCount: bitCount)) }
        }
    }

    /// In a process of its own, where libcrypto's allocations are counted: without one it computes nothing.
    @Test(
        "B16 No arithmetic is spent on a modulus or an exponent that is refused, however long; the largest good ones do"
    )
    func noWorkForGiants() async {
        await #expect(processExitsWith: .success) {
            try LibcryptoAllocations.count()
            let giant = RSATests().number(bitCount: 2_000_000)
            let good = RSATests().number(bitCount: 16_384)
            let refused: [(exponent: [UInt8], modulus: [UInt8])] = [
                ([3], giant), (giant, good), (giant, giant), ([1], good), ([2], good), ([1, 0, 0, 0, 1], good),
                ([3], RSATests().number(bitCount: 16_385)), ([3], RSATests().number(bitCount: 2047)),
            ]
            for (exponent, modulus) in refused {
                #expect(throws: CryptoError.self) { try RSATests().parse(exponent: exponent, modulus: modulus) }
            }
            #expect(LibcryptoAllocations.number == 0)
            let key = try RSATests().parse(exponent: [0xFF, 0xFF, 0xFF, 0xFF], modulus: good)
            let signature = signatureBlob("rsa-sha2-512", [UInt8](repeating: 1, count: 2048))
            #expect(throws: CryptoError.invalidSignature) {
                try key.verify(signature, over: [1], algorithm: .rsaSHA512)
            }
            #expect(LibcryptoAllocations.number > 0)
        }
    }

    @Test("An exponent that is 0, 1, even or over 32 bits, and an even modulus, are no key (KX-15)")
    func exponents() throws {
        for exponent in [[], [1], [2], [1, 0, 0], [1, 0, 0, 0, 1], [UInt8](repeating: 0xFF, count: 200)] as [[UInt8]] {
            #expect(throws: CryptoError.invalidKey) { try parse(exponent: exponent, modulus: RecordedKeys.modulus) }
        }
        #expect(throws: CryptoError.invalidKey) {
            try parse(exponent: [3], modulus: RecordedKeys.modulus.dropLast() + [2])
        }
        #expect(try parse(exponent: [0xFF, 0xFF, 0xFF, 0xFF], modulus: RecordedKeys.modulus).bitCount == 2048)
    }

    @Test("A private key whose numbers do not belong together is refused")
    func mismatched() throws {
        #expect(throws: CryptoError.invalidKey) {
            var swapped = RecordedKeys.rsaKey
            swapped.firstPrime = SecretBytes(copying: RecordedKeys.secondPrime)
            _ = try SigningKey(rsa: swapped)
        }
        #expect(throws: CryptoError.self) {
            _ = try SigningKey(
                rsa: RSAPrivateKey(modulus: MPInt(magnitude: RecordedKeys.modulus), exponent: MPInt(magnitude: [3])))
        }
        #expect(throws: CryptoError.invalidKey) {
            var faulty = RecordedKeys.rsaKey
            faulty.coefficient = SecretBytes(copying: [7])
            _ = try SigningKey(rsa: faulty)
        }
        #expect(throws: CryptoError.invalidKey) {
            var wrong = RecordedKeys.rsaKey
            wrong.privateExponent = SecretBytes(copying: [7])
            _ = try SigningKey(rsa: wrong)
        }
    }
}

/// How often libcrypto asked for memory; for a process that does nothing else.
private enum LibcryptoAllocations {
    nonisolated(unsafe) static var number = 0

    static func count() throws {
        let result = CRYPTO_set_mem_functions(
            { size, _, _ in
                LibcryptoAllocations.number += 1
                return malloc(size)
            },
            { pointer, size, _, _ in
                LibcryptoAllocations.number += 1
                return realloc(pointer, size)
            }, { pointer, _, _ in free(pointer) })
        guard result == 1 else { throw CryptoError.unsupported }
    }
}
