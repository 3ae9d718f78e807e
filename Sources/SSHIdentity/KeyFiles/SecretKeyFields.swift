import SSHCrypto
import SSHWire

/// One type's fields in the private part of an openssh-key-v1 file, in their order (OpenSSH PROTOCOL.key, PROTOCOL.agent).
protocol SecretKeyFields: ~Copyable {
    init(from reader: inout SecretReader) throws(WireError)

    /// The public half that stands beside the secret, to be compared with the one that the secret yields.
    var statedPublicBlob: [UInt8] { get }

    consuming func signingKey(minimumRSABitCount: Int) throws(CryptoError) -> SigningKey
}

struct Ed25519SecretFields: SecretKeyFields, ~Copyable {
    private let publicHalf: [UInt8]
    private let seed: SecretBytes

    init(from reader: inout SecretReader) throws(WireError) {
        let publicHalf = try reader.readPublicString()
        var secret = SecretReader(try reader.readSecretString())
        let seed = try secret.readSecret(count: 32)
        guard try secret.readPublic(count: 32) == publicHalf else { throw .malformed }
        try secret.requireEnd()
        self.publicHalf = publicHalf
        self.seed = seed
    }

    var statedPublicBlob: [UInt8] {
        VerificationKey.ed25519(publicHalf).blob
    }

    consuming func signingKey(minimumRSABitCount: Int) throws(CryptoError) -> SigningKey {
        try SigningKey(ed25519Seed: seed)
    }
}

struct ECDSASecretFields: SecretKeyFields, ~Copyable {
    private let curve: NISTCurve
    private let point: [UInt8]
    private let scalar: SecretBytes

    init(from reader: inout SecretReader) throws(WireError) {
        let name = Name(try reader.readPublicString())
        guard let curve = NISTCurve.allCases.first(where: { Name($0.rawValue) == name }) else { throw .malformed }
        let point = try reader.readPublicString()
        let scalar = try reader.readSecretMagnitude(minimumByteCount: curve.fieldByteCount)
        guard scalar.count == curve.fieldByteCount else { throw .outOfRange }
        self.curve = curve
        self.point = point
        self.scalar = scalar
    }

    var statedPublicBlob: [UInt8] {
        VerificationKey.ecdsa(curve, point: point).blob
    }

    consuming func signingKey(minimumRSABitCount: Int) throws(CryptoError) -> SigningKey {
        try SigningKey(ecdsaScalar: scalar, on: curve)
    }
}

struct RSASecretFields: SecretKeyFields, ~Copyable {
    private let key: RSAPrivateKey

    init(from reader: inout SecretReader) throws(WireError) {
        let modulus = MPInt(magnitude: try reader.readPublicMagnitude())
        let exponent = MPInt(magnitude: try reader.readPublicMagnitude())
        var key = RSAPrivateKey(modulus: modulus, exponent: exponent)
        key.privateExponent = try reader.readSecretMagnitude()
        key.coefficient = try reader.readSecretMagnitude()
        key.firstPrime = try reader.readSecretMagnitude()
        key.secondPrime = try reader.readSecretMagnitude()
        self.key = key
    }

    var statedPublicBlob: [UInt8] {
        VerificationKey.rsa(exponent: key.exponent, modulus: key.modulus).blob
    }

    consuming func signingKey(minimumRSABitCount: Int) throws(CryptoError) -> SigningKey {
        try SigningKey(rsa: key, minimumBitCount: minimumRSABitCount)
    }
}
