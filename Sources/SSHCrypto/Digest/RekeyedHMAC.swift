/// HMAC-SHA1 of a few short messages under one short key after another (RFC 2104).
///
/// For finding a name among a hundred thousand salted hashes: libcrypto takes eight times as long to give its own HMAC a
/// new key as it takes for the four blocks that are hashed here.
package struct RekeyedHMAC: ~Copyable {
    private static let blockByteCount = 64
    /// Of a key and of a code.
    package static let byteCount = 20

    private var hasher: Digest
    /// Each message behind a block for the inner key.
    private var inner: [[UInt8]]
    /// A block for the outer key, and the inner digest.
    private var outer = [UInt8](repeating: 0x5C, count: blockByteCount + byteCount)
    private var digest = [UInt8](repeating: 0, count: byteCount)

    package init(messages: [[UInt8]]) throws(CryptoError) {
        hasher = try Digest(.sha1)
        inner = messages.map { [UInt8](repeating: 0x36, count: Self.blockByteCount) + $0 }
    }

    /// The message whose code under the key is the code; `keysAndCodes` holds both at `offset`, one after the other.
    package mutating func message(at offset: Int, in keysAndCodes: [UInt8]) throws(CryptoError) -> Int? {
        guard offset >= 0, keysAndCodes.count - offset >= 2 * Self.byteCount else {
            throw .failed(operation: "a short HMAC key")
        }
        for index in 0..<Self.byteCount { outer[index] = keysAndCodes[offset + index] ^ 0x5C }
        for message in inner.indices {
            for index in 0..<Self.byteCount { inner[message][index] = keysAndCodes[offset + index] ^ 0x36 }
            try hasher.hash(inner[message], into: &digest)
            for index in 0..<Self.byteCount { outer[Self.blockByteCount + index] = digest[index] }
            try hasher.hash(outer, into: &digest)
            let code = offset + Self.byteCount
            if digest.elementsEqual(keysAndCodes[code..<(code + Self.byteCount)]) { return message }
        }
        return nil
    }
}
