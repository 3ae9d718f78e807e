import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// What signs and verifies here, judged by ssh-keygen: signatures in the envelope of OpenSSH's PROTOCOL.sshsig.
@Suite struct SignatureAgreementTests {
    /// A key, and how its signature blob over some bytes is made.
    struct Signer: Sendable {
        let key: VerificationKey
        let algorithm: SignatureAlgorithm
        let sign: @Sendable ([UInt8]) throws -> [UInt8]

        init(_ key: SigningKey, _ algorithm: SignatureAlgorithm) {
            self.key = key.verificationKey
            self.algorithm = algorithm
            sign = { try key.sign($0, algorithm: algorithm) }
        }

        /// An authenticator in software (OpenSSH PROTOCOL.u2f): it signs hashes, flags and a counter.
        init(authenticator key: SigningKey, _ inner: SignatureAlgorithm, _ algorithm: SignatureAlgorithm) {
            let application = Array("ssh:".utf8)
            self.key = .securityKey(key.verificationKey, application: application)
            self.algorithm = algorithm
            sign = { message in
                let assertion: [UInt8] = [1, 0, 0, 1, 2]
                let signed = try Digest.hash(.sha256, application) + assertion + Digest.hash(.sha256, message)
                let proper = try key.sign(signed, algorithm: inner).dropFirst(4 + inner.rawValue.utf8.count)
                return string(algorithm.rawValue) + proper + assertion
            }
        }
    }

    static func signers() throws -> [Signer] {
        var random = RandomSource.seeded(5)
        let ed25519 = try SigningKey(ed25519Seed: random.secret(count: 32))
        let curves = try NISTCurve.allCases.map {
            try SigningKey(ecdsaScalar: random.secret(count: $0.bitCount / 8), on: $0)
        }
        return [
            Signer(ed25519, .ed25519), Signer(curves[0], .ecdsaNISTP256), Signer(curves[1], .ecdsaNISTP384),
            Signer(curves[2], .ecdsaNISTP521), Signer(authenticator: ed25519, .ed25519, .securityKeyEd25519),
            Signer(authenticator: curves[0], .ecdsaNISTP256, .securityKeyECDSANISTP256),
        ]
    }

    @Test("ssh-keygen verifies our keys' signatures, and refuses those that we refuse")
    func signatures() async throws {
        let message = Array("a message\n".utf8)
        let names = string("file") + string("") + string("sha512")
        let folder = try TemporaryDirectory()
        for signer in try Self.signers() {
            let signed = Array("SSHSIG".utf8) + names + string(try Digest.hash(.sha512, message))
            let good = try signer.sign(signed)
            var bad = good
            bad[bad.count - 1] ^= 1
            for (signature, isRight) in [(good, true), (bad, false)] {
                let isAccepted =
                    (try? signer.key.verify(signature, over: signed, algorithm: signer.algorithm)) != nil
                #expect(isAccepted == isRight)
                let envelope =
                    Array("SSHSIG".utf8) + [0, 0, 0, 1] + string(signer.key.blob) + names + string(signature)
                let text = String(decoding: Base64.encode(envelope, padded: true), as: UTF8.self)
                let path = try folder.write(
                    "-----BEGIN SSH SIGNATURE-----\n\(text)\n-----END SSH SIGNATURE-----\n", to: "signature")
                let result = try await RunningProcess.run(
                    "ssh-keygen", ["-Y", "check-novalidate", "-n", "file", "-s", path]
                ) { $0.input = .bytes(message) }
                #expect(
                    (result.exit == .status(0)) == isRight, "\(signer.algorithm.rawValue): \(result.errorText)")
            }
        }
    }

    @Test("A security key's fingerprint and size are those of ssh-keygen -l, and its line in known_hosts is known")
    func securityKeys() async throws {
        let folder = try TemporaryDirectory()
        for signer in try Self.signers().suffix(2) {
            let key = try PublicKey(signer.key)
            let path = try folder.write(key.openSSHLine + "\n", to: "key.pub")
            let shown = try await RunningProcess.runSuccessfully("ssh-keygen", ["-l", "-f", path])
            let words = shown.outputText.split(separator: " ")
            #expect(words.prefix(2) == [Substring(String(key.bitCount)), Substring(key.fingerprint.sha256)])
            #expect(try PublicKey(line: Array(key.openSSHLine.utf8)) == key)
            let hosts = knownHosts("alpha.example \(key.openSSHLine)\n")
            #expect(hosts.verdict(for: key, host: "alpha.example", port: 22) == .known(location(1)))
            #expect(hosts.warnings.isEmpty)
        }
    }
}

private func string(_ text: String) -> [UInt8] {
    string(Array(text.utf8))
}

private func string(_ bytes: [UInt8]) -> [UInt8] {
    withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { Array($0) } + bytes
}
