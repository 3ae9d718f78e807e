import CLibcrypto

/// A keyed hash in one go (RFC 2104), for what is not a packet: hashed host names.
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
}
