import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct ECDSATests {
    static let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    static let key = VerificationKey.ecdsaNISTP256(point: RecordedKeys.ecdsaPoint)

    func verify(_ r: [UInt8], _ s: [UInt8], trailing: [UInt8] = []) throws {
        var proper = ByteBuffer()
        proper.writeString(r)
        proper.writeString(s)
        proper.writeBytes(trailing)
        let blob = signatureBlob("ecdsa-sha2-nistp256", Array(proper.readableBytesView))
        try Self.key.verify(blob, over: RecordedKeys.ecdsaMessage, algorithm: .ecdsaNISTP256)
    }

    /// r and s of the recorded signature, as the contents of mpints.
    func recorded() throws -> (r: [UInt8], s: [UInt8]) {
        let signature = try ECDSASignature(der: RecordedKeys.ecdsaDER)
        #expect(signature.der == RecordedKeys.ecdsaDER)
        func content(_ number: MPInt) -> [UInt8] {
            (number.magnitude.first ?? 0) & 0x80 == 0 ? number.magnitude : [0] + number.magnitude
        }
        return (content(signature.r), content(signature.s))
    }

    @Test("A signature that an independent implementation made is right, over its message alone")
    func known() throws {
        let (r, s) = try recorded()
        try verify(r, s)
        var blob = ByteBuffer()
        blob.writeString(r)
        blob.writeString(s)
        let signature = signatureBlob("ecdsa-sha2-nistp256", Array(blob.readableBytesView))
        #expect(throws: CryptoError.invalidSignature) {
            try Self.key.verify(signature, over: [1], algorithm: .ecdsaNISTP256)
        }
    }

    @Test("The scalar gives its point, and its signatures are right")
    func sign() throws {
        let key = try SigningKey(ecdsaNISTP256Scalar: SecretBytes(copying: RecordedKeys.ecdsaScalar))
        #expect(key.verificationKey == Self.key)
        let padded = try SigningKey(ecdsaNISTP256Scalar: SecretBytes(copying: [0] + RecordedKeys.ecdsaScalar))
        #expect(padded.verificationKey == Self.key)
        for count in 0..<40 {
            let message = [UInt8](repeating: 3, count: count)
            let signature = try key.sign(message, algorithm: .ecdsaNISTP256)
            try Self.key.verify(signature, over: message, algorithm: .ecdsaNISTP256)
        }
    }

    @Test("r or s that is zero, the order, above it, negative or too long is refused (KX-16)")
    func range() throws {
        let (r, s) = try recorded()
        let high = [0] + [UInt8](repeating: 0xFF, count: 32)
        let bad: [[UInt8]] = [
            [], [0], [0] + Self.order, high, [0x80], [0xFF] + r, [0] + [UInt8](repeating: 1, count: 33),
            [UInt8](repeating: 0, count: 67), [UInt8](repeating: 0, count: 35) + r, [UInt8](repeating: 1, count: 67),
            [UInt8](repeating: 0, count: 2048) + r, [1] + [UInt8](repeating: 0, count: 5000),
        ]
        for number in bad {
            #expect(throws: CryptoError.invalidSignature) { try verify(number, s) }
            #expect(throws: CryptoError.invalidSignature) { try verify(r, number) }
        }
        #expect(throws: CryptoError.invalidSignature) { try verify(s, r) }
        #expect(throws: CryptoError.invalidSignature) { try verify(r, s, trailing: [0]) }
    }

    @Test("A point that is infinite, compressed, hybrid, off the curve or of another length is no key (KX-06)")
    func badPoints() throws {
        let point = RecordedKeys.ecdsaPoint
        let (x, y) = (Array(point[1..<33]), Array(point[33...]))
        let parity = (y.last ?? 0) & 1
        let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
        var offCurve = point
        offCurve[64] ^= 1
        let bad: [[UInt8]] = [
            [], [0], [0] + [UInt8](repeating: 0, count: 64), [4] + [UInt8](repeating: 0, count: 64),
            [2 + parity] + x, [2 + parity] + x + y, [6 + parity] + x + y, offCurve, [4] + prime + y, [4] + y + x,
            point + [0], point.dropLast(),
        ]
        for point in bad {
            #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: blob(point)) }
        }
        #expect(try VerificationKey(blob: blob(point)) == Self.key)
        #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: blob(point, curve: "nistp384")) }
    }

    func blob(_ point: [UInt8], curve: String = "nistp256") -> [UInt8] {
        var body = ByteBuffer()
        body.writeString(utf8: "ecdsa-sha2-nistp256")
        body.writeString(utf8: curve)
        body.writeString(point)
        return Array(body.readableBytesView)
    }

    @Test("A scalar of zero, of the order or above is no key")
    func badScalars() {
        for scalar in [[], [0], [UInt8](repeating: 0, count: 32), Self.order, [1] + [UInt8](repeating: 0, count: 32)] {
            #expect(throws: CryptoError.invalidKey) {
                _ = try SigningKey(ecdsaNISTP256Scalar: SecretBytes(copying: scalar))
            }
        }
    }
}
