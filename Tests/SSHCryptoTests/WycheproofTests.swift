import Foundation
import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

/// Project Wycheproof's vectors, where `FAIRLEAD_VECTORS` names a directory that holds them.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["FAIRLEAD_VECTORS"] != nil))
struct WycheproofTests {
    struct File: Decodable {
        let testGroups: [Group]
    }

    struct Group: Decodable {
        struct PublicKey: Decodable {
            let pk: String?
            let uncompressed: String?
            let modulus: String?
            let publicExponent: String?
        }
        let publicKey: PublicKey?
        let ivSize, keySize: Int?
        let tests: [Vector]
    }

    struct Vector: Decodable {
        let tcId: Int
        let result: String
        let key, iv, aad, msg, ct, tag, sig: String?
        let `public`, `private`, shared, value: String?

        var isValid: Bool { result == "valid" }
    }

    func groups(_ name: String) throws -> [Group] {
        let directory = try #require(ProcessInfo.processInfo.environment["FAIRLEAD_VECTORS"])
        let data = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
        return try JSONDecoder().decode(File.self, from: data).testGroups
    }

    /// Whether `body` succeeds for exactly the valid vectors; returns how many were looked at.
    func judge(_ vectors: [Vector], _ body: (Vector) throws -> Void) -> Int {
        for vector in vectors where vector.result != "acceptable" {
            let isAccepted = (try? body(vector)) != nil
            #expect(isAccepted == vector.isValid, "vector \(vector.tcId)")
        }
        return vectors.count
    }

    @Test("X25519 gives each vector's secret, or refuses where it is zero")
    func x25519() throws {
        var count = 0
        for vector in try groups("x25519_test.json").flatMap(\.tests) {
            let key = try X25519(scalar: SecretBytes(copying: hex(vector.private ?? "")))
            let shared = hex(vector.shared ?? "")
            let secret: [UInt8]?
            do {
                secret = try key.agree(with: hex(vector.public ?? "")).exposed()
            } catch {
                secret = nil
            }
            let isZero = shared.allSatisfy { $0 == 0 }
            #expect(secret == (isZero ? nil : shared))
            count += 1
        }
        #expect(count > 500)
    }

    @Test(
        "Ed25519 and Ed448 accept exactly the valid vectors",
        arguments: [("ed25519_test.json", SignatureAlgorithm.ed25519), ("ed448_test.json", .ed448)])
    func edwards(file: String, algorithm: SignatureAlgorithm) throws {
        let count = try groups(file).reduce(0) { count, group in
            let key = try VerificationKey(blob: signatureBlob(algorithm.rawValue, hex(group.publicKey?.pk ?? "")))
            return count
                + judge(group.tests) { vector in
                    let signature = signatureBlob(algorithm.rawValue, hex(vector.sig ?? ""))
                    try key.verify(signature, over: hex(vector.msg ?? ""), algorithm: algorithm)
                }
        }
        #expect(count > 80)
    }

    @Test(
        "ECDSA accepts exactly the valid vectors, of those that SSH's form can express",
        arguments: [
            ("ecdsa_secp256r1_sha256_test.json", NISTCurve.p256, SignatureAlgorithm.ecdsaNISTP256),
            ("ecdsa_secp384r1_sha384_test.json", .p384, .ecdsaNISTP384),
            ("ecdsa_secp521r1_sha512_test.json", .p521, .ecdsaNISTP521),
        ])
    func ecdsa(file: String, curve: NISTCurve, algorithm: SignatureAlgorithm) throws {
        let count = try groups(file).reduce(0) { count, group in
            let key = VerificationKey.ecdsa(curve, point: hex(group.publicKey?.uncompressed ?? ""))
            // SSH carries numbers, not DER: whatever is wrong with the DER alone cannot arrive.
            let vectors = group.tests.filter { vector in
                let der = hex(vector.sig ?? "")
                return (try? ECDSASignature(der: der, curve: curve))?.der == der
            }
            return count
                + judge(vectors) { vector in
                    let signature = try ECDSASignature(der: hex(vector.sig ?? ""), curve: curve)
                    let blob = signatureBlob(algorithm.rawValue, Array(signature.blob.readableBytesView))
                    try key.verify(blob, over: hex(vector.msg ?? ""), algorithm: algorithm)
                }
        }
        #expect(count > 200)
    }

    @Test(
        "RSA accepts exactly the valid vectors",
        arguments: [
            ("rsa_signature_2048_sha256_test.json", SignatureAlgorithm.rsaSHA256),
            ("rsa_signature_2048_sha512_test.json", .rsaSHA512),
        ])
    func rsa(file: String, algorithm: SignatureAlgorithm) throws {
        let count = try groups(file).reduce(0) { count, group in
            let key = VerificationKey.rsa(
                exponent: MPInt(magnitude: hex(group.publicKey?.publicExponent ?? "")),
                modulus: MPInt(magnitude: hex(group.publicKey?.modulus ?? "")))
            return count
                + judge(group.tests) { vector in
                    let blob = signatureBlob(algorithm.rawValue, hex(vector.sig ?? ""))
                    try key.verify(blob, over: hex(vector.msg ?? ""), algorithm: algorithm)
                }
        }
        #expect(count > 200)
    }

    @Test("AES-GCM opens exactly the valid vectors")
    func gcm() throws {
        let groups = try groups("aes_gcm_test.json").filter { $0.ivSize == 96 && $0.keySize != 192 }
        let count = groups.reduce(0) { count, group in
            let cipher: CipherAlgorithm = group.keySize == 128 ? .aes128GCM : .aes256GCM
            return count
                + judge(group.tests) { vector in
                    let context = try CipherContext(
                        cipher.implementation, key: hex(vector.key ?? ""), nonce: hex(vector.iv ?? ""), encrypts: false)
                    let (additional, ciphertext) = (hex(vector.aad ?? ""), hex(vector.ct ?? ""))
                    var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
                    try context.update(additional, count: additional.count, into: nil)
                    try context.update(ciphertext, count: ciphertext.count, into: &plaintext)
                    try context.finish(verifying: hex(vector.tag ?? ""), count: 16)
                    if plaintext != hex(vector.msg ?? "") { throw CryptoError.authenticationFailed }
                }
        }
        #expect(count > 50)
    }

    @Test("X448 gives each vector's secret, or refuses where it is zero or the share has another length")
    func x448() throws {
        var count = 0
        for vector in try groups("x448_test.json").flatMap(\.tests) {
            let key = try X448(scalar: SecretBytes(copying: hex(vector.private ?? "")))
            let (share, shared) = (hex(vector.public ?? ""), hex(vector.shared ?? ""))
            let secret = try? key.agree(with: share).exposed()
            let isRefused = share.count != X448.byteCount || shared.allSatisfy { $0 == 0 }
            #expect(secret == (isRefused ? nil : shared), "vector \(vector.tcId)")
            count += 1
        }
        #expect(count > 500)
    }

    @Test(
        "ECDH gives the secret of exactly the valid vectors, and takes no compressed point",
        arguments: [
            ("ecdh_secp256r1_ecpoint_test.json", NISTCurve.p256), ("ecdh_secp384r1_ecpoint_test.json", .p384),
            ("ecdh_secp521r1_ecpoint_test.json", .p521),
        ])
    func ecdh(file: String, curve: NISTCurve) throws {
        var (count, refusalCount) = (0, 0)
        for vector in try groups(file).flatMap(\.tests) {
            let scalar = MPInt(magnitude: hex(vector.private ?? "")).magnitude
            let padding = [UInt8](repeating: 0, count: curve.fieldByteCount - scalar.count)
            let secret = try? curve.product(
                of: hex(vector.public ?? ""), scalar: SecretBytes(copying: padding + scalar)
            ).exposed()
            // "Acceptable" is what is compressed and right, which SSH does not allow (RFC 5656 §4).
            #expect(secret == (vector.isValid ? hex(vector.shared ?? "") : nil), "vector \(vector.tcId)")
            count += 1
            if secret == nil { refusalCount += 1 }
        }
        #expect(count > 350 && refusalCount > 10)
    }

    @Test("Every prime passes each round of the primality test, and no composite many of them")
    func primality() throws {
        var (primeCount, compositeCount) = (0, 0)
        for vector in try groups("primality_test.json").flatMap(\.tests) {
            // Two's complement: SSH's reader refuses what is negative before anybody asks whether it is prime.
            let bytes = hex(vector.value ?? "")
            let number = MPInt(magnitude: bytes)
            guard (bytes.first ?? 0) & 0x80 == 0, number.bitCount > 2, (number.magnitude.last ?? 0) & 1 == 1 else {
                continue
            }
            let group = try FiniteFieldGroup(prime: number, generator: MPInt(magnitude: [2]), bitCounts: 3...8192)
            let isPrime = try (0..<64 as Range<UInt64>).allSatisfy { seed in
                var random = RandomSource.seeded(seed)
                return try group.isProbablyPrime(random: &random)
            }
            #expect(isPrime == vector.isValid, "vector \(vector.tcId)")
            if isPrime { primeCount += 1 } else { compositeCount += 1 }
        }
        #expect(primeCount > 50 && compositeCount > 200)
    }

    @Test("ChaCha20 and Poly1305, put together as RFC 8439 §2.8 has it, open exactly the valid vectors")
    func chaChaPoly() throws {
        let vectors = try groups("chacha20_poly1305_test.json").filter { $0.ivSize == 96 }.flatMap(\.tests)
        let count = judge(vectors) { vector in
            let (additional, ciphertext) = (hex(vector.aad ?? ""), hex(vector.ct ?? ""))
            let cipher = try CipherContext(
                CipherAlgorithm.chaCha20Poly1305.implementation, key: hex(vector.key ?? ""),
                nonce: [0, 0, 0, 0] + hex(vector.iv ?? ""), encrypts: false)
            var block = [UInt8](repeating: 0, count: 64)
            try cipher.update(block, count: 64, into: &block)
            let authenticator = try Authenticator.poly1305()
            try authenticator.start(key: block, count: 32)
            let lengths = [additional, ciphertext].flatMap { part in
                (0..<8).map { UInt8(truncatingIfNeeded: part.count >> ($0 * 8)) }
            }
            let message = [additional, ciphertext].flatMap { part in
                part + [UInt8](repeating: 0, count: -part.count & 15)
            }
            try authenticator.update(message + lengths, count: message.count + 16)
            try authenticator.verify(hex(vector.tag ?? ""), count: 16)
            var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
            try cipher.update(ciphertext, count: ciphertext.count, into: &plaintext)
            if plaintext != hex(vector.msg ?? "") { throw CryptoError.authenticationFailed }
        }
        #expect(count > 250)
    }
}
