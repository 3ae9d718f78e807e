import NIOCore
import SSHWire

/// The pair (r, s) of a P-256 signature, between its SSH form (RFC 5656 §3.1.2) and libcrypto's DER (RFC 3279 §2.2.3).
struct ECDSASignature {
    /// 32 bytes, and one for the sign.
    private static let maximumIntegerByteCount = 33
    private static let (sequenceTag, integerTag): (UInt8, UInt8) = (0x30, 0x02)

    let r: MPInt
    let s: MPInt

    init(blob: ByteBuffer) throws(CryptoError) {
        var body = blob
        r = try Self.readInteger(from: &body)
        s = try Self.readInteger(from: &body)
        guard body.readableBytes == 0 else { throw .invalidSignature }
    }

    init(der: [UInt8]) throws(CryptoError) {
        var body = ByteBuffer(bytes: der)
        guard body.readInteger(as: UInt8.self) == Self.sequenceTag, let count = body.readInteger(as: UInt8.self),
            Int(count) == body.readableBytes
        else { throw .invalidSignature }
        r = try Self.readDERInteger(from: &body)
        s = try Self.readDERInteger(from: &body)
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
        return [Self.sequenceTag, UInt8(truncatingIfNeeded: content.count)] + content
    }

    /// Too long is refused before it is read; whether 0 < r, s < n is for libcrypto.
    private static func readInteger(from body: inout ByteBuffer) throws(CryptoError) -> MPInt {
        let before = body.readableBytes
        do throws(WireError) {
            let number = try MPInt(from: &body)
            guard before - body.readableBytes <= 4 + maximumIntegerByteCount else { throw .outOfRange }
            return number
        } catch {
            throw .invalidSignature
        }
    }

    private static func readDERInteger(from body: inout ByteBuffer) throws(CryptoError) -> MPInt {
        guard body.readInteger(as: UInt8.self) == integerTag, let count = body.readInteger(as: UInt8.self),
            count <= maximumIntegerByteCount, let bytes = body.readBytes(length: Int(count))
        else { throw .invalidSignature }
        return MPInt(magnitude: bytes)
    }

    private static func derInteger(_ number: MPInt) -> [UInt8] {
        let sign: [UInt8] = (number.magnitude.first ?? 0x80) & 0x80 == 0 ? [] : [0]
        let bytes = sign + number.magnitude
        return [integerTag, UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }
}
