import SSHCrypto

/// Goes through the lines of a key file, which end in LF or CR LF.
struct KeyFileLines {
    private(set) var position: Int

    init(from position: Int = 0) {
        self.position = position
    }

    /// The next line without its end.
    mutating func next(in file: borrowing SecretBytes) -> Range<Int>? {
        guard position < file.count else { return nil }
        let (start, end) = (position, file.firstIndex(of: "\n", from: position) ?? file.count)
        position = end + 1
        let isCarriageReturn = end > start && file.byte(at: end - 1) == ASCII.carriageReturn
        return start..<(isCarriageReturn ? end - 1 : end)
    }

    /// What follows `name` on the next line.
    mutating func field(_ name: StaticString, in file: borrowing SecretBytes) throws(KeyFileError) -> [UInt8] {
        guard let line = next(in: file), file.contains(name, at: line.lowerBound) else { throw .malformed }
        return Array(file.publicSlice(line).dropFirst(name.utf8CodeUnitCount))
    }

    /// A number that follows `name` on the next line.
    mutating func number(_ name: StaticString, in file: borrowing SecretBytes) throws(KeyFileError) -> Int {
        guard let number = Int(String(decoding: try field(name, in: file), as: UTF8.self)), number >= 0 else {
            throw .malformed
        }
        return number
    }

    /// Base64 in as many lines as `name` says.
    mutating func base64(_ name: StaticString, in file: borrowing SecretBytes) throws(KeyFileError) -> SecretBytes {
        let count = try number(name, in: file)
        let start = position
        for _ in 0..<count {
            guard next(in: file) != nil else { throw .malformed }
        }
        guard let bytes = file.base64Decoded(start..<position) else { throw .malformed }
        return bytes
    }

    static func hexadecimal(_ text: some Collection<UInt8>) throws(KeyFileError) -> [UInt8] {
        let digits = text.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == text.count, digits.count.isMultiple(of: 2) else { throw .malformed }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
