import CSodium
package import SSHWire

/// Reads the encodings of RFC 4251 §5 out of a secret, such as a private key file.
///
/// What is secret stays in `SecretBytes`; only fields that are public anyway leave as arrays. No length is trusted.
package struct SecretReader: ~Copyable {
    private let bytes: SecretBytes
    private var index = 0

    package init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    package var remainingByteCount: Int { bytes.count - index }

    package mutating func readByte() throws(WireError) -> UInt8 {
        guard let byte = bytes.byte(at: index) else { throw .truncated }
        index += 1
        return byte
    }

    package mutating func readUInt32() throws(WireError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 { value = value << 8 | UInt32(try readByte()) }
        return value
    }

    /// Bytes that are no secret.
    package mutating func readPublic(count: Int) throws(WireError) -> [UInt8] {
        bytes.publicSlice(try take(count))
    }

    /// A `string` that is no secret.
    package mutating func readPublicString() throws(WireError) -> [UInt8] {
        try readPublic(count: readLength())
    }

    package mutating func readSecret(count: Int) throws(WireError) -> SecretBytes {
        bytes.slice(try take(count))
    }

    package mutating func readSecretString() throws(WireError) -> SecretBytes {
        try readSecret(count: readLength())
    }

    /// The magnitude of a non-negative `mpint`, without leading zeros, or with so many that `minimumByteCount` is filled.
    package mutating func readSecretMagnitude(minimumByteCount: Int = 0) throws(WireError) -> SecretBytes {
        let range = try take(try readLength())
        guard range.count <= MPInt.maximumByteCount else { throw .outOfRange }
        guard let first = bytes.byte(at: range.lowerBound), !range.isEmpty else {
            return SecretBytes(count: minimumByteCount)
        }
        guard first & 0x80 == 0 else { throw .outOfRange }
        var start = range.lowerBound
        while start < range.upperBound, bytes.byte(at: start) == 0 { start += 1 }
        return bytes.slice(start..<range.upperBound, paddedTo: minimumByteCount)
    }

    /// The magnitude of a non-negative `mpint` that is no secret.
    package mutating func readPublicMagnitude() throws(WireError) -> [UInt8] {
        let magnitude = try readSecretMagnitude()
        return magnitude.publicSlice(0..<magnitude.count)
    }

    package func requireEnd() throws(WireError) {
        guard remainingByteCount == 0 else { throw .trailingBytes(count: remainingByteCount) }
    }

    private mutating func readLength() throws(WireError) -> Int {
        guard let length = Int(exactly: try readUInt32()) else { throw .truncated }
        return length
    }

    private mutating func take(_ count: Int) throws(WireError) -> Range<Int> {
        guard count >= 0, count <= remainingByteCount else { throw .truncated }
        defer { index += count }
        return index..<(index + count)
    }
}

/// Safe doors to a secret that is text, for those who take a key file's armour off.
extension SecretBytes {
    package borrowing func byte(at index: Int) -> UInt8? {
        guard index >= 0, index < count else { return nil }
        return unsafe withUnsafeBytes { bytes in unsafe bytes[index] }
    }

    package borrowing func contains(_ text: StaticString, at index: Int) -> Bool {
        guard index >= 0, text.utf8CodeUnitCount <= count - index else { return false }
        return unsafe withUnsafeBytes { bytes in
            unsafe bytes[index..<(index + text.utf8CodeUnitCount)].elementsEqual(
                UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }

    /// Where `text` first stands at or after `index`.
    package borrowing func firstIndex(of text: StaticString, from index: Int) -> Int? {
        var candidate = max(0, index)
        while candidate < count {
            if contains(text, at: candidate) { return candidate }
            candidate += 1
        }
        return nil
    }

    /// A copy of the bytes in `range`, clamped to what there is, after zeros that fill it up to `byteCount`.
    package borrowing func slice(_ range: Range<Int>, paddedTo byteCount: Int = 0) -> SecretBytes {
        let range = range.clamped(to: 0..<count)
        var slice = SecretBytes(count: max(range.count, byteCount))
        let padding = slice.count - range.count
        unsafe withUnsafeBytes { source in
            unsafe slice.withUnsafeMutableBytes { target in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[padding...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
            }
        }
        return slice
    }

    /// What is no secret, of the bytes in `range`, clamped to what there is.
    package borrowing func publicSlice(_ range: Range<Int>) -> [UInt8] {
        let range = range.clamped(to: 0..<count)
        return unsafe withUnsafeBytes { source in unsafe Array(source[range]) }
    }

    /// These bytes, and then others.
    package borrowing func appending(_ bytes: [UInt8]) -> SecretBytes {
        var whole = SecretBytes(count: count + bytes.count)
        unsafe withUnsafeBytes { source in
            unsafe whole.withUnsafeMutableBytes { target in
                unsafe target.copyMemory(from: source)
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[source.count...]).copyBytes(from: bytes)
            }
        }
        return whole
    }

    /// Decodes the base64 text in `range`, ignoring line breaks and blanks, from guarded memory into guarded memory.
    package borrowing func base64Decoded(_ range: Range<Int>) -> SecretBytes? {
        let text = slice(range)
        let capacity = text.count / 4 * 3 + 3
        var decoded = SecretBytes(count: capacity)
        var decodedByteCount = 0
        let result = unsafe text.withUnsafeBytes { source in
            unsafe decoded.withUnsafeMutableBytes { target -> Int32 in
                guard let target = unsafe target.bindMemory(to: UInt8.self).baseAddress else { return -1 }
                return unsafe sodium_base642bin(
                    target, capacity, source.bindMemory(to: CChar.self).baseAddress, source.count, "\r\n \t",
                    &decodedByteCount, nil, Int32(sodium_base64_VARIANT_ORIGINAL))
            }
        }
        guard result == 0 else { return nil }
        return decoded.prefix(decodedByteCount)
    }
}
