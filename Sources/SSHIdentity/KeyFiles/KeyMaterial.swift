import SSHCrypto
import SSHWire

/// The secret of a key, and the public half that its file states beside it, if it does.
///
/// What signs is derived from the secret, for a signature made with another's public half gives the secret away: the public
/// half is only compared.
struct KeyMaterial: ~Copyable {
    enum Secret: ~Copyable {
        case ed25519(seed: SecretBytes)
        case ecdsa(Scalar)
        case rsa(RSAPrivateKey)
    }

    struct Scalar: ~Copyable {
        let curve: NISTCurve
        let bytes: SecretBytes
    }

    private let secret: Secret
    private let stated: VerificationKey?
    var comment: [UInt8]

    init(_ secret: consuming Secret, stated: VerificationKey?, comment: [UInt8] = []) {
        self.secret = secret
        self.stated = stated
        self.comment = comment
    }

    /// The types of keys that sign here: those of security keys do not, only their authenticators do.
    static func signs(_ type: Name) -> Bool {
        type == SignatureAlgorithm.ed25519.keyType || type == SignatureAlgorithm.rsaSHA512.keyType
            || NISTCurve.allCases.contains { $0.keyType == type }
    }

    /// One type's fields in the private part of an openssh-key-v1 file (OpenSSH PROTOCOL.key, PROTOCOL.agent).
    static func openSSH(_ type: Name, from reader: inout SecretReader) throws(WireError) -> KeyMaterial {
        if type == SignatureAlgorithm.ed25519.keyType { return try ed25519(from: &reader) }
        if type == SignatureAlgorithm.rsaSHA512.keyType { return try rsa(from: &reader) }
        let name = Name(try reader.readPublicString())
        guard let curve = NISTCurve.allCases.first(where: { Name($0.rawValue) == name }), curve.keyType == type else {
            throw .malformed
        }
        let point = try reader.readPublicString()
        return KeyMaterial(.ecdsa(try scalar(on: curve, from: &reader)), stated: .ecdsa(curve, point: point))
    }

    private static func ed25519(from reader: inout SecretReader) throws(WireError) -> KeyMaterial {
        let publicHalf = try reader.readPublicString()
        var secret = SecretReader(try reader.readSecretString())
        let seed = try secret.readSecret(count: 32)
        guard try secret.readPublic(count: 32) == publicHalf else { throw .malformed }
        try secret.requireEnd()
        return KeyMaterial(.ed25519(seed: seed), stated: .ed25519(publicHalf))
    }

    private static func rsa(from reader: inout SecretReader) throws(WireError) -> KeyMaterial {
        let modulus = MPInt(magnitude: try reader.readPublicMagnitude())
        let exponent = MPInt(magnitude: try reader.readPublicMagnitude())
        var key = RSAPrivateKey(modulus: modulus, exponent: exponent)
        key.privateExponent = try reader.readSecretMagnitude()
        key.coefficient = try reader.readSecretMagnitude()
        key.firstPrime = try reader.readSecretMagnitude()
        key.secondPrime = try reader.readSecretMagnitude()
        return KeyMaterial(.rsa(key), stated: .rsa(exponent: exponent, modulus: modulus))
    }

    static func scalar(on curve: NISTCurve, from reader: inout SecretReader) throws(WireError) -> Scalar {
        let bytes = try reader.readSecretMagnitude(minimumByteCount: curve.fieldByteCount)
        guard bytes.count == curve.fieldByteCount else { throw .outOfRange }
        return Scalar(curve: curve, bytes: bytes)
    }

    consuming func privateKey(minimumRSABitCount: Int) throws(KeyFileError) -> PrivateKey {
        let comment = comment
        let stated = try self.stated.map { key throws(KeyFileError) in
            try PublicKey(stated: key.blob, minimumRSABitCount)
        }
        let key: PrivateKey
        do throws(KeyError) {
            key = try PrivateKey(Self.signingKey(secret, minimumRSABitCount), commentBytes: comment)
        } catch {
            // An RSA key whose public numbers are sound: the others do not belong to them.
            let isRSA = stated?.verificationKey.type == SignatureAlgorithm.rsaSHA512.keyType
            throw isRSA && error == .malformed ? .halvesDiffer : KeyFileError(error)
        }
        guard stated == nil || stated == key.publicKey else { throw .halvesDiffer }
        return key
    }

    private static func signingKey(
        _ secret: consuming Secret, _ minimumRSABitCount: Int
    ) throws(KeyError) -> SigningKey {
        do throws(CryptoError) {
            switch consume secret {
            case .ed25519(let seed): return try SigningKey(ed25519Seed: seed)
            case .ecdsa(let scalar): return try SigningKey(ecdsaScalar: scalar.bytes, on: scalar.curve)
            case .rsa(let key): return try SigningKey(rsa: key, minimumBitCount: minimumRSABitCount)
            }
        } catch {
            throw KeyError(error, type: nil)
        }
    }
}
