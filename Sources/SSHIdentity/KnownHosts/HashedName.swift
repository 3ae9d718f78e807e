package import SSHCrypto

/// A host's name as `|1|salt|hash`: HMAC-SHA1 of the name, keyed by the salt, both in base64 (OpenSSH's HashKnownHosts).
package enum HashedName {
    static let delimiter = UInt8(ascii: "|")

    private static let saltByteCount = 20
    private static let prefix = Array("|1|".utf8)
    /// Twenty bytes in base64.
    private static let encodedByteCount = 28
    private static let fieldByteCount = 3 + encodedByteCount + 1 + encodedByteCount

    package static func field(for name: HostName, salt: [UInt8]) throws(CryptoError) -> [UInt8] {
        let hash = try HMAC.code(.sha1, key: salt, over: name.bytes)
        return prefix + Base64.encode(salt, padded: true) + [delimiter] + Base64.encode(hash, padded: true)
    }

    package static func newSalt(from random: inout RandomSource) -> [UInt8] {
        random.bytes(count: saltByteCount)
    }

    /// Appends the salt and the hash, where the field has the one shape that can match a name; else nothing.
    static func append(_ field: Range<Int>, of bytes: [UInt8], to saltsAndHashes: inout [UInt8]) -> Bool {
        guard field.count == fieldByteCount, bytes[field].starts(with: prefix) else { return false }
        let salt = field.lowerBound + prefix.count
        let middle = salt + encodedByteCount
        guard bytes[middle] == delimiter else { return false }
        let count = saltsAndHashes.count
        if decode(bytes, at: salt, to: &saltsAndHashes), decode(bytes, at: middle + 1, to: &saltsAndHashes) {
            return true
        }
        saltsAndHashes.removeLast(saltsAndHashes.count - count)
        return false
    }

    /// Decodes 28 characters of strict base64 to 20 bytes.
    ///
    /// Here, and not by libsodium, because none of it is secret and a file may hold a hundred thousand of them.
    private static func decode(_ bytes: [UInt8], at start: Int, to decoded: inout [UInt8]) -> Bool {
        let last = start + encodedByteCount - 1
        var bits: UInt32 = 0
        var bitCount = 0
        for index in start..<last {
            let value = values[Int(bytes[index])]
            guard value < 64 else { return false }
            bits = bits << 6 | UInt32(value)
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            decoded.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            bits &= 1 << bitCount - 1
        }
        return bits == 0 && bytes[last] == UInt8(ascii: "=")
    }

    /// Of every byte as a character of base64; 64 where it is none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
        for (value, character) in zip(UInt8(0)..., alphabet) { values[Int(character)] = value }
        return values
    }()
}
