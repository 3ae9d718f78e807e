import Testing

@testable import SSHCrypto

@Suite struct AlgorithmTests {
    @Test("Each cipher's parameters are its own, and libcrypto's", arguments: CipherAlgorithm.allCases)
    func ciphers(cipher: CipherAlgorithm) throws {
        let expected: [CipherAlgorithm: (key: Int, iv: Int, block: Int, isAuthenticated: Bool)] = [
            .chaCha20Poly1305: (64, 0, 8, true), .aes128GCM: (16, 12, 16, true), .aes256GCM: (32, 12, 16, true),
            .aes128CTR: (16, 16, 16, false), .aes192CTR: (24, 16, 16, false), .aes256CTR: (32, 16, 16, false),
        ]
        let row = try #require(expected[cipher])
        #expect(cipher.keyByteCount == row.key && cipher.ivByteCount == row.iv)
        #expect(cipher.blockByteCount == row.block && cipher.isAuthenticated == row.isAuthenticated)
    }

    @Test("The header is four bytes, but a block where the length is encrypted with CTR", arguments: Protection.all)
    func headers(suite: Protection) throws {
        let opener = try suite.makeOpener()
        let isEncryptAndMAC = suite.mac.map { !$0.encryptsFirst } ?? false
        #expect(opener.headerByteCount == (isEncryptAndMAC ? 16 : 4))
        #expect(opener.lengthIsOutsideBlocks == (suite.cipher != nil && !isEncryptAndMAC))
        #expect(opener.tagByteCount == (suite.cipher == nil ? 0 : suite.mac?.tagByteCount ?? 16))
        #expect(opener.blockByteCount == suite.cipher?.blockByteCount ?? 8)
    }

    @Test("MAC keys and tags are as long as their hashes")
    func macs() {
        #expect(MACAlgorithm.allCases.map(\.keyByteCount) == [32, 64, 32, 64])
        #expect(MACAlgorithm.allCases.map(\.tagByteCount) == [32, 64, 32, 64])
        #expect(MACAlgorithm.allCases.map(\.encryptsFirst) == [true, true, false, false])
    }
}
