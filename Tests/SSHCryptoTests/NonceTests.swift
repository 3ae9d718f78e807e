import CLibcrypto
import Foundation
import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

/// CVE-2024-31497: nonces of P-521 that lack their upper bits give the key away after some sixty signatures.
@Suite struct NonceTests {
    /// Each takes milliseconds: few where a developer waits, all of the row's for `Scripts/rows`.
    private static let count = ProcessInfo.processInfo.environment["FAIRLEAD_ROWS"] == "full" ? 10_000 : 2000

    /// Each upper byte is to be as likely as any other.
    @Test(
        "D5 A nonce of P-521 is as long as the group's order: half of them have its highest bit, and the rest is even")
    func highestBits() throws {
        let scalar = [UInt8(0)] + (1...65).map { UInt8($0) }
        let key = try SigningKey(ecdsaScalar: SecretBytes(copying: scalar), on: .p521)
        let order = try #require(ECDSATests.numbers[.p521]?.order)
        let count = Self.count
        var highCount = 0
        var upper = [Int](repeating: 0, count: 256)
        for index in 0..<count {
            let message = Array("message \(index)".utf8)
            var blob = ByteBuffer(bytes: try key.sign(message, algorithm: .ecdsaNISTP521))
            _ = try blob.readString()
            var numbers = try blob.readString()
            let (r, s) = (try MPInt(from: &numbers).magnitude, try MPInt(from: &numbers).magnitude)
            let hash = try Digest.hash(.sha512, message)
            let nonce = nonce(r: r, s: s, hash: hash, scalar: scalar, order: order)
            // The highest bit alone, and the byte behind it.
            #expect(nonce.count == 66 && nonce[0] <= 1)
            highCount += Int(nonce[0])
            upper[Int(nonce[1])] += 1
        }
        // Ten standard deviations on either side.
        let deviation = Double(count).squareRoot() / 2
        #expect(abs(Double(highCount) - Double(count) / 2) < 10 * deviation, "\(highCount) of \(count)")
        let mean = Double(count) / 256
        let chiSquared = upper.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) / mean }
        #expect((29...481).contains(chiSquared), "\(chiSquared) \(upper)")
    }

    /// k = s⁻¹(z + r·d) modulo n (FIPS 186-5 §6.4), in as many bytes as n.
    private func nonce(r: [UInt8], s: [UInt8], hash: [UInt8], scalar: [UInt8], order: [UInt8]) -> [UInt8] {
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
        var bytes = [UInt8](repeating: 0, count: order.count)
        #expect(BN_bn2binpad(nonce, &bytes, Int32(bytes.count)) == bytes.count)
        return bytes
    }
}
