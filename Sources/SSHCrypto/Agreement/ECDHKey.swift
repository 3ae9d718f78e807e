/// One use of Diffie-Hellman on a NIST curve (RFC 5656 §4).
struct ECDHKey: ~Copyable {
    /// A scalar is as good as never out of range that often.
    private static let drawCount = 64

    let publicShare: [UInt8]
    private let curve: NISTCurve
    private let scalar: SecretBytes

    init(_ curve: NISTCurve, random: inout RandomSource) throws(CryptoError) {
        for _ in 0..<Self.drawCount {
            var scalar = random.secret(count: curve.fieldByteCount)
            // P-521 uses one bit of the first byte.
            if curve == .p521 { scalar.change(at: 0, keep: 1) }
            guard let share = try? curve.point(scalar: scalar) else { continue }
            self.init(curve, scalar: scalar, publicShare: share)
            return
        }
        throw .failed(operation: "a scalar in range")
    }

    init(_ curve: NISTCurve, scalar: consuming SecretBytes, publicShare: [UInt8]) {
        self.curve = curve
        self.scalar = scalar
        self.publicShare = publicShare
    }

    func agree(with peerShare: [UInt8]) throws(CryptoError) -> SecretBytes {
        try curve.product(of: peerShare, scalar: scalar)
    }
}
