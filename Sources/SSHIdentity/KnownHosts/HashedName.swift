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

    /// The salt and the hash, where the field has the one shape that can match a name.
    static func parts(of field: ArraySlice<UInt8>) -> (salt: [UInt8], hash: [UInt8])? {
        guard field.count == fieldByteCount, field.starts(with: prefix) else { return nil }
        let texts = field.dropFirst(prefix.count)
        let middle = texts.startIndex + encodedByteCount
        guard texts[middle] == delimiter, let salt = decode(texts[..<middle]) else { return nil }
        return decode(texts[(middle + 1)...]).map { (salt, $0) }
    }

    /// Decodes 28 characters of strict base64 to 20 bytes.
    ///
    /// Here, and not by libsodium, because none of it is secret and a file may hold a hundred thousand of them.
    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        guard text.count == encodedByteCount, text.last == UInt8(ascii: "=") else { return nil }
        var bytes: [UInt8] = []
        var bits: UInt32 = 0
        var bitCount = 0
        for character in text.dropLast() {
            guard let value = value(of: character) else { return nil }
            bits = bits << 6 | value
            bitCount += 6
            guard bitCount >= 8 else { continue }
            bitCount -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            bits &= 1 << bitCount - 1
        }
        return bits == 0 ? bytes : nil
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

/// Looks for one name among hashed ones.
struct HashedNameMatcher: ~Copyable {
    private let name: HostName
    private let code: RekeyedHMAC

    /// `nil` when the library has no HMAC-SHA1: then no hashed name matches.
    init?(_ name: HostName) {
        guard let code = try? RekeyedHMAC() else { return nil }
        self.code = code
        self.name = name
    }

    /// Whether `field` is the name's.
    func matches(_ field: ArraySlice<UInt8>) -> Bool {
        guard let (salt, hash) = HashedName.parts(of: field) else { return false }
        guard let ours = try? code.code(key: salt, over: name.bytes) else { return false }
        return ours == hash
    }
}
