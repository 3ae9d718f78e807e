import CSodium
import NIOCore
package import SSHWire

/// A public key that passed every check its kind has; it verifies signatures.
package enum VerificationKey: Hashable, Sendable {
    case ed25519([UInt8])
    case ecdsa(NISTCurve, point: [UInt8])
    case rsa(exponent: MPInt, modulus: MPInt)

    /// OpenSSH's limit for a modulus as well.
    private static let maximumRSABitCount = 16_384
    private static let maximumRSAExponentBitCount = 32

    /// Reads a public key blob (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4).
    ///
    /// A type that is not known is `unsupported`. Trailing bytes, a point that is compressed, infinite or off the curve, an
    /// Ed25519 point that is not canonical or of small order, and an RSA exponent that is even, 1 or over 32 bits are
    /// `invalidKey`; an RSA modulus under `minimumRSABitCount` is `weakKey`.
    package init(blob: [UInt8], minimumRSABitCount: Int = 2048) throws(CryptoError) {
        var body = ByteBuffer(bytes: blob)
        do throws(WireError) {
            guard let key = try Self.parse(&body) else { throw .malformed }
            try body.requireEnd()
            self = key
        } catch {
            throw Self.knows(blob) ? .invalidKey : .unsupported
        }
        try check(minimumRSABitCount: minimumRSABitCount)
    }

    package var type: Name {
        switch self {
        case .ed25519: "ssh-ed25519"
        case .ecdsa(let curve, _): curve.keyType
        case .rsa: "ssh-rsa"
        }
    }

    package var bitCount: Int {
        switch self {
        case .ed25519: 256
        case .ecdsa(let curve, _): curve.bitCount
        case .rsa(_, let modulus): modulus.bitCount
        }
    }

    package var blob: [UInt8] {
        var body = ByteBuffer()
        body.writeString(type)
        switch self {
        case .ed25519(let point):
            body.writeString(point)
        case .ecdsa(let curve, let point):
            body.writeString(utf8: curve.rawValue)
            body.writeString(point)
        case .rsa(let exponent, let modulus):
            exponent.encode(into: &body)
            modulus.encode(into: &body)
        }
        return Array(body.readableBytesView)
    }

    /// Verifies a signature blob: the algorithm's name, which must be the one agreed on, and the signature proper.
    package func verify(
        _ signature: [UInt8], over message: [UInt8], algorithm: SignatureAlgorithm
    ) throws(CryptoError) {
        let proper = try Self.signatureProper(signature, algorithm: algorithm)
        guard algorithm.keyType == type else { throw .invalidSignature }
        switch self {
        case .ed25519(let point):
            guard proper.count == Int(crypto_sign_BYTES), point.count == Int(crypto_sign_PUBLICKEYBYTES),
                unsafe crypto_sign_verify_detached(proper, message, UInt64(message.count), point) == 0
            else { throw .invalidSignature }
        case .ecdsa(let curve, let point):
            let der = try ECDSASignature(blob: ByteBuffer(bytes: proper), curve: curve).der
            try LibcryptoKey.ecdsa(curve, point: point).verify(der, over: message, hash: curve.hash)
        case .rsa(let exponent, let modulus):
            guard let hash = algorithm.rsaHash else { throw .invalidSignature }
            // Some peers drop leading zeros (RFC 8332 §3 wants them); a longer signature is never right.
            let missing = modulus.magnitude.count - proper.count
            guard missing >= 0 else { throw .invalidSignature }
            let padded = [UInt8](repeating: 0, count: missing) + proper
            try LibcryptoKey.rsa(exponent: exponent, modulus: modulus).verify(padded, over: message, hash: hash)
        }
    }

    private static func signatureProper(
        _ signature: [UInt8], algorithm: SignatureAlgorithm
    ) throws(CryptoError) -> [UInt8] {
        var body = ByteBuffer(bytes: signature)
        do throws(WireError) {
            guard try body.readName() == Name(algorithm.rawValue) else { throw .malformed }
            let proper = try body.readStringBytes()
            try body.requireEnd()
            return proper
        } catch {
            throw .invalidSignature
        }
    }

    /// Nil for a type that is not known here.
    private static func parse(_ body: inout ByteBuffer) throws(WireError) -> VerificationKey? {
        let type = try body.readName()
        switch type {
        case SignatureAlgorithm.ed25519.keyType:
            return .ed25519(try body.readStringBytes())
        case SignatureAlgorithm.rsaSHA512.keyType:
            let exponent = try MPInt(from: &body)
            return .rsa(exponent: exponent, modulus: try MPInt(from: &body))
        default:
            guard let curve = NISTCurve.allCases.first(where: { $0.keyType == type }) else { return nil }
            guard try body.readName() == Name(curve.rawValue) else { throw .malformed }
            return .ecdsa(curve, point: try body.readStringBytes())
        }
    }

    private static func knows(_ blob: [UInt8]) -> Bool {
        var body = ByteBuffer(bytes: blob)
        guard let name = try? body.readName() else { return true }
        return SignatureAlgorithm.allCases.contains { $0.keyType == name }
    }

    func check(minimumRSABitCount: Int) throws(CryptoError) {
        switch self {
        case .ed25519(let point):
            guard Sodium.isReady, point.count == Int(crypto_sign_PUBLICKEYBYTES),
                unsafe crypto_core_ed25519_is_valid_point(point) == 1
            else { throw .invalidKey }
        case .ecdsa(let curve, let point):
            guard try curve.isPoint(point) else { throw .invalidKey }
        case .rsa(let exponent, let modulus):
            guard let lowest = exponent.magnitude.last, lowest & 1 == 1, exponent.bitCount > 1,
                exponent.bitCount <= Self.maximumRSAExponentBitCount,
                let last = modulus.magnitude.last, last & 1 == 1, modulus.bitCount <= Self.maximumRSABitCount
            else { throw .invalidKey }
            guard modulus.bitCount >= minimumRSABitCount else { throw .weakKey(bitCount: modulus.bitCount) }
        }
    }
}
