import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct ECDSATests {
    static let key = RecordedKeys.ecdsa[0].key
    /// SEC 2 §2.4 to §2.6: the field's prime and the group's order.
    static let numbers: [NISTCurve: (prime: [UInt8], order: [UInt8])] = [
        .p256: (
            hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"),
            hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        ),
        .p384: (
            hex("fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffff"),
            hex("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973")
        ),
        .p521: (
            [1] + [UInt8](repeating: 0xFF, count: 65),
            hex(
                "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa"
                    + "51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409")
        ),
    ]

    func verify(_ recorded: RecordedKeys.ECDSA, _ r: [UInt8], _ s: [UInt8], trailing: [UInt8] = []) throws {
        var proper = ByteBuffer()
        proper.writeString(r)
        proper.writeString(s)
        proper.writeBytes(trailing)
        let blob = signatureBlob(recorded.algorithm.rawValue, Array(proper.readableBytesView))
        try recorded.key.verify(blob, over: RecordedKeys.message, algorithm: recorded.algorithm)
    }

    /// r and s of the recorded signature, as the contents of mpints.
    func numbers(of recorded: RecordedKeys.ECDSA) throws -> (r: [UInt8], s: [UInt8]) {
        let signature = try ECDSASignature(der: recorded.der, curve: recorded.curve)
        #expect(signature.der == recorded.der)
        func content(_ number: MPInt) -> [UInt8] {
            (number.magnitude.first ?? 0) & 0x80 == 0 ? number.magnitude : [0] + number.magnitude
        }
        return (content(signature.r), content(signature.s))
    }

    @Test("A signature that an independent implementation made is right, over its message alone", arguments: 0..<3)
    func known(index: Int) throws {
        let recorded = RecordedKeys.ecdsa[index]
        let (r, s) = try numbers(of: recorded)
        try verify(recorded, r, s)
        var blob = ByteBuffer()
        blob.writeString(r)
        blob.writeString(s)
        let signature = signatureBlob(recorded.algorithm.rawValue, Array(blob.readableBytesView))
        #expect(throws: CryptoError.invalidSignature) {
            try recorded.key.verify(signature, over: [1], algorithm: recorded.algorithm)
        }
    }

    @Test("The scalar gives its point, and its signatures are right, by its own algorithm alone", arguments: 0..<3)
    func sign(index: Int) throws {
        let recorded = RecordedKeys.ecdsa[index]
        let key = try SigningKey(ecdsaScalar: SecretBytes(copying: recorded.scalar), on: recorded.curve)
        #expect(key.verificationKey == recorded.key)
        let padded = try SigningKey(ecdsaScalar: SecretBytes(copying: [0] + recorded.scalar), on: recorded.curve)
        #expect(padded.verificationKey == recorded.key)
        for count in 0..<40 {
            let message = [UInt8](repeating: 3, count: count)
            let signature = try key.sign(message, algorithm: recorded.algorithm)
            try recorded.key.verify(signature, over: message, algorithm: recorded.algorithm)
        }
        for other in SignatureAlgorithm.allCases where other.plain != recorded.algorithm {
            #expect(throws: CryptoError.unsupported) { try key.sign([1], algorithm: other) }
        }
    }

    @Test("B12 r or s that is zero, the order, above it, negative or too long is refused (KX-16)", arguments: 0..<3)
    func range(index: Int) throws {
        let recorded = RecordedKeys.ecdsa[index]
        let (r, s) = try numbers(of: recorded)
        let order = try #require(Self.numbers[recorded.curve]).order
        let size = order.count
        let high: [UInt8] = [0] + [UInt8](repeating: 0xFF, count: size)
        let bad: [[UInt8]] = [
            [], [0], [0] + order, order, high, [0x80], [0xFF] + r, [0] + [UInt8](repeating: 1, count: size + 1),
            [UInt8](repeating: 0, count: 2 * size), [UInt8](repeating: 0, count: size + 3) + r,
            [UInt8](repeating: 1, count: 67), [UInt8](repeating: 1, count: 2 * size), [0, 0] + r.prefix(1) + r,
            [UInt8](repeating: 0, count: 2048) + r, [1] + [UInt8](repeating: 0, count: 5000),
        ]
        for number in bad {
            #expect(throws: CryptoError.invalidSignature) { try verify(recorded, number, s) }
            #expect(throws: CryptoError.invalidSignature) { try verify(recorded, r, number) }
        }
        #expect(throws: CryptoError.invalidSignature) { try verify(recorded, s, r) }
        #expect(throws: CryptoError.invalidSignature) { try verify(recorded, r, s, trailing: [0]) }
    }

    /// With r = 21 and s = 1 the verifier adds zG and 21Q: here these are the same point, and each other's negative.
    @Test("B15 A signature whose verification adds a point to itself or to its negative is refused")
    func degenerateSums() throws {
        for scalar in [
            "3ca9e391dd03dcf7bcf22784ecea97fe0c856340fdd63dbb00154736785017ab",
            "c3561c6d22fc2309430dd87b13156801b061976ca94160c9f3a4838c84130da6",
        ] {
            let key = try SigningKey(ecdsaScalar: SecretBytes(copying: hex(scalar)), on: .p256).verificationKey
            let signature = signatureBlob("ecdsa-sha2-nistp256", [0, 0, 0, 1, 21, 0, 0, 0, 1, 1])
            #expect(throws: CryptoError.invalidSignature) {
                try key.verify(signature, over: RecordedKeys.message, algorithm: .ecdsaNISTP256)
            }
        }
    }

    @Test("A point that is infinite, compressed, hybrid, off the curve or too long is no key (KX-06)", arguments: 0..<3)
    func badPoints(index: Int) throws {
        let recorded = RecordedKeys.ecdsa[index]
        let (curve, point) = (recorded.curve, recorded.point)
        let size = curve.fieldByteCount
        let (x, y) = (Array(point[1...size]), Array(point[(size + 1)...]))
        let parity = (y.last ?? 0) & 1
        let prime = try #require(Self.numbers[curve]).prime
        let offCurve: [UInt8] = point.dropLast() + [(point.last ?? 0) ^ 1]
        let bad: [[UInt8]] = [
            [], [0], [0] + [UInt8](repeating: 0, count: 2 * size), [4] + [UInt8](repeating: 0, count: 2 * size),
            [2 + parity] + x, [2 + parity] + x + y, [6 + parity] + x + y, offCurve, [4] + prime + y, [4] + y + x,
            point + [0], point.dropLast(),
        ]
        for point in bad {
            #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: blob(point, curve, named: curve)) }
        }
        #expect(try VerificationKey(blob: blob(point, curve, named: curve)) == recorded.key)
        for other in NISTCurve.allCases where other != curve {
            #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: blob(point, curve, named: other)) }
            #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: blob(point, other, named: other)) }
        }
    }

    func blob(_ point: [UInt8], _ type: NISTCurve, named curve: NISTCurve) -> [UInt8] {
        var body = ByteBuffer()
        body.writeString(type.keyType)
        body.writeString(utf8: curve.rawValue)
        body.writeString(point)
        return Array(body.readableBytesView)
    }

    @Test("A scalar of zero, of the order or above is no key", arguments: NISTCurve.allCases)
    func badScalars(curve: NISTCurve) throws {
        let order = try #require(Self.numbers[curve]).order
        for scalar in [[], [0], [UInt8](repeating: 0, count: 32), order, [1] + [UInt8](repeating: 0, count: 66)] {
            #expect(throws: CryptoError.invalidKey) {
                _ = try SigningKey(ecdsaScalar: SecretBytes(copying: scalar), on: curve)
            }
        }
    }
}
