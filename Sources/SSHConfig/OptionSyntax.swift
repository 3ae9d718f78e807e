/// What the arguments of a keyword look like.
struct OptionSyntax: Sendable {
    typealias Reader<Words> = @Sendable (Words) -> OptionValue?

    /// What is taken, for a person.
    let allowed: String
    var takesOneWord = false
    /// Whether the value is the rest of the line as it is, quotes and `#` included.
    var takesLine = false
    /// Gets at least one word, none of them empty; `nil` for a bad value.
    let read: Reader<[[UInt8]]>

    static func one(_ allowed: String, _ read: @escaping Reader<[UInt8]>) -> OptionSyntax {
        OptionSyntax(allowed: allowed, takesOneWord: true) { $0.first.flatMap(read) }
    }

    static func many(_ allowed: String, _ read: @escaping Reader<[[UInt8]]>) -> OptionSyntax {
        OptionSyntax(allowed: allowed, read: read)
    }
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
    static let flag = one("yes, no, true or false") { truth($0).map { .flag($0) } }
    /// Seconds, or a sum such as `1h30m`; `none` leaves it open, as in ssh.
    static let time = one("a time such as 10, 90s or 1h30m") { word in
        word == Array("none".utf8) ? .unset : seconds(word[...]).map { .number($0) }
    }
    static let word = one("a text that is not empty") { .text(ConfigText($0)) }
    /// One word that patterns are matched against, and so is limited in length.
    static let name = one("a name of at most \(ConfigLimits.nameByteCount) bytes") {
        $0.count <= ConfigLimits.nameByteCount ? .text(ConfigText($0)) : nil
    }
    static let words = many("a text that is not empty") { .texts($0.map { ConfigText($0) }) }
    static let line = OptionSyntax(allowed: "a text that is not empty", takesLine: true) { _ in nil }

    /// One of some words, in any case; a word may stand for another, `true=yes`.
    static func choice(_ words: String) -> OptionSyntax {
        let choices = words.split(separator: " ").map { $0.split(separator: "=").map(String.init) }
        return one(choices.map { $0[0] }.joined(separator: ", ")) { word in
            choices.first { $0[0] == lowercased(word) }.flatMap(\.last).map { .choice($0) }
        }
    }

    static func number(_ range: ClosedRange<Int>) -> OptionSyntax {
        one("a number from \(range.lowerBound) to \(range.upperBound)") { word in
            decimal(word[...]).flatMap { range.contains($0) ? .number($0) : nil }
        }
    }

    /// Reads the arguments of a line.
    func value(
        of words: [[UInt8]], on line: ConfigLine, for keyword: ConfigKeyword
    ) throws(ConfigError) -> OptionValue {
        if takesLine { return .text(ConfigText(line.text)) }
        guard !words.contains([]) else {
            throw ConfigError(.missingArgument(ConfigText(line.keyword)), at: line.source)
        }
        if takesOneWord, words.count > 1 {
            throw ConfigError(.extraArguments(ConfigText(line.keyword)), at: line.source)
        }
        guard let value = read(words) else { throw badValue(words, of: keyword, at: line.source) }
        return value
    }

    /// Takes a text that is the whole value, as from a command-line flag.
    func value(
        of text: ConfigText, for keyword: ConfigKeyword, at source: ConfigSource
    ) throws(ConfigError) -> OptionValue {
        if takesLine { return .text(text) }
        guard !text.bytes.isEmpty, let value = read([text.bytes]) else {
            throw badValue([text.bytes], of: keyword, at: source)
        }
        return value
    }

    private func badValue(_ words: [[UInt8]], of keyword: ConfigKeyword, at source: ConfigSource) -> ConfigError {
        let value = ConfigText(words.joined(separator: [UInt8(ascii: " ")]))
        return ConfigError(.badValue(keyword: keyword, value: value, allowed: allowed), at: source)
    }

    static func lowercased(_ word: some Sequence<UInt8>) -> String {
        String(decoding: ConfigLexer.lowercased(word), as: UTF8.self)
    }

    static func truth(_ word: [UInt8]) -> Bool? {
        ["yes": true, "true": true, "no": false, "false": false][lowercased(word)]
    }

    static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        digits.allSatisfy(isDigit) ? Int(String(decoding: digits, as: UTF8.self)) : nil
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// Seconds of a time as `ssh` writes it: a sum of numbers, each with a unit or none.
    static func seconds(_ word: ArraySlice<UInt8>) -> Int? {
        let units: [UInt8: Int] = [115: 1, 109: 60, 104: 3600, 100: 86400, 119: 604_800]
        var total = 0
        var rest = word
        while !rest.isEmpty {
            let digits = rest.prefix(while: isDigit)
            rest = rest.dropFirst(digits.count)
            let unit = rest.popFirst().map { units[ConfigLexer.lowercased($0)] } ?? 1
            guard let number = decimal(digits), let unit else { return nil }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit)
            guard !overflow, product <= Int(Int32.max) - total else { return nil }
            total += product
        }
        return total
    }
}
