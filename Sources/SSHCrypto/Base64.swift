import CSodium

/// Base64 with the standard alphabet (RFC 4648 §4), strict: no stray characters, no loose bits, no missing padding.
package enum Base64 {
    private static let standard = Int32(sodium_base64_VARIANT_ORIGINAL)
    private static let unpadded = Int32(sodium_base64_VARIANT_ORIGINAL_NO_PADDING)

    package static func encode(_ bytes: [UInt8], padded: Bool) -> [UInt8] {
        let variant = padded ? standard : unpadded
        // The count includes the terminating NUL.
        let count = sodium_base64_encoded_len(bytes.count, variant)
        var text = [CChar](repeating: 0, count: count)
        _ = unsafe sodium_bin2base64(&text, count, bytes, bytes.count, variant)
        return text.dropLast().map { UInt8(bitPattern: $0) }
    }

    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        let characters = text.map { CChar(bitPattern: $0) }
        var bytes = [UInt8](repeating: 0, count: characters.count)
        var count = 0
        let result = unsafe sodium_base642bin(
            &bytes, bytes.count, characters, characters.count, nil, &count, nil, standard)
        guard result == 0, count <= bytes.count else { return nil }
        return Array(bytes.prefix(count))
    }
}
