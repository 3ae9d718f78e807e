/// Splits lines into words, with the two word grammars of `ssh_config(5)`.
///
/// The keyword, and the criteria of `Match`, end at a blank or at one `=`, and know only whole double quotes. All other
/// arguments know single and double quotes and the backslash, and end at a `#` that begins a word.
enum ConfigLexer {
    /// Takes the next line, without its line feed and trailing blanks (so that CRLF ends a line); `nil` at the end.
    static func takeLine(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let line = rest.prefix { $0 != UInt8(ascii: "\n") }
        rest = rest[line.endIndex...].dropFirst()
        return trimmingEnd(of: line)
    }

    /// The line without trailing blanks; a form feed is one here and nowhere else, as in `ssh`.
    static func trimmingEnd(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, isBlank(last) || last == 0x0C { line = line.dropLast() }
        return line
    }

    /// Takes the next keyword or `Match` criterion, and the blanks and the one `=` after it; `nil` at the end.
    static func takeDelimited(
        _ rest: inout ArraySlice<UInt8>, at source: ConfigSource
    ) throws(ConfigError) -> [UInt8]? {
        rest = rest.drop(while: isBlank)
        guard !rest.isEmpty else { return nil }
        var word = Array(rest.prefix { !isBlank($0) && $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: "\"") })
        rest = rest.dropFirst(word.count)
        if rest.first == UInt8(ascii: "\"") {
            let quoted = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
            guard quoted.endIndex < rest.endIndex else { throw ConfigError(.invalidQuotes, at: source) }
            word += quoted
            rest = rest[quoted.endIndex...].dropFirst()
        }
        rest = rest.drop(while: isBlank)
        if rest.first == UInt8(ascii: "=") { rest = rest.dropFirst().drop(while: isBlank) }
        return word
    }

    /// All arguments of a line, without quotes and escapes, up to a comment.
    static func arguments(of rest: ArraySlice<UInt8>, at source: ConfigSource) throws(ConfigError) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var rest = rest
        while true {
            rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard let first = rest.first, first != UInt8(ascii: "#") else { return words }
            words.append(try takeArgument(&rest, at: source))
        }
    }

    private static func takeArgument(
        _ rest: inout ArraySlice<UInt8>, at source: ConfigSource
    ) throws(ConfigError) -> [UInt8] {
        var word: [UInt8] = []
        var quote: UInt8?
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                if let next = rest.first, isEscapable(next, quoted: quote != nil) {
                    word.append(next)
                    rest = rest.dropFirst()
                } else {
                    word.append(byte)
                }
            case UInt8(ascii: " ") where quote == nil, UInt8(ascii: "\t") where quote == nil:
                return word
            case UInt8(ascii: "\"") where quote == nil, UInt8(ascii: "'") where quote == nil:
                quote = byte
            case _ where byte == quote:
                quote = nil
            default:
                word.append(byte)
            }
        }
        guard quote == nil else { throw ConfigError(.invalidQuotes, at: source) }
        return word
    }

    private static func isEscapable(_ byte: UInt8, quoted: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        case UInt8(ascii: " "): !quoted
        default: false
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): true
        default: false
        }
    }

    /// ASCII letters in lower case; other bytes as they are.
    static func lowercased(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        bytes.map(lowercased)
    }

    static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
