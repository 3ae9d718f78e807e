/// The forms that one keyword alone has, or two.
extension OptionSyntax {
    /// A forwarding in one word or two; the words are joined as the command line has them.
    static func forward(_ kind: ForwardRule.Kind) -> OptionSyntax {
        .custom(allowed: "[address:]port or a path, then host:port or a path") { words in
            guard words.count <= (kind == .dynamic ? 1 : 2) else { return nil }
            let text = ConfigText(words.joined(separator: [UInt8(ascii: ":")]))
            return ForwardRule(text, kind: kind).map(OptionValue.forward)
        }
    }

    /// A word or two of a list that stands for itself: words with `none` only on its own.
    static func list(_ allowed: String, _ read: @escaping @Sendable ([UInt8]) -> [UInt8]?) -> OptionSyntax {
        .custom(allowed: allowed + ", or none on its own") { words in
            if words.count == 1, ConfigText(words[0]).isNone { return .texts([ConfigText("none")]) }
            let found = words.compactMap { ConfigText($0).isNone ? nil : read($0) }
            return found.count == words.count ? .texts(found.map { ConfigText($0) }) : nil
        }
    }

    static let paths = list("one or more paths") { $0 }

    /// Bytes with a unit or `default`, then perhaps a time.
    static let rekeying = custom(
        allowed: "default or bytes such as 512M, then perhaps a time such as 1h or none"
    ) { words in rekeyLimit(words).map { .numbers($0) } }

    /// `yes`, `no`, `ask`, `confirm` and perhaps a time, or a time.
    static let agentAdditions = custom(
        allowed: "yes, no, ask, confirm or a time, or confirm and a time"
    ) { words in agentAddition(words).map { .agentAddition($0) } }

    static let escapes = custom(allowed: "one character, ^ and a letter, or none") { words in
        words.count == 1 ? escapeCharacter(words[0]).map { .escapeCharacter($0) } : nil
    }

    /// Names and patterns of variables to send; with `-`, patterns to take back.
    static let variableNames = custom(allowed: "names of variables, without =") { words in
        words.contains { $0.contains(UInt8(ascii: "=")) } ? nil : .texts(words.map { ConfigText($0) })
    }

    static let assignments = custom(allowed: "NAME=value") { words in
        words.allSatisfy { $0.contains(UInt8(ascii: "=")) } ? .texts(words.map { ConfigText($0) }) : nil
    }

    static let jumps = OptionSyntax.custom(allowed: "[user@]host[:port], perhaps several with commas, or none") {
        // As in ssh, what follows a blank is not read.
        let text = ConfigText($0.first ?? [])
        return text.isNone || JumpHost.list(text) != nil ? .text(text) : nil
    }

    static let domains = list("domain names") { word in
        let name = word.last == UInt8(ascii: ".") ? word.dropLast() : word[...]
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isValid = labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "-") } }
        return isValid && word.first != UInt8(ascii: "-") ? ConfigLexer.lowercased(name) : nil
    }

    static let aliases = list("source-pattern-list:target-pattern-list or *") { word in
        if word == [UInt8(ascii: "*")] { return Array("*:*".utf8) }
        let colon = word.firstIndex(of: UInt8(ascii: ":"))
        return colon == nil || colon == word.count - 1 ? nil : ConfigLexer.lowercased(word)
    }

    static let channelTimeouts = list("type=interval") { channelTimeout($0) == nil ? nil : $0 }

    static let openTargets = custom(allowed: "any, none, or host:port, where the port may be *") { words in
        let texts = words.map { ConfigText($0) }
        if texts == ["any"] || texts == ["none"] { return .texts(texts) }
        let areTargets = words.allSatisfy { word in
            let isAnyPort = word.suffix(2) == Array(":*".utf8)
            return JumpHost.hostAndPort(isAnyPort ? word.dropLast() + [UInt8(ascii: "1")] : word[...])?.port != nil
        }
        return areTargets ? .texts(texts) : nil
    }

    /// `yes` or `no`, or else the path of a socket or a variable's name after `$`.
    static func agentPath(allowsFlag: Bool) -> OptionSyntax {
        .custom(allowed: (allowsFlag ? "yes, no, " : "") + "a path, or a variable's name after $") { words in
            guard words.count == 1, let word = words.first else { return nil }
            if allowsFlag, let flag = flag(word) { return .flag(flag) }
            let isVariable = word.first == UInt8(ascii: "$") && word.dropFirst().first != UInt8(ascii: "{")
            let isName = word.count > 1 && word.dropFirst().allSatisfy(isNameByte)
            return isVariable && !isName ? nil : .text(ConfigText(word))
        }
    }

    /// No numbers for no; else the seconds, 0 for ever.
    static let persistence = custom(allowed: "yes, no, or a time such as 10m") { words in
        guard words.count == 1, let word = words.first else { return nil }
        // As in ssh, case matters here.
        if let flag = word == ConfigLexer.lowercased(word) ? flag(word) : nil { return .numbers(flag ? [0] : []) }
        return seconds(word).map { .numbers([$0]) }
    }

    /// Milliseconds; 0 for no.
    static let keystrokes = custom(allowed: "yes, no, or interval:MILLISECONDS") { words in
        guard words.count == 1, let word = words.first else { return nil }
        if let flag = flag(word) { return .number(flag ? 20 : 0) }
        guard ConfigLexer.lowercased(word.prefix(9)) == Array("interval:".utf8) else { return nil }
        return decimal(word[9...]).flatMap { (1...1000).contains($0) ? .number($0) : nil }
    }

    static let bindMask = custom(allowed: "an octal number to 0777") { words in
        guard words.count == 1, let word = words.first, word.allSatisfy({ (48...55).contains($0) }) else { return nil }
        return Int(String(decoding: word, as: UTF8.self), radix: 8).flatMap { $0 <= 0o777 ? .number($0) : nil }
    }

    static let tunnelDevice = custom(allowed: "local[:remote], each a number or any") { words in
        guard words.count == 1, let word = words.first else { return nil }
        var sides = word.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        if sides.count == 1 { sides.append(Array("any".utf8)[...]) }
        let areValid = sides.allSatisfy { ($0.elementsEqual("any".utf8)) || (decimal($0) ?? .max) < Int(Int32.max) - 1 }
        return areValid ? .texts(sides.map { ConfigText($0) }) : nil
    }

    /// One class or two: for sessions at a terminal, and for the rest; -1 for none.
    static let qualities = custom(allowed: "one or two classes such as ef, af21, cs1, none or a number to 255") {
        words in
        let found = words.compactMap { quality(String(decoding: ConfigLexer.lowercased($0), as: UTF8.self)) }
        return words.count <= 2 && found.count == words.count ? .numbers(found.count == 1 ? found + found : found) : nil
    }

    /// The names of the classes, by their values (RFC 2474, 2597, 3246, 8622; RFC 1349 for the last).
    static let qualityNames: [(name: String, value: Int)] =
        (0..<8).map { ("cs\($0)", $0 << 5) }
        + (1..<5).flatMap { level in (1..<4).map { ("af\(level)\($0)", level << 5 | $0 << 3) } }
        + [("ef", 0xB8), ("le", 4), ("lowdelay", 16), ("throughput", 8), ("reliability", 4), ("none", -1)]

    private static func quality(_ name: String) -> Int? {
        if let known = qualityNames.first(where: { $0.name == name }) { return known.value }
        return NumericAddress.number(Substring(name)).flatMap { $0 <= 255 ? Int($0) : nil }
    }

    static func channelTimeout(_ word: [UInt8]) -> ChannelTimeout? {
        guard let equals = word.lastIndex(of: UInt8(ascii: "=")), equals > 0, equals < word.count - 1,
            let time = seconds(Array(word[(equals + 1)...]))
        else { return nil }
        return ChannelTimeout(type: ConfigText(word[..<equals]), seconds: time)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        let lower = ConfigLexer.lowercased(byte)
        return (97...122).contains(lower) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
    }
}
