package import NIOCore

/// A non-negative multiple-precision integer (RFC 4251 §5), as its big-endian magnitude without leading zeros.
///
/// One rule for what arrives: negative numbers are refused, redundant leading zeros are dropped, and more than
/// `maximumByteCount` bytes are refused. For public values only; secrets are encoded by `SecretBytes`.
package struct MPInt: Hashable, Sendable {
    /// 16,384 bits, the largest RSA modulus that is accepted, and a sign byte.
    package static let maximumByteCount = 2049

    package let magnitude: [UInt8]

    package init(magnitude: some Collection<UInt8>) {
        self.magnitude = Array(magnitude.drop { $0 == 0 })
    }

    package init(from body: inout ByteBuffer) throws(WireError) {
        let string = try body.readString()
        guard string.readableBytes <= Self.maximumByteCount else { throw .outOfRange }
        if let first = string.readableBytesView.first, first & 0x80 != 0 { throw .outOfRange }
        self.init(magnitude: string.readableBytesView)
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(self.body)
    }

    /// What the length field counts: a zero byte in front where the first bit would mean a minus.
    package var body: [UInt8] {
        (magnitude.first ?? 0) & 0x80 == 0 ? magnitude : [0] + magnitude
    }

    package var bitCount: Int {
        guard let first = magnitude.first else { return 0 }
        return magnitude.count * 8 - first.leadingZeroBitCount
    }
}
