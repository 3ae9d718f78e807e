import Testing

@testable import SSHCrypto

@Suite struct AlgorithmTests {
    @Test("Each cipher's parameters are its own, and libcrypto's", arguments: CipherAlgorithm.allCases)
    func ciphers(cipher: CipherAlgorithm) throws {
        let expected: [CipherAlgorithm: (key: Int, iv: Int, block: Int, isAuthenticated: Bool)] = [
            .chaCha20Poly1305: (64, 0, 8, true), .aes128GCM: (16, 12, 16, true), .aes256GCM: (32, 12, 16, true),
            .aes128CTR: (16, 16, 16, false), .aes192CTR: (24, 16, 16, false), .aes256CTR: (32, 16, 16, false),
            .aes256CBC: (32, 16, 16, false), .aes192CBC: (24, 16, 16, false), .aes128CBC: (16, 16, 16, false),
            .tripleDESCBC: (24, 8, 8, false),
        ]
        let row = try #require(expected[cipher])
        #expect(cipher.keyByteCount == row.key && cipher.ivByteCount == row.iv)
        #expect(cipher.blockByteCount == row.block && cipher.isAuthenticated == row.isAuthenticated)
    }

    @Test(
        "The header is four bytes, but a block where the length is encrypted with the rest", arguments: Protection.all)
    func headers(suite: Protection) throws {
        let opener = try suite.makeOpener()
        let isEncryptAndMAC = suite.mac.map { !$0.encryptsFirst } ?? false
        #expect(opener.headerByteCount == (isEncryptAndMAC ? opener.blockByteCount : 4))
        #expect(opener.lengthIsOutsideBlocks == (suite.cipher != nil && !isEncryptAndMAC))
        #expect(opener.tagByteCount == (suite.cipher == nil ? 0 : suite.mac?.tagByteCount ?? 16))
        #expect(opener.blockByteCount == suite.cipher?.blockByteCount ?? 8)
    }

    @Test("MAC keys and tags are as long as their hashes, but for the truncated one's tag")
    func macs() {
        #expect(MACAlgorithm.allCases.map(\.keyByteCount) == [32, 64, 32, 64, 20, 20, 20])
        #expect(MACAlgorithm.allCases.map(\.tagByteCount) == [32, 64, 32, 64, 20, 20, 12])
        #expect(MACAlgorithm.allCases.map(\.encryptsFirst) == [true, true, false, false, false, true, false])
    }

    @Test("Failures are hidden for exactly the modes whose length lies in a chain of blocks", arguments: Protection.all)
    func hiding(suite: Protection) throws {
        let isChain = suite.cipher.map { $0.rawValue.hasSuffix("-cbc") } ?? false
        let opener = try suite.makeOpener()
        #expect(opener.mustHideFailures == (isChain && suite.mac?.rawValue.hasSuffix("-etm@openssh.com") == false))
    }

    @Test(
        "CBC gives NIST's ciphertext (SP 800-38A F.2, SP 800-67 with a vector of zeros)",
        arguments: [
            (CipherAlgorithm.aes128CBC, "2b7e151628aed2a6abf7158809cf4f3c", "7649abac8119b246cee98e9b12e9197d"),
            (
                .aes192CBC, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
                "4f021db243bc633d7178183a9fa071e8"
            ),
            (
                .aes256CBC, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
                "f58c4c04d6e5f1ba779eabfb5f7bfbd6"
            ),
            (.tripleDESCBC, "0123456789abcdef23456789abcdef01456789abcdef0123", "a826fd8ce53b855f"),
        ])
    func knownCiphertext(cipher: CipherAlgorithm, key: String, ciphertext: String) throws {
        let isDES = cipher == .tripleDESCBC
        let plaintext = hex(isDES ? "5468652071756663" : "6bc1bee22e409f96e93d7e117393172a")
        let vector = (0..<cipher.ivByteCount).map { isDES ? 0 : UInt8($0) }
        var output = [UInt8](repeating: 0, count: plaintext.count)
        let sealing = try CipherContext(cipher.implementation, key: hex(key), nonce: vector, encrypts: true)
        try sealing.update(plaintext, count: plaintext.count, into: &output)
        #expect(output == hex(ciphertext))
        let opening = try CipherContext(cipher.implementation, key: hex(key), nonce: vector, encrypts: false)
        try opening.update(hex(ciphertext), count: plaintext.count, into: &output)
        #expect(output == plaintext)
    }

    @Test("A truncated HMAC-SHA1 is RFC 2202's, and every bit of it counts")
    func truncated() throws {
        let key = SecretBytes(copying: [UInt8](repeating: 0x0C, count: 20))
        let authenticator = try Authenticator(hmac: .sha1, key: key)
        let message = Array("Test With Truncation".utf8)
        let expected = hex("4c1a03424b55e07fe7f27be1")
        var tag = [UInt8](repeating: 0, count: 13)
        try authenticator.start()
        try authenticator.update(message, count: message.count)
        try authenticator.finish(&tag, count: 12)
        #expect(tag == expected + [0])
        for bit in 0..<96 {
            var changed = expected
            changed[bit / 8] ^= 1 << (bit % 8)
            try authenticator.start()
            try authenticator.update(message, count: message.count)
            #expect(throws: CryptoError.authenticationFailed) { try authenticator.verify(changed, count: 12) }
        }
    }
}
