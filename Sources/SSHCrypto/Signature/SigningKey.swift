import CSodium
package import NIOCore
import SSHWire

/// A private key.
///
/// Its secret parts stay in guarded memory; libcrypto gets a copy for as long as one signature takes.
package final class SigningKey: Sendable {
    package let verificationKey: VerificationKey

    /// libsodium's secret key (seed and public half), or an ECDSA scalar.
    ///
    /// Empty for RSA.
    private let secret: SecretBytes
    /// Empty but for RSA.
    private let rsa: RSAPrivateKey

    /// Derives the public half from the 32-byte seed (RFC 8032 §5.1.5).
    package init(ed25519Seed seed: consuming SecretBytes) throws(CryptoError) {
        guard Sodium.isReady, seed.count == Int(crypto_sign_SEEDBYTES) else { throw .invalidKey }
        var secret = SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES))
        var point = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
        let result = unsafe seed.withUnsafeBytes { seed in
            unsafe secret.withUnsafeMutableBytes { secret in
                guard let seed = unsafe seed.bindMemory(to: UInt8.self).baseAddress,
                    let secret = unsafe secret.bindMemory(to: UInt8.self).baseAddress
                else { return Int32(-1) }
                return unsafe crypto_sign_seed_keypair(&point, secret, seed)
            }
        }
        guard result == 0 else { throw .failed(operation: "crypto_sign_seed_keypair") }
        verificationKey = .ed25519(point)
        self.secret = secret
        rsa = RSAPrivateKey(modulus: MPInt(magnitude: []), exponent: MPInt(magnitude: []))
    }

    /// Derives the public half from the big-endian scalar, which must lie in 1..<n.
    package init(ecdsaScalar scalar: consuming SecretBytes, on curve: NISTCurve) throws(CryptoError) {
        verificationKey = .ecdsa(curve, point: try curve.point(scalar: scalar))
        secret = scalar
        rsa = RSAPrivateKey(modulus: MPInt(magnitude: []), exponent: MPInt(magnitude: []))
    }

    /// Checks that the numbers belong together, and the public half as a peer's would be.
    package init(rsa key: consuming RSAPrivateKey, minimumBitCount: Int = 2048) throws(CryptoError) {
        let verificationKey = VerificationKey.rsa(exponent: key.exponent, modulus: key.modulus)
        try verificationKey.check(minimumRSABitCount: minimumBitCount)
        _ = try key.makeKey()
        self.verificationKey = verificationKey
        secret = SecretBytes(count: 0)
        rsa = key
    }

    /// The signature blob, verified with the public half before anyone sees it: a faulty one could betray the key.
    package func sign(_ message: [UInt8], algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        guard algorithm.plain.keyType == verificationKey.type else { throw .unsupported }
        var blob = ByteBuffer()
        blob.writeString(utf8: algorithm.plain.rawValue)
        switch verificationKey {
        case .ed25519:
            blob.writeString(try signEd25519(message))
        case .ecdsa(let curve, let point):
            let key = try LibcryptoKey.ecdsa(curve, point: point, scalar: secret)
            let der = try key.sign(message, hash: curve.hash)
            blob.writeString(try ECDSASignature(der: der, curve: curve).blob)
        case .rsa:
            guard let hash = algorithm.rsaHash else { throw .unsupported }
            blob.writeString(try rsa.makeKey().sign(message, hash: hash))
        case .ed448, .securityKey:
            throw .unsupported
        }
        let signature = Array(blob.readableBytesView)
        try verificationKey.verify(signature, over: message, algorithm: algorithm)
        return signature
    }

    /// Writes the type and the fields, in the order of key files and agents (OpenSSH PROTOCOL.agent).
    ///
    /// The buffer holds secrets then: reserve the capacity first, and wipe it.
    package func encode(into buffer: inout ByteBuffer) {
        buffer.writeString(verificationKey.type)
        switch verificationKey {
        case .ed25519(let point):
            buffer.writeString(point)
            buffer.writeSecretString(secret)
        case .ecdsa(let curve, let point):
            buffer.writeString(utf8: curve.rawValue)
            buffer.writeString(point)
            buffer.writeSecretMPInt(secret)
        case .rsa(let exponent, let modulus):
            modulus.encode(into: &buffer)
            exponent.encode(into: &buffer)
            buffer.writeSecretMPInt(rsa.privateExponent)
            buffer.writeSecretMPInt(rsa.coefficient)
            buffer.writeSecretMPInt(rsa.firstPrime)
            buffer.writeSecretMPInt(rsa.secondPrime)
        case .ed448, .securityKey:
            break  // Nothing makes a private key of these.
        }
    }

    private func signEd25519(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: Int(crypto_sign_BYTES))
        let result = unsafe secret.withUnsafeBytes { secret in
            guard let secret = unsafe secret.bindMemory(to: UInt8.self).baseAddress else { return Int32(-1) }
            return unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
        }
        guard result == 0 else { throw .failed(operation: "crypto_sign_detached") }
        return signature
    }
}
