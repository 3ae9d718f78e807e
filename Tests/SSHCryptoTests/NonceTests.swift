import CLibcrypto
import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

/// CVE-2024-31497: nonces of P-521 that lack their upper bits give the key away after some sixty signatures.
@Suite struct NonceTests {
    @Test("D5 A nonce of P-521 is as long as the group's order: half of them have its highest bit")
    func highestBits() throws {
        let scalar = [UInt8(0)] + (1...65).map { UInt8($0) }
        let key = try SigningKey(ecdsaScalar: SecretBytes(copying: scalar), on: .p521)
        let order = try #require(ECDSATests.numbers[.p521]?.order)
        var highCount = 0
        for index in 0..<300 {
            let message = Array("message \(index)".utf8)
            var blob = ByteBuffer(bytes: try key.sign(message, algorithm: .ecdsaNISTP521))
            _ = try blob.readString()
            var numbers = try blob.readString()
            let (r, s) = (try MPInt(from: &numbers).magnitude, try MPInt(from: &numbers).magnitude)
            let hash = try Digest.hash(.sha512, message)
            let bitCount = nonceBitCount(r: r, s: s, hash: hash, scalar: scalar, order: order)
            #expect(bitCount <= 521)
            if bitCount == 521 { highCount += 1 }
        }
        // Seven standard deviations on either side.
        #expect((90...210).contains(highCount), "\(highCount) of 300")
    }

    /// The length of k = s⁻¹(z + r·d) modulo n (FIPS 186-5 §6.4).
    private func nonceBitCount(r: [UInt8], s: [UInt8], hash: [UInt8], scalar: [UInt8], order: [UInt8]) -> Int32 {
        let context = BN_CTX_new()
        let numbers = [r, s, hash, scalar, order].map { (bytes: [UInt8]) in BN_bin2bn(bytes, Int32(bytes.count), nil) }
        let (nonce, inverse) = (BN_new(), BN_new())
        defer {
            for number in numbers + [nonce, inverse] { BN_free(number) }
            BN_CTX_free(context)
        }
        let isDone =
            BN_mod_mul(nonce, numbers[0], numbers[3], numbers[4], context) == 1
            && BN_mod_add(nonce, nonce, numbers[2], numbers[4], context) == 1
            && BN_mod_inverse(inverse, numbers[1], numbers[4], context) != nil
            && BN_mod_mul(nonce, nonce, inverse, numbers[4], context) == 1
        #expect(isDone)
        return BN_num_bits(nonce)
    }
}
