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

    /// Whether the field has the one shape that can match a name.
    static func isWellFormed(_ field: ArraySlice<UInt8>) -> Bool {
        guard field.count == fieldByteCount, field.starts(with: prefix) else { return false }
        let salt = saltText(of: field)
        guard field[salt.endIndex] == delimiter else { return false }
        return isEncoded(salt) && isEncoded(field[(salt.endIndex + 1)...])
    }

    /// `field` is well-formed.
    static func matches(_ name: HostName, field: ArraySlice<UInt8>) -> Bool {
        let text = saltText(of: field)
        guard let salt = Base64.decode(text), salt.count == saltByteCount else { return false }
        guard let hash = try? HMAC.code(.sha1, key: salt, over: name.bytes) else { return false }
        return field[(text.endIndex + 1)...].elementsEqual(Base64.encode(hash, padded: true))
    }

    private static func saltText(of field: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        field.dropFirst(prefix.count).prefix(encodedByteCount)
    }

    /// Twenty-seven characters of the alphabet and one of padding.
    private static func isEncoded(_ text: ArraySlice<UInt8>) -> Bool {
        text.last == UInt8(ascii: "=") && text.dropLast().allSatisfy(isBase64)
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: false
        }
    }
}
