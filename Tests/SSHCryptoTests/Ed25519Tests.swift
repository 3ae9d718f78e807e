import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct Ed25519Tests {
    /// RFC 8032 §7.1, tests 1 to 3: seed, public key, message, signature.
    static let known: [(seed: String, point: String, message: String, signature: String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test("Keys and signatures are RFC 8032's", arguments: known.indices)
    func knownAnswers(index: Int) throws {
        let known = Self.known[index]
        let key = try SigningKey(ed25519Seed: SecretBytes(copying: hex(known.seed)))
        #expect(key.verificationKey == .ed25519(hex(known.point)))
        let signature = try key.sign(hex(known.message), algorithm: .ed25519)
        #expect(signature == signatureBlob("ssh-ed25519", hex(known.signature)))
        #expect(try VerificationKey(blob: key.verificationKey.blob) == key.verificationKey)
    }

    @Test("Each flipped bit of a signature is refused")
    func flipped() throws {
        let key = VerificationKey.ed25519(hex(Self.known[1].point))
        let signature = hex(Self.known[1].signature)
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: CryptoError.invalidSignature) {
                try key.verify(signatureBlob("ssh-ed25519", changed), over: [0x72], algorithm: .ed25519)
            }
        }
    }

    @Test("C9 An S of L or more is refused (KX-18)")
    func malleable() throws {
        let key = VerificationKey.ed25519(hex(Self.known[1].point))
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var signature = hex(Self.known[1].signature)
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        #expect(throws: CryptoError.invalidSignature) {
            try key.verify(signatureBlob("ssh-ed25519", signature), over: [0x72], algorithm: .ed25519)
        }
    }

    @Test("C9 A signature of zeros is refused (KX-18)", arguments: known.indices)
    func onlyZeros(index: Int) {
        let (key, message) = (VerificationKey.ed25519(hex(Self.known[index].point)), hex(Self.known[index].message))
        for count in [63, 64, 65] {
            #expect(throws: CryptoError.invalidSignature) {
                let blob = signatureBlob("ssh-ed25519", [UInt8](repeating: 0, count: count))
                try key.verify(blob, over: message, algorithm: .ed25519)
            }
        }
    }

    /// R and S of the second key of RFC 8032 with a nonce of zero, as its owner can make them: S = k a, for R as it stands.
    ///
    /// Who decodes R, and compares points, takes the first three; who multiplies by the cofactor, the last one too.
    static let crafted: [(what: String, r: String, s: String)] = [
        (
            "the neutral point", "0100000000000000000000000000000000000000000000000000000000000000",
            "675d054595fa17cb6a44e3ada6ca385e55667e41a63fdab0ac22d10000354002"
        ),
        (
            "the neutral point, not reduced", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0a0403c78756704394a791302d07acbdf846e02e6371010b73f9c021313bde01"
        ),
        (
            "the neutral point with the sign of x = 0",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "bd498620dc071c7bd37de37a8b3208e5475dd11db9151270fb200f690ae0d009"
        ),
        (
            "a point of order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "9c9934141e47f875e3e839a617afc33b742b807c24040fcb899c123dc1987901"
        ),
    ]

    @Test(
        "C9 An R that is not canonical, or of small order, is refused, were the equation true (KX-18)",
        arguments: crafted.indices)
    func degenerate(index: Int) {
        let (_, r, s) = Self.crafted[index]
        let key = VerificationKey.ed25519(hex(Self.known[1].point))
        #expect(throws: CryptoError.invalidSignature) {
            try key.verify(signatureBlob("ssh-ed25519", hex(r + s)), over: [0x72], algorithm: .ed25519)
        }
    }

    @Test("A signature of another length is refused (KX-12)", arguments: [0, 63, 65, 128])
    func length(count: Int) {
        let key = VerificationKey.ed25519(hex(Self.known[0].point))
        let proper = Array((hex(Self.known[0].signature) + [UInt8](repeating: 0, count: 64)).prefix(count))
        #expect(throws: CryptoError.invalidSignature) {
            try key.verify(signatureBlob("ssh-ed25519", proper), over: [], algorithm: .ed25519)
        }
    }

    @Test(
        "A point of small order, not canonical or off the curve is no key (KX-18)",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "0200000000000000000000000000000000000000000000000000000000000000",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00", "",
        ])
    func badPoint(point: String) {
        var body = ByteBuffer()
        body.writeString(utf8: "ssh-ed25519")
        body.writeString(hex(point))
        #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: Array(body.readableBytesView)) }
    }

    @Test("A seed that is not 32 bytes is no key")
    func seed() {
        #expect(throws: CryptoError.invalidKey) { _ = try SigningKey(ed25519Seed: SecretBytes(count: 31)) }
    }
}
