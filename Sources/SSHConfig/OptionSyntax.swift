/// What the arguments of a keyword look like.
enum OptionSyntax: Sendable {
    /// `yes`, `no`, `true` or `false`.
    case flag
    /// One of some words, in any case; the word stands for a canonical one.
    case choice([(word: String, means: String)])
    case number(ClosedRange<Int>)
    /// Seconds, or a sum such as `1h30m`; `none` leaves it open, as in ssh.
    case time
    /// One word.
    case word
    /// One word that patterns are matched against, and so is limited in length.
    case name
    /// The rest of the line as it is, quotes and `#` included.
    case line
    /// Any words.
    case words
    /// What only a function can tell: it gets at least one word, and none is empty.
    case custom(allowed: String, @Sendable ([[UInt8]]) -> OptionValue?)
}

/// A value that has the form its keyword demands.
enum OptionValue: Hashable, Sendable {
    case flag(Bool)
    case choice(String)
    case number(Int)
    case numbers([Int])
    case text(ConfigText)
    case texts([ConfigText])
    case escapeCharacter(EscapeCharacter)
    case agentAddition(AddKeysToAgent)
    case forward(ForwardRule)
    /// As if the line were not there.
    case unset
}

extension OptionSyntax {
    /// Reads the arguments of a line.
    func value(
        of words: [[UInt8]], on line: ConfigLine, for keyword: ConfigKeyword
    ) throws(ConfigError) -> OptionValue {
        if case .line = self {
            return .text(ConfigText(line.text))
        }
        guard !words.contains([]) else {
            throw ConfigError(.missingArgument(ConfigText(line.keyword)), at: line.source)
        }
        if takesOneWord, words.count > 1 {
            throw ConfigError(.extraArguments(ConfigText(line.keyword)), at: line.source)
        }
        guard let value = value(of: words) else { throw badValue(words, of: keyword, at: line.source) }
        return value
    }

    /// Takes a text that is the whole value, as from a command-line flag.
    func value(of text: ConfigText, for keyword: ConfigKeyword, at source: ConfigSource) throws(ConfigError)
        -> OptionValue
    {
        if case .line = self { return .text(text) }
        guard !text.bytes.isEmpty, let value = value(of: [text.bytes]) else {
            throw badValue([text.bytes], of: keyword, at: source)
        }
        return value
    }

    private func badValue(_ words: [[UInt8]], of keyword: ConfigKeyword, at source: ConfigSource) -> ConfigError {
        let value = ConfigText(words.joined(separator: [UInt8(ascii: " ")]))
        return ConfigError(.badValue(keyword: keyword, value: value, allowed: allowed), at: source)
    }

    private var takesOneWord: Bool {
        switch self {
        case .flag, .choice, .number, .time, .word, .name: true
        case .line, .words, .custom: false
        }
    }

    /// `words` holds at least one word, and none is empty.
    private func value(of words: [[UInt8]]) -> OptionValue? {
        guard let first = words.first else { return nil }
        switch self {
        case .flag: return Self.flag(first).map { .flag($0) }
        case .choice(let choices):
            return choices.first { Array($0.word.utf8) == ConfigLexer.lowercased(first) }.map { .choice($0.means) }
        case .number(let range):
            guard let number = Self.decimal(first[...]), range.contains(number) else { return nil }
            return .number(number)
        case .time: return first == Array("none".utf8) ? .unset : Self.seconds(first).map { .number($0) }
        case .word, .line: return .text(ConfigText(first))
        case .name: return first.count <= ConfigLimits.nameByteCount ? .text(ConfigText(first)) : nil
        case .words: return .texts(words.map { ConfigText($0) })
        case .custom(_, let read): return read(words)
        }
    }

    private var allowed: String {
        switch self {
        case .flag: "yes, no, true or false"
        case .choice(let choices): choices.map(\.word).joined(separator: ", ")
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .time: "a time such as 10, 90s or 1h30m"
        case .word, .line, .words: "a text that is not empty"
        case .name: "a name of at most \(ConfigLimits.nameByteCount) bytes"
        case .custom(let allowed, _): allowed
        }
    }

    static func flag(_ word: [UInt8]) -> Bool? {
        switch String(decoding: ConfigLexer.lowercased(word), as: UTF8.self) {
        case "yes", "true": true
        case "no", "false": false
        default: nil
        }
    }

    static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return Int(String(decoding: digits, as: UTF8.self))
    }

    /// Seconds of a time as `ssh` writes it: a sum of numbers, each with a unit or none.
    static func seconds(_ word: [UInt8]) -> Int? {
        var total = 0
        var rest = word[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            rest = rest.dropFirst(digits.count)
            guard let number = decimal(digits), let unit = unitSeconds(rest.popFirst()) else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            guard !overflow, product <= Int(Int32.max) - total else { return nil }
            total += product
        }
        return total
    }

    /// The bytes, 0 for the default, and the seconds where there is a time other than `none`.
    static func rekeyLimit(_ words: [[UInt8]]) -> [Int]? {
        guard words.count <= 2, let first = words.first else { return nil }
        guard let bytes = first == Array("default".utf8) ? 0 : byteCount(first) else { return nil }
        // As in ssh: less is surely a mistake.
        guard bytes == 0 || bytes >= 16 else { return nil }
        guard words.count == 2, let time = words.last, time != Array("none".utf8) else { return [bytes] }
        return seconds(time).map { [bytes, $0] }
    }

    static func agentAddition(_ words: [[UInt8]]) -> AddKeysToAgent? {
        guard let first = words.first, words.count <= 2 else { return nil }
        switch String(decoding: ConfigLexer.lowercased(first), as: UTF8.self) {
        case "yes" where words.count == 1, "true" where words.count == 1: return .yes(seconds: 0)
        case "no" where words.count == 1, "false" where words.count == 1: return .no
        case "ask" where words.count == 1: return .ask
        case "confirm": return seconds(words.count == 2 ? words[1] : Array("0".utf8)).map { .confirm(seconds: $0) }
        default: return words.count == 1 ? seconds(first).map { .yes(seconds: $0) } : nil
        }
    }

    /// A whole number with a unit or none, as `ssh` writes sizes.
    private static func byteCount(_ word: [UInt8]) -> Int? {
        let shifts = Array("bkmgtpe".utf8)
        guard let last = word.last else { return nil }
        let unit = shifts.firstIndex(of: ConfigLexer.lowercased(last))
        guard let number = decimal(unit == nil ? word[...] : word.dropLast()) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (10 * (unit ?? 0)))
        return overflow ? nil : bytes
    }

    private static func unitSeconds(_ letter: UInt8?) -> Int? {
        switch letter.map({ ConfigLexer.lowercased($0) }) {
        case nil, UInt8(ascii: "s"): 1
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "d"): 86400
        case UInt8(ascii: "w"): 604_800
        default: nil
        }
    }

    static func escapeCharacter(_ word: [UInt8]) -> EscapeCharacter? {
        if word == Array("none".utf8) { return EscapeCharacter.none }
        guard let first = word.first, let last = word.last, word.count <= 2 else { return nil }
        if word.count == 1 { return .byte(first) }
        guard first == UInt8(ascii: "^"), (64..<128).contains(last) else { return nil }
        return .byte(last & 31)
    }
}
