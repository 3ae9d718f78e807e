import NIOCore
import SSHWire

/// The pair (r, s) of an ECDSA signature, between its SSH form (RFC 5656 §3.1.2) and libcrypto's DER (RFC 3279 §2.2.3).
struct ECDSASignature {
    private static let (sequenceTag, integerTag): (UInt8, UInt8) = (0x30, 0x02)
    /// What DER puts before a length of one byte that is 128 or more; P-521's signatures need it.
    private static let longLength: UInt8 = 0x81

    let r: MPInt
    let s: MPInt

    init(blob: ByteBuffer, curve: NISTCurve) throws(CryptoError) {
        var body = blob
        r = try Self.readInteger(from: &body, curve)
        s = try Self.readInteger(from: &body, curve)
        guard body.readableBytes == 0 else { throw .invalidSignature }
    }

    init(der: [UInt8], curve: NISTCurve) throws(CryptoError) {
        var body = ByteBuffer(bytes: der)
        guard body.readInteger(as: UInt8.self) == Self.sequenceTag, var count = body.readInteger(as: UInt8.self) else {
            throw .invalidSignature
        }
        if count == Self.longLength { count = body.readInteger(as: UInt8.self) ?? 0 }
        guard Int(count) == body.readableBytes else { throw .invalidSignature }
        r = try Self.readDERInteger(from: &body, curve)
        s = try Self.readDERInteger(from: &body, curve)
        guard body.readableBytes == 0 else { throw .invalidSignature }
    }

    var blob: ByteBuffer {
        var blob = ByteBuffer()
        r.encode(into: &blob)
        s.encode(into: &blob)
        return blob
    }

    /// Both numbers are short, so every length is one byte.
    var der: [UInt8] {
        let content = Self.derInteger(r) + Self.derInteger(s)
        let long: [UInt8] = content.count < 0x80 ? [] : [Self.longLength]
        return [Self.sequenceTag] + long + [UInt8(truncatingIfNeeded: content.count)] + content
    }

    /// Too long is refused before it is read; whether 0 < r, s < n is for libcrypto.
    private static func readInteger(from body: inout ByteBuffer, _ curve: NISTCurve) throws(CryptoError) -> MPInt {
        let before = body.readableBytes
        do throws(WireError) {
            let number = try MPInt(from: &body)
            guard before - body.readableBytes <= 4 + maximumIntegerByteCount(curve) else { throw .outOfRange }
            return number
        } catch {
            throw .invalidSignature
        }
    }

    private static func readDERInteger(from body: inout ByteBuffer, _ curve: NISTCurve) throws(CryptoError) -> MPInt {
        guard body.readInteger(as: UInt8.self) == integerTag, let count = body.readInteger(as: UInt8.self),
            count <= maximumIntegerByteCount(curve), let bytes = body.readBytes(length: Int(count))
        else { throw .invalidSignature }
        return MPInt(magnitude: bytes)
    }

    /// The order's bits and one for the sign.
    private static func maximumIntegerByteCount(_ curve: NISTCurve) -> Int { curve.bitCount / 8 + 1 }

    private static func derInteger(_ number: MPInt) -> [UInt8] {
        let sign: [UInt8] = (number.magnitude.first ?? 0x80) & 0x80 == 0 ? [] : [0]
        let bytes = sign + number.magnitude
        return [integerTag, UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }
}
