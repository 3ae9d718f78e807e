import SSHCrypto
import SSHWire

/// Reads DER (ITU-T X.690) out of a secret: as much as key files need.
///
/// What is secret stays in `SecretBytes`. No length is trusted; whatever does not fit is `malformed`.
struct DERReader: ~Copyable {
    enum Tag: UInt8 {
        case integer = 0x02
        case bitString = 0x03
        case octetString = 0x04
        case identifier = 0x06
        case sequence = 0x30
        /// `[1]` where it stands for a string's own tag (RFC 5958 §2).
        case implicitOne = 0x81
        case zero = 0xA0
        case one = 0xA1
    }

    private let bytes: SecretBytes
    private var index = 0

    init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    func isNext(_ tag: Tag) -> Bool { bytes.byte(at: index) == tag.rawValue }

    mutating func read(_ tag: Tag) throws(KeyFileError) -> SecretBytes {
        bytes.slice(try take(tag))
    }

    mutating func readPublic(_ tag: Tag) throws(KeyFileError) -> [UInt8] {
        bytes.publicSlice(try take(tag))
    }

    mutating func descend(_ tag: Tag = .sequence) throws(KeyFileError) -> DERReader {
        DERReader(try read(tag))
    }

    /// A non-negative number without leading zeros.
    mutating func readInteger() throws(KeyFileError) -> SecretBytes {
        var range = try take(.integer)
        guard let first = bytes.byte(at: range.lowerBound), !range.isEmpty, first & 0x80 == 0,
            range.count <= MPInt.maximumByteCount
        else { throw .malformed }
        while !range.isEmpty, bytes.byte(at: range.lowerBound) == 0 { range.removeFirst() }
        return bytes.slice(range)
    }

    mutating func readPublicInteger() throws(KeyFileError) -> MPInt {
        MPInt(magnitude: bytes.publicSlice(try take(.integer)))
    }

    /// A number that is no secret; one that is very large is the largest.
    mutating func readNumber() throws(KeyFileError) -> Int {
        let magnitude = try readPublicInteger().magnitude
        return magnitude.count > 7 ? .max : magnitude.reduce(0) { $0 << 8 | Int($1) }
    }

    /// A bit string of whole bytes.
    mutating func readBits(_ tag: Tag) throws(KeyFileError) -> [UInt8] {
        let bits = try readPublic(tag)
        guard bits.first == 0 else { throw .malformed }
        return Array(bits.dropFirst())
    }

    func requireEnd() throws(KeyFileError) {
        guard index == bytes.count else { throw .malformed }
    }

    private mutating func take(_ tag: Tag) throws(KeyFileError) -> Range<Int> {
        guard try readByte() == tag.rawValue else { throw .malformed }
        var count = Int(try readByte())
        if count >= 0x80 {
            guard (0x81...0x83).contains(count) else { throw .malformed }
            let lengthByteCount = count - 0x80
            count = 0
            for _ in 0..<lengthByteCount { count = count << 8 | Int(try readByte()) }
        }
        guard count <= bytes.count - index else { throw .malformed }
        defer { index += count }
        return index..<(index + count)
    }

    private mutating func readByte() throws(KeyFileError) -> UInt8 {
        guard let byte = bytes.byte(at: index) else { throw .malformed }
        index += 1
        return byte
    }
}
