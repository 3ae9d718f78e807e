import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

/// Signatures of an authenticator in software, as OpenSSH's PROTOCOL.u2f describes them.
@Suite struct SecurityKeyTests {
    struct Authenticator: Sendable, CustomTestStringConvertible {
        let key: SigningKey
        let inner: SignatureAlgorithm
        let algorithm: SignatureAlgorithm
        var application = Array("ssh:".utf8)

        var testDescription: String { algorithm.rawValue }
        var publicKey: VerificationKey { .securityKey(key.verificationKey, application: application) }

        /// Flags, counter and signature proper over `message`.
        func sign(_ message: [UInt8], flags: UInt8 = 1, counter: UInt32 = 7) throws -> [UInt8] {
            let assertion = [flags] + withUnsafeBytes(of: counter.bigEndian) { Array($0) }
            let signed = try Digest.hash(.sha256, application) + assertion + Digest.hash(.sha256, message)
            var blob = ByteBuffer(bytes: try key.sign(signed, algorithm: inner))
            _ = try blob.readName()
            return signatureBlob(algorithm.rawValue, try blob.readStringBytes(), trailing: assertion)
        }
    }

    static func authenticators() throws -> [Authenticator] {
        [
            Authenticator(
                key: try SigningKey(ed25519Seed: SecretBytes(copying: hex(Ed25519Tests.known[0].seed))),
                inner: .ed25519, algorithm: .securityKeyEd25519),
            Authenticator(
                key: try SigningKey(ecdsaScalar: SecretBytes(copying: RecordedKeys.ecdsaScalar), on: .p256),
                inner: .ecdsaNISTP256, algorithm: .securityKeyECDSANISTP256),
        ]
    }

    @Test("Signatures that an independent implementation made over an authenticator's data are right")
    func known() throws {
        let application = Array("ssh:".utf8)
        let trailer: [UInt8] = [1, 0, 0, 0, 7]
        let ed25519 = VerificationKey.securityKey(
            .ed25519(RecordedKeys.securityEd25519Point), application: application)
        let proper = RecordedKeys.securityEd25519Signature
        try ed25519.verify(
            signatureBlob("sk-ssh-ed25519@openssh.com", proper, trailing: trailer), over: RecordedKeys.message,
            algorithm: .securityKeyEd25519)
        let ecdsa = VerificationKey.securityKey(
            .ecdsa(.p256, point: RecordedKeys.securityECDSAPoint), application: application)
        let pair = try ECDSASignature(der: RecordedKeys.securityECDSADER, curve: .p256).blob
        try ecdsa.verify(
            signatureBlob("sk-ecdsa-sha2-nistp256@openssh.com", Array(pair.readableBytesView), trailing: trailer),
            over: RecordedKeys.message, algorithm: .securityKeyECDSANISTP256)
    }

    @Test("A signature is right with any flags and counter, touched or not; every changed bit of it is noticed")
    func bits() throws {
        for authenticator in try Self.authenticators() {
            let (key, algorithm) = (authenticator.publicKey, authenticator.algorithm)
            for (flags, counter) in [(UInt8(0), UInt32(0)), (1, 1), (5, .max)] {
                let signature = try authenticator.sign([1, 2], flags: flags, counter: counter)
                try key.verify(signature, over: [1, 2], algorithm: algorithm)
                #expect(throws: CryptoError.invalidSignature) {
                    try key.verify(signature, over: [1], algorithm: algorithm)
                }
            }
            let signature = try authenticator.sign([1])
            for bit in 0..<signature.count * 8 {
                var changed = signature
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(throws: CryptoError.invalidSignature) {
                    try key.verify(changed, over: [1], algorithm: algorithm)
                }
            }
        }
    }

    @Test("A signature that is cut anywhere, has a byte more, or no flags and counter is refused (KX-12)")
    func shape() throws {
        for authenticator in try Self.authenticators() {
            let signature = try authenticator.sign([1])
            for bad in (0..<signature.count).map({ Array(signature.prefix($0)) }) + [signature + [0]] {
                #expect(throws: CryptoError.invalidSignature) {
                    try authenticator.publicKey.verify(bad, over: [1], algorithm: authenticator.algorithm)
                }
            }
        }
    }

    @Test("A signature for another application, by the plain key, or by the plain algorithm's name is refused")
    func others() throws {
        for authenticator in try Self.authenticators() {
            let (key, algorithm, inner) = (authenticator.publicKey, authenticator.algorithm, authenticator.inner)
            var other = authenticator
            other.application += [0x78]
            #expect(throws: CryptoError.invalidSignature) {
                try key.verify(try other.sign([1]), over: [1], algorithm: algorithm)
            }
            let plain = try authenticator.key.sign([1], algorithm: inner)
            for name in [algorithm, inner] {
                #expect(throws: CryptoError.invalidSignature) { try key.verify(plain, over: [1], algorithm: name) }
            }
            #expect(throws: CryptoError.invalidSignature) {
                try authenticator.key.verificationKey.verify(try authenticator.sign([1]), over: [1], algorithm: inner)
            }
            #expect(throws: CryptoError.unsupported) { try authenticator.key.sign([1], algorithm: algorithm) }
        }
    }

    @Test("A security key's blob is a plain key's fields and the application, and the point is checked like any other")
    func blobs() throws {
        for authenticator in try Self.authenticators() {
            let key = authenticator.publicKey
            #expect(key.type == Name(authenticator.algorithm.rawValue))
            var body = ByteBuffer(bytes: authenticator.key.verificationKey.blob)
            _ = try body.readName()
            var blob = ByteBuffer()
            blob.writeString(key.type)
            blob.writeImmutableBuffer(body)
            blob.writeString(utf8: "ssh:")
            #expect(key.blob == Array(blob.readableBytesView))
        }
        let ed25519 = VerificationKey.securityKey(.ed25519([UInt8](repeating: 0, count: 32)), application: [])
        let ecdsa = VerificationKey.securityKey(
            .ecdsa(.p256, point: [4] + [UInt8](repeating: 1, count: 64)), application: [])
        let curve = VerificationKey.securityKey(RecordedKeys.ecdsa[1].key, application: [])
        for key in [ed25519, ecdsa] {
            #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: key.blob) }
        }
        #expect(throws: CryptoError.unsupported) { try VerificationKey(blob: curve.blob) }
    }
}
