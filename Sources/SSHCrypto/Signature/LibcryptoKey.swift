import CLibcrypto
import SSHWire

/// A key as libcrypto holds it, for as long as one signature takes.
@safe struct LibcryptoKey: ~Copyable {
    private let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    /// An uncompressed point; libcrypto refuses one that is not on the curve.
    static func ecdsa(_ curve: NISTCurve, point: [UInt8]) throws(CryptoError) -> LibcryptoKey {
        let parameters = try KeyParameters()
        return try make(parameters, curve, point, .publicKey)
    }

    static func ecdsa(
        _ curve: NISTCurve, point: [UInt8], scalar: borrowing SecretBytes
    ) throws(CryptoError) -> LibcryptoKey {
        let parameters = try KeyParameters()
        let number = try BigNumber(scalar)
        try parameters.add("priv", number)
        return try make(parameters, curve, point, .keyPair)
    }

    /// (The point is no secret. But an array's bytes are lent only to closures that return something copyable.)
    private static func make(
        _ parameters: borrowing KeyParameters, _ curve: NISTCurve, _ point: [UInt8],
        _ selection: KeyParameters.Selection
    ) throws(CryptoError) -> LibcryptoKey {
        try parameters.add("group", curve.groupName)
        let bytes = SecretBytes(copying: point)
        return try unsafe bytes.withUnsafeBytes { (bytes) throws(CryptoError) -> LibcryptoKey in
            try unsafe parameters.add("pub", bytes)
            return try parameters.make("EC", selection)
        }
    }

    static func rsa(exponent: MPInt, modulus: MPInt) throws(CryptoError) -> LibcryptoKey {
        let parameters = try KeyParameters()
        let e = try BigNumber(exponent)
        let n = try BigNumber(modulus)
        try parameters.add("n", n)
        try parameters.add("e", e)
        return try parameters.make("RSA", .publicKey)
    }

    static func ed448(_ point: [UInt8]) throws(CryptoError) -> LibcryptoKey {
        guard let key = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED448", nil, point, point.count) else {
            ERR_clear_error()
            throw .invalidKey
        }
        return unsafe LibcryptoKey(key)
    }

    /// Throws `invalidSignature` unless the signature is right.
    func verify(_ signature: [UInt8], over message: [UInt8], hash: HashAlgorithm?) throws(CryptoError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw Libcrypto.failure("EVP_MD_CTX_new") }
        defer { unsafe EVP_MD_CTX_free(context) }
        let started = unsafe EVP_DigestVerifyInit(context, nil, hash?.implementation, nil, pointer)
        try Libcrypto.require(started, "EVP_DigestVerifyInit")
        guard unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1 else {
            ERR_clear_error()
            throw .invalidSignature
        }
    }

    func sign(_ message: [UInt8], hash: HashAlgorithm) throws(CryptoError) -> [UInt8] {
        guard let context = unsafe EVP_MD_CTX_new() else { throw Libcrypto.failure("EVP_MD_CTX_new") }
        defer { unsafe EVP_MD_CTX_free(context) }
        let started = unsafe EVP_DigestSignInit(context, nil, hash.implementation, nil, pointer)
        try Libcrypto.require(started, "EVP_DigestSignInit")
        var count = 0
        try Libcrypto.require(
            unsafe EVP_DigestSign(context, nil, &count, message, message.count), "EVP_DigestSign")
        var signature = [UInt8](repeating: 0, count: count)
        try Libcrypto.require(
            unsafe EVP_DigestSign(context, &signature, &count, message, message.count), "EVP_DigestSign")
        return Array(signature.prefix(count))
    }
}
