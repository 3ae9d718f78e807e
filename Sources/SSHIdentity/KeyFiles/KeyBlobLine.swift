import SSHCrypto
import SSHWire

/// A line of a `.pub` file, type and base64, with what it holds undecoded, be it a key or a certificate.
///
/// Options before the type are not read, nor is the comment.
struct KeyBlobLine {
    let type: Name
    let blob: [UInt8]

    init(_ line: [UInt8]) throws(KeyError) {
        var fields = LineFields(line, in: line.indices.lowerBound..<LineFields.contentEnd(of: line))
        guard let typeField = fields.next(), let text = fields.next(), let blob = Base64.decode(line[text]) else {
            throw .malformed
        }
        type = Name(line[typeField])
        guard PublicKey.type(ofBlob: blob) == type else { throw .malformed }
        self.blob = blob
    }
}

/// The blank-separated fields of one line, as ranges.
///
/// Only SP and TAB separate.
struct LineFields {
    private let bytes: [UInt8]
    /// What is left, without the blanks before it.
    private(set) var rest: Range<Int>

    init(_ bytes: [UInt8], in range: Range<Int>) {
        self.bytes = bytes
        rest = range
        skipBlanks()
    }

    /// The next field, `nil` at the end.
    mutating func next() -> Range<Int>? {
        guard !rest.isEmpty else { return nil }
        var end = rest.lowerBound
        while end < rest.upperBound, !ASCII.isBlank(bytes[end]) { end += 1 }
        defer { skipBlanks() }
        let field = rest.lowerBound..<end
        rest = end..<rest.upperBound
        return field
    }

    /// Whether nothing but a comment is left.
    var isAtComment: Bool { rest.isEmpty || bytes[rest.lowerBound] == ASCII.hash }

    /// The first byte that is left.
    var first: UInt8? { rest.isEmpty ? nil : bytes[rest.lowerBound] }

    private mutating func skipBlanks() {
        var start = rest.lowerBound
        while start < rest.upperBound, ASCII.isBlank(bytes[start]) { start += 1 }
        rest = start..<rest.upperBound
    }

    /// Where a line's content ends: before its LF, and the CR before that.
    static func contentEnd(of line: [UInt8]) -> Int {
        let end = line.firstIndex(of: ASCII.lineFeed) ?? line.endIndex
        guard end > line.startIndex, line[end - 1] == ASCII.carriageReturn else { return end }
        return end - 1
    }
}
