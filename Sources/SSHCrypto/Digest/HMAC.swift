import CLibcrypto

/// A keyed hash in one go (RFC 2104), for what is not a packet: hashed host names, key files.
package enum HMAC {
    package static func code(
        _ hash: HashAlgorithm, key: [UInt8], over message: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: hash.byteCount)
        guard let keyByteCount = Int32(exactly: key.count) else { throw .failed(operation: "HMAC") }
        let result = unsafe CLibcrypto.HMAC(
            hash.implementation, key, keyByteCount, message, message.count, &code, nil)
        guard unsafe result != nil else { throw Libcrypto.failure("HMAC") }
        return code
    }

    /// Whether the code is that of two parts in a row, the second a secret; compared in constant time.
    package static func isCode(
        _ code: [UInt8], _ hash: HashAlgorithm, key: borrowing SecretBytes, over head: [UInt8],
        _ secret: borrowing SecretBytes
    ) throws(CryptoError) -> Bool {
        guard code.count == hash.byteCount else { return false }
        // HMAC fills keys up with zeros, so one zero is the empty key, which libcrypto would take for none at all.
        let key = key.count > 0 ? key.copy() : SecretBytes(count: 1)
        let authenticator = try Authenticator(hmac: hash, key: key)
        try unsafe authenticator.update(head, count: head.count)
        try unsafe secret.withUnsafeBytes { (bytes) throws(CryptoError) in try unsafe authenticator.update(bytes) }
        do throws(CryptoError) {
            try unsafe authenticator.verify(code, count: code.count)
            return true
        } catch {
            guard error == .authenticationFailed else { throw error }
            return false
        }
    }
}
