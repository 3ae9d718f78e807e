import NIOCore
import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct Ed448Tests {
    static let key = VerificationKey.ed448(RecordedKeys.ed448Point)
    /// p, as y is encoded (RFC 8032 §5.2).
    static let prime = [UInt8](repeating: 0xFF, count: 28) + [0xFE] + [UInt8](repeating: 0xFF, count: 27) + [0]

    func verify(_ proper: [UInt8], over message: [UInt8] = RecordedKeys.message) throws {
        try Self.key.verify(signatureBlob("ssh-ed448", proper), over: message, algorithm: .ed448)
    }

    @Test("A signature that an independent implementation made is right, and no bit of it may change")
    func known() throws {
        let signature = RecordedKeys.ed448Signature
        try verify(signature)
        #expect(throws: CryptoError.invalidSignature) { try verify(signature, over: [1]) }
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: CryptoError.invalidSignature) { try verify(changed) }
        }
    }

    @Test("A signature of another length is refused (KX-12)", arguments: [0, 64, 113, 115, 228])
    func length(count: Int) {
        let proper = Array((RecordedKeys.ed448Signature + [UInt8](repeating: 0, count: 114)).prefix(count))
        #expect(throws: CryptoError.invalidSignature) { try verify(proper) }
    }

    @Test("An S of L or more is refused (KX-18)")
    func malleable() {
        let order = hex(
            "f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7cffffffffffffffffffffffffffffffffffffffffff"
                + "ffffffffffff3f00")
        #expect(order.count == 57)
        var signature = RecordedKeys.ed448Signature
        var carry = 0
        for index in 0..<57 {
            let sum = Int(signature[57 + index]) + Int(order[index]) + carry
            signature[57 + index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        #expect(throws: CryptoError.invalidSignature) { try verify(signature) }
    }

    @Test("A point of small order, not canonical or of another length is no key (KX-18)")
    func badPoints() throws {
        let zero = [UInt8](repeating: 0, count: 57)
        let bad: [[UInt8]] = [
            zero, zero.dropLast() + [0x80], [1] + zero.dropFirst(), [1] + zero[1..<56] + [0x80],
            [0xFE] + Self.prime.dropFirst(), Self.prime,
            [0xFF] + Self.prime[1..<28] + [0xFF] + Self.prime.dropFirst(29),
            zero.dropLast() + [1], RecordedKeys.ed448Point.dropLast() + [0x40], [UInt8](repeating: 0xFF, count: 57),
            [], RecordedKeys.ed448Point.dropLast(), RecordedKeys.ed448Point + [0], [UInt8](repeating: 9, count: 32),
        ]
        for point in bad {
            #expect(throws: CryptoError.invalidKey) { try VerificationKey(blob: signatureBlob("ssh-ed448", point)) }
        }
        for point in [RecordedKeys.ed448Point, [2] + zero.dropFirst(), [0xFD] + Self.prime.dropFirst()] {
            #expect(try VerificationKey(blob: signatureBlob("ssh-ed448", point)) == .ed448(point))
        }
    }
}
