import CSodium
import NIOCore
package import SSHWire

/// A public key that passed every check its kind has; it verifies signatures.
package enum VerificationKey: Hashable, Sendable {
    case ed25519([UInt8])
    case ed448([UInt8])
    case ecdsa(NISTCurve, point: [UInt8])
    case rsa(exponent: MPInt, modulus: MPInt)
    /// A key in an authenticator, Ed25519 or P-256, and the application that it is for (OpenSSH PROTOCOL.u2f).
    indirect case securityKey(VerificationKey, application: [UInt8])

    /// OpenSSH's limits for a modulus as well; `RequiredRSASize` lies between them.
    private static let rsaBitCounts = 1024...16_384
    private static let maximumRSAExponentBitCount = 32
    /// A byte of flags and the counter.
    private static let assertionByteCount = 5

    /// Reads a public key blob (RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4, OpenSSH PROTOCOL.u2f).
    ///
    /// A type that is not known is `unsupported`. Trailing bytes, a NIST point that is compressed, infinite or off the curve,
    /// an Edwards point that is not canonical or of small order, and an RSA exponent that is even, 1 or over 32 bits are
    /// `invalidKey`; an RSA modulus under `minimumRSABitCount`, and under 1,024 in any case, is `weakKey`.
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
        case .ed448: "ssh-ed448"
        case .ecdsa(let curve, _): curve.keyType
        case .rsa: "ssh-rsa"
        case .securityKey(let key, _): Self.securityKeyType(of: key.type)
        }
    }

    package var bitCount: Int {
        switch self {
        case .ed25519: 256
        case .ed448: 448
        case .ecdsa(let curve, _): curve.bitCount
        case .rsa(_, let modulus): modulus.bitCount
        case .securityKey(let key, _): key.bitCount
        }
    }

    package var blob: [UInt8] {
        var body = ByteBuffer()
        body.writeString(type)
        encodeFields(into: &body)
        return Array(body.readableBytesView)
    }

    private func encodeFields(into body: inout ByteBuffer) {
        switch self {
        case .ed25519(let point), .ed448(let point):
            body.writeString(point)
        case .ecdsa(let curve, let point):
            body.writeString(utf8: curve.rawValue)
            body.writeString(point)
        case .rsa(let exponent, let modulus):
            exponent.encode(into: &body)
            modulus.encode(into: &body)
        case .securityKey(let key, let application):
            key.encodeFields(into: &body)
            body.writeString(application)
        }
    }

    /// Verifies a signature blob: the algorithm's name, which must be the one agreed on, and the signature proper.
    ///
    /// A security key also signs what it adds: its flags and its counter. Whether a person was there (the lowest flag) is not
    /// asked, as OpenSSH does not ask it of host keys: nobody touches a server's at each connection.
    package func verify(
        _ signature: [UInt8], over message: [UInt8], algorithm: SignatureAlgorithm
    ) throws(CryptoError) {
        guard algorithm.plain.keyType == type else { throw .invalidSignature }
        guard case .securityKey(let key, let application) = self else {
            let proper = try Self.parts(of: signature, algorithm, trailerByteCount: 0).proper
            return try verify(proper: proper, over: message, rsaHash: algorithm.rsaHash)
        }
        let parts = try Self.parts(of: signature, algorithm, trailerByteCount: Self.assertionByteCount)
        let signed = try Digest.hash(.sha256, application) + parts.trailer + Digest.hash(.sha256, message)
        try key.verify(proper: parts.proper, over: signed, rsaHash: nil)
    }

    private func verify(
        proper: [UInt8], over message: [UInt8], rsaHash: HashAlgorithm?
    ) throws(CryptoError) {
        switch self {
        case .ed25519(let point):
            guard proper.count == Int(crypto_sign_BYTES), point.count == Int(crypto_sign_PUBLICKEYBYTES),
                unsafe crypto_sign_verify_detached(proper, message, UInt64(message.count), point) == 0
            else { throw .invalidSignature }
        case .ed448(let point):
            try LibcryptoKey.ed448(point).verify(proper, over: message, hash: nil)
        case .ecdsa(let curve, let point):
            let der = try ECDSASignature(blob: ByteBuffer(bytes: proper), curve: curve).der
            try LibcryptoKey.ecdsa(curve, point: point).verify(der, over: message, hash: curve.hash)
        case .rsa(let exponent, let modulus):
            guard let rsaHash else { throw .invalidSignature }
            // Some peers drop leading zeros (RFC 8332 §3 wants them); a longer signature is never right.
            let missing = modulus.magnitude.count - proper.count
            guard missing >= 0 else { throw .invalidSignature }
            let padded = [UInt8](repeating: 0, count: missing) + proper
            try LibcryptoKey.rsa(exponent: exponent, modulus: modulus).verify(padded, over: message, hash: rsaHash)
        case .securityKey:
            throw .invalidSignature
        }
    }

    private static func parts(
        of signature: [UInt8], _ algorithm: SignatureAlgorithm, trailerByteCount: Int
    ) throws(CryptoError) -> (proper: [UInt8], trailer: [UInt8]) {
        var body = ByteBuffer(bytes: signature)
        do throws(WireError) {
            guard try body.readName() == Name(algorithm.plain.rawValue) else { throw .malformed }
            let proper = try body.readStringBytes()
            let trailer = try body.readFixed(count: trailerByteCount)
            try body.requireEnd()
            return (proper, trailer)
        } catch {
            throw .invalidSignature
        }
    }

    /// Nil for a type that is not known here.
    private static func parse(_ body: inout ByteBuffer) throws(WireError) -> VerificationKey? {
        let type = try body.readName()
        for plain in [SignatureAlgorithm.ed25519, .ecdsaNISTP256] where type == securityKeyType(of: plain.keyType) {
            guard let key = try parse(plain.keyType, &body) else { return nil }
            // A name, which known_hosts and messages are to hold.
            let application = try body.readStringBytes()
            guard application.count <= 1024 else { throw .malformed }
            return .securityKey(key, application: application)
        }
        return try parse(type, &body)
    }

    private static func parse(_ type: Name, _ body: inout ByteBuffer) throws(WireError) -> VerificationKey? {
        switch type {
        case SignatureAlgorithm.ed25519.keyType:
            return .ed25519(try body.readStringBytes())
        case SignatureAlgorithm.ed448.keyType:
            return .ed448(try body.readStringBytes())
        case SignatureAlgorithm.rsaSHA512.keyType:
            let exponent = try MPInt(from: &body)
            return .rsa(exponent: exponent, modulus: try MPInt(from: &body))
        default:
            guard let curve = NISTCurve.allCases.first(where: { $0.keyType == type }) else { return nil }
            guard try body.readName() == Name(curve.rawValue) else { throw .malformed }
            return .ecdsa(curve, point: try body.readStringBytes())
        }
    }

    private static func securityKeyType(of type: Name) -> Name {
        Name("sk-".utf8 + type.bytes + "@openssh.com".utf8)
    }

    private static func knows(_ blob: [UInt8]) -> Bool {
        var body = ByteBuffer(bytes: blob)
        guard let name = try? body.readName() else { return true }
        return SignatureAlgorithm.allCases.contains { !$0.isCertificate && $0.keyType == name }
    }

    func check(minimumRSABitCount: Int) throws(CryptoError) {
        switch self {
        case .ed25519(let point):
            guard Sodium.isReady, point.count == Int(crypto_sign_PUBLICKEYBYTES),
                unsafe crypto_core_ed25519_is_valid_point(point) == 1
            else { throw .invalidKey }
        case .ed448(let point):
            guard Self.isEd448Point(point) else { throw .invalidKey }
        case .ecdsa(let curve, let point):
            guard try curve.isPoint(point) else { throw .invalidKey }
        case .rsa(let exponent, let modulus):
            guard let lowest = exponent.magnitude.last, lowest & 1 == 1, exponent.bitCount > 1,
                exponent.bitCount <= Self.maximumRSAExponentBitCount,
                let last = modulus.magnitude.last, last & 1 == 1, modulus.bitCount <= Self.rsaBitCounts.upperBound
            else { throw .invalidKey }
            guard modulus.bitCount >= max(minimumRSABitCount, Self.rsaBitCounts.lowerBound) else {
                throw .weakKey(bitCount: modulus.bitCount)
            }
        case .securityKey(let key, _):
            try key.check(minimumRSABitCount: minimumRSABitCount)
        }
    }

    /// Whether 1 < y < p - 1, which leaves out y that are not canonical and, with 0, 1 and p - 1, the points of small order
    /// (RFC 8032 §5.2).
    ///
    /// libcrypto has no such check. Whether an x belongs to y shows when it verifies: no signature fits a point off the curve.
    private static func isEd448Point(_ bytes: [UInt8]) -> Bool {
        guard bytes.count == 57, let sign = bytes.last, sign & 0x7F == 0 else { return false }
        let y = bytes.dropLast().reversed()
        let half = [UInt8](repeating: 0xFF, count: 27) + [0xFE]
        return ([UInt8](repeating: 0, count: 55) + [1]).lexicographicallyPrecedes(y)
            && y.lexicographicallyPrecedes(half + half)
    }
}
