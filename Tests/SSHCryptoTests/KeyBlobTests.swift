import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct KeyBlobTests {
    static let keys: [VerificationKey] =
        [.ed25519(hex(Ed25519Tests.known[0].point)), Ed448Tests.key, RSATests.key] + RecordedKeys.ecdsa.map(\.key)
        + [
            .securityKey(.ed25519(RecordedKeys.securityEd25519Point), application: Array("ssh:".utf8)),
            .securityKey(.ecdsa(.p256, point: RecordedKeys.securityECDSAPoint), application: []),
        ]

    @Test("A key's blob reads back as the key, and no prefix of it nor one byte more does", arguments: keys)
    func shape(key: VerificationKey) throws {
        #expect(try VerificationKey(blob: key.blob) == key)
        for count in 0..<key.blob.count {
            #expect(throws: CryptoError.self) { try VerificationKey(blob: Array(key.blob.prefix(count))) }
        }
        #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: key.blob + [0]) }
    }

    @Test(
        "A type that is not known is unsupported",
        arguments: [
            "ssh-dss", "ecdsa-sha2-nistp192", "ecdsa-sha2-", "sk-ecdsa-sha2-nistp384@openssh.com",
            "sk-ssh-rsa@openssh.com", "rsa-sha2-512", "ssh-ed25519-cert-v01@openssh.com", "", "SSH-RSA",
        ])
    func unknown(name: String) {
        #expect(throws: CryptoError.unsupported) { try VerificationKey(blob: signatureBlob(name, [1, 2, 3])) }
    }

    @Test("Each signature algorithm names the type of the keys that make it")
    func types() {
        for algorithm in SignatureAlgorithm.allCases {
            let isRSA = [.rsaSHA512, .rsaSHA256, .rsaSHA1].contains(algorithm.plain)
            let rsa: Name = algorithm.isCertificate ? "ssh-rsa-cert-v01@openssh.com" : "ssh-rsa"
            #expect(algorithm.keyType == (isRSA ? rsa : Name(algorithm.rawValue)))
        }
        let certified = SignatureAlgorithm.allCases.filter(\.isCertificate)
        #expect(certified.count == 9 && certified.allSatisfy { $0.plain.certified == $0 && !$0.plain.isCertificate })
        #expect(
            Self.keys.map(\.type) == [
                "ssh-ed25519", "ssh-ed448", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
            ])
        #expect(Self.keys.map(\.bitCount) == [256, 448, 2048, 256, 384, 521, 256, 256])
        #expect(Set(SignatureAlgorithm.allCases.map(\.plain.keyType)) == Set(Self.keys.map(\.type)))
    }
}
