import CLibcrypto
package import NIOCore

/// One hash in the making.
@safe package struct Digest: ~Copyable {
    private let context: OpaquePointer
    private let algorithm: HashAlgorithm

    package init(_ algorithm: HashAlgorithm) throws(CryptoError) {
        guard let context = unsafe EVP_MD_CTX_new() else { throw Libcrypto.failure("EVP_MD_CTX_new") }
        guard unsafe EVP_DigestInit_ex(context, algorithm.implementation, nil) == 1 else {
            unsafe EVP_MD_CTX_free(context)
            throw Libcrypto.failure("EVP_DigestInit_ex")
        }
        unsafe self.context = context
        self.algorithm = algorithm
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    package mutating func update(_ bytes: ByteBuffer) throws(CryptoError) {
        try unsafe bytes.withUnsafeReadableBytes { (source) throws(CryptoError) in try unsafe update(source) }
    }

    package mutating func update(_ bytes: [UInt8]) throws(CryptoError) {
        try Libcrypto.require(unsafe EVP_DigestUpdate(context, bytes, bytes.count), "EVP_DigestUpdate")
    }

    package mutating func update(_ secret: borrowing SecretBytes) throws(CryptoError) {
        try unsafe secret.withUnsafeBytes { (source) throws(CryptoError) in try unsafe update(source) }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard bytes.count > 0 else { return }
        try Libcrypto.require(unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count), "EVP_DigestUpdate")
    }

    package consuming func finalize() throws(CryptoError) -> [UInt8] {
        var result = [UInt8](repeating: 0, count: algorithm.byteCount)
        try Libcrypto.require(unsafe EVP_DigestFinal_ex(context, &result, nil), "EVP_DigestFinal_ex")
        return result
    }

    /// Writes the hash where a secret is wanted, without an array in between.
    package consuming func finalize(into secret: inout SecretBytes, at offset: Int) throws(CryptoError) {
        guard offset >= 0, secret.count - offset >= algorithm.byteCount else {
            throw .failed(operation: "room for a digest")
        }
        let result = unsafe secret.withUnsafeMutableBytes { target in
            let bytes = unsafe target.bindMemory(to: UInt8.self).baseAddress.map { unsafe $0 + offset }
            return unsafe EVP_DigestFinal_ex(context, bytes, nil)
        }
        try Libcrypto.require(result, "EVP_DigestFinal_ex")
    }

    /// Begins anew and writes the hash of `bytes` over what `result` begins with.
    mutating func hash(_ bytes: [UInt8], into result: inout [UInt8]) throws(CryptoError) {
        guard result.count >= algorithm.byteCount else { throw .failed(operation: "room for a digest") }
        // Without an algorithm libcrypto begins anew with the one at hand.
        try Libcrypto.require(unsafe EVP_DigestInit_ex(context, nil, nil), "EVP_DigestInit_ex")
        try update(bytes)
        try Libcrypto.require(unsafe EVP_DigestFinal_ex(context, &result, nil), "EVP_DigestFinal_ex")
    }

    package static func hash(_ algorithm: HashAlgorithm, _ bytes: [UInt8]) throws(CryptoError) -> [UInt8] {
        var digest = try Digest(algorithm)
        try digest.update(bytes)
        return try digest.finalize()
    }
}
