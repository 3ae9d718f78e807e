import NIOCore
import Testing

@testable import SSHCrypto

@Suite struct DigestTests {
    @Test(
        "Each hash of \"abc\" is the published one (FIPS 180-4, RFC 1321)",
        arguments: [
            (HashAlgorithm.md5, "900150983cd24fb0d6963f7d28e17f72"),
            (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                .sha384,
                "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
            ),
            (
                .sha512,
                "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                    + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
            ),
        ])
    func known(algorithm: HashAlgorithm, expected: String) throws {
        #expect(try Digest.hash(algorithm, Array("abc".utf8)) == hex(expected))
        #expect(algorithm.byteCount == hex(expected).count)
    }

    @Test("A hash over pieces of each kind is the hash over the whole")
    func pieces() throws {
        var digest = try Digest(.sha256)
        try digest.update([])
        try digest.update(Array("a".utf8))
        try digest.update(ByteBuffer(string: "b"))
        try digest.update(SecretBytes(copying: "c".utf8))
        try digest.update(SecretBytes(count: 0))
        #expect(try digest.finalize() == Digest.hash(.sha256, Array("abc".utf8)))
    }

    @Test("HMAC gives RFC 4231's and RFC 2202's answers")
    func hmac() throws {
        let key = [UInt8](repeating: 0x0B, count: 20)
        let message = Array("Hi There".utf8)
        #expect(
            try HMAC.code(.sha256, key: key, over: message)
                == hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"))
        #expect(
            try HMAC.code(.sha512, key: key, over: message)
                == hex(
                    "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                        + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"))
        #expect(
            try HMAC.code(.sha1, key: key, over: message) == hex("b617318655057264e28bc0b6fb378c8ef146be00"))
        let long = [UInt8](repeating: 0xAA, count: 131)
        #expect(
            try HMAC.code(
                .sha256, key: long, over: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
                == hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"))
        #expect(
            try HMAC.code(.sha256, key: [], over: [])
                == hex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"))
    }

    @Test("An authenticator that is used again gives the same code as a fresh one")
    func reused() throws {
        let key = [UInt8](repeating: 0xAA, count: 131)
        let authenticator = try Authenticator(hmac: .sha512, key: SecretBytes(copying: key))
        for count in [0, 1, 200, 3] {
            let message = [UInt8](repeating: 5, count: count)
            var code = [UInt8](repeating: 0, count: 64)
            try authenticator.start()
            try message.withUnsafeBytes { try authenticator.update($0) }
            try authenticator.finish(&code, count: code.count)
            #expect(try code == HMAC.code(.sha512, key: key, over: message))
        }
    }

    @Test("AES-GCM gives the answer of test case 4 of its specification")
    func gcm() throws {
        let key = hex("feffe9928665731c6d6a8f9467308308")
        let nonce = hex("cafebabefacedbaddecaf888")
        let plaintext = hex(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
        let additional = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
        let context = try CipherContext(
            CipherAlgorithm.aes128GCM.implementation, key: key, nonce: nonce, encrypts: true)
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: 16)
        try context.update(additional, count: additional.count, into: nil)
        try context.update(plaintext, count: plaintext.count, into: &ciphertext)
        try context.finish(tag: &tag, count: 16)
        #expect(
            ciphertext
                == hex(
                    "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                        + "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"))
        #expect(tag == hex("5bc94fbc3221a5db94fae95ae7121a47"))
    }

    @Test("A context that was never set up refuses, and does not trap")
    func empty() {
        #expect(throws: CryptoError.self) { try CipherContext().update([1], count: 1, into: nil) }
        #expect(throws: CryptoError.self) { try Authenticator().start() }
    }
}
