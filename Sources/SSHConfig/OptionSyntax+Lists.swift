/// The forms that one keyword alone has, or two.
extension OptionSyntax {
    /// Words that stand for themselves once they are read; `none` only on its own.
    static func list(_ allowed: String, _ read: @escaping @Sendable ([UInt8]) -> [UInt8]?) -> OptionSyntax {
        many(allowed + ", or none on its own") { words in
            if words.count == 1, ConfigText(words[0]).isNone { return .texts(["none"]) }
            let found = words.compactMap { ConfigText($0).isNone ? nil : read($0) }
            return found.count == words.count ? .texts(found.map { ConfigText($0) }) : nil
        }
    }

    static let paths = list("one or more paths") { $0 }

    static let domains = list("domain names") { word in
        let name = word.last == UInt8(ascii: ".") ? word.dropLast() : word[...]
        let labels = name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isValid = labels.allSatisfy { !$0.isEmpty && $0.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "-") } }
        return isValid && !"-_".utf8.contains(word[0]) ? ConfigLexer.lowercased(name) : nil
    }

    static let aliases = list("source-pattern-list:target-pattern-list or *") { word in
        if word == [UInt8(ascii: "*")] { return Array("*:*".utf8) }
        let colon = word.firstIndex(of: UInt8(ascii: ":"))
        return colon == nil || colon == word.count - 1 ? nil : ConfigLexer.lowercased(word)
    }

    static let channelTimeouts = list("type=interval") { ChannelTimeout($0) == nil ? nil : $0 }

    /// Bytes with a unit or `default`, then perhaps a time; 0 bytes for the default, and no seconds for `none`.
    static let rekeying = many("default or bytes such as 512M, then perhaps a time such as 1h or none") { words in
        guard words.count <= 2, let bytes = words[0] == Array("default".utf8) ? 0 : byteCount(words[0]),
            // As in ssh: less is surely a mistake.
            bytes == 0 || bytes >= 16
        else { return nil }
        guard words.count == 2, words[1] != Array("none".utf8) else { return .numbers([bytes]) }
        return seconds(words[1][...]).map { .numbers([bytes, $0]) }
    }

    /// `yes`, `no`, `ask`, `confirm` and perhaps a time, or a time.
    static let agentAdditions = many("yes, no, ask, confirm or a time, or confirm and a time") { words in
        let time = words.count == 2 ? words[1] : [UInt8(ascii: "0")]
        if words.count <= 2, lowercased(words[0]) == "confirm" {
            return seconds(time[...]).map { .agentAddition(.confirm(seconds: $0)) }
        }
        guard words.count == 1 else { return nil }
        if let isOn = truth(words[0]) { return .agentAddition(isOn ? .yes(seconds: 0) : .no) }
        if lowercased(words[0]) == "ask" { return .agentAddition(.ask) }
        return seconds(words[0][...]).map { .agentAddition(.yes(seconds: $0)) }
    }

    static let escapes = one("one character, ^ and a letter, or none") { word in
        if word == Array("none".utf8) { return .escapeCharacter(.none) }
        if word.count == 1 { return .escapeCharacter(.byte(word[0])) }
        guard word.count == 2, word[0] == UInt8(ascii: "^"), (64..<128).contains(word[1]) else { return nil }
        return .escapeCharacter(.byte(word[1] & 31))
    }

    /// Names and patterns of variables to send; with `-`, patterns to take back.
    static let variableNames = many(
        "names of variables, without =, of at most \(ConfigLimits.nameByteCount) bytes"
    ) { words in
        let areNames = words.allSatisfy { !$0.contains(UInt8(ascii: "=")) && $0.count <= ConfigLimits.nameByteCount }
        return areNames ? .texts(words.map { ConfigText($0) }) : nil
    }

    static let assignments = many("NAME=value") { words in
        words.allSatisfy { $0.contains(UInt8(ascii: "=")) } ? .texts(words.map { ConfigText($0) }) : nil
    }

    /// A forwarding in one word or two; the words are joined as the command line has them.
    static func forward(_ kind: ForwardRule.Kind) -> OptionSyntax {
        many("[address:]port or a path, then host:port or a path") { words in
            guard words.count <= (kind == .dynamic ? 1 : 2) else { return nil }
            let text = ConfigText(words.joined(separator: [UInt8(ascii: ":")]))
            return ForwardRule(text, kind: kind).map { .forward($0) }
        }
    }

    static let jumps = many("[user@]host[:port], perhaps several with commas, or none") { words in
        // As in ssh, what follows a blank is not read.
        let text = ConfigText(words[0])
        return text.isNone || JumpHost.list(text) != nil ? .text(text) : nil
    }

    static let openTargets = many("any, none, or host:port, where the port may be *") { words in
        let texts = words.map { ConfigText($0) }
        let areTargets = words.allSatisfy { word in
            let isAnyPort = word.suffix(2) == Array(":*".utf8)
            return JumpHost.hostAndPort(isAnyPort ? word.dropLast() + [UInt8(ascii: "1")] : word[...])?.port != nil
        }
        return areTargets || texts == ["any"] || texts == ["none"] ? .texts(texts) : nil
    }

    /// The path of a socket or a variable's name after `$`, or else perhaps `yes` or `no`.
    static func agentPath(allowsFlag: Bool) -> OptionSyntax {
        one((allowsFlag ? "yes, no, " : "") + "a path, or a variable's name after $") { word in
            if allowsFlag, let flag = truth(word) { return .flag(flag) }
            let isVariable = word[0] == UInt8(ascii: "$") && word.dropFirst().first != UInt8(ascii: "{")
            let isName = word.count > 1 && word.dropFirst().allSatisfy(isNameByte)
            return isVariable && !isName ? nil : .text(ConfigText(word))
        }
    }

    /// No numbers for no; else the seconds, 0 for ever; as in ssh, case matters here.
    static let persistence = one("yes, no, or a time such as 10m") { word in
        let flag = word == ConfigLexer.lowercased(word) ? truth(word) : nil
        return flag.map { .numbers($0 ? [0] : []) } ?? seconds(word[...]).map { .numbers([$0]) }
    }

    /// Milliseconds; 0 for no.
    static let keystrokes = one("yes, no, or interval:MILLISECONDS") { word in
        if let flag = truth(word) { return .number(flag ? 20 : 0) }
        guard word.starts(with: "interval:".utf8), let interval = decimal(word[9...]) else { return nil }
        return (1...1000).contains(interval) ? .number(interval) : nil
    }

    static let bindMask = one("an octal number to 0777") { word in
        guard word.allSatisfy(isDigit) else { return nil }
        return Int(lowercased(word), radix: 8).flatMap { $0 <= 0o777 ? .number($0) : nil }
    }

    static let tunnelDevice = one("local[:remote], each a number or any") { word in
        var sides = word.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        if sides.count == 1 { sides.append(Array("any".utf8)[...]) }
        let areValid = sides.allSatisfy { $0.elementsEqual("any".utf8) || decimal($0) ?? .max < Int(Int32.max) - 1 }
        return areValid ? .texts(sides.map { ConfigText($0) }) : nil
    }

    /// One class or two: for sessions at a terminal, and for the rest; -1 for none.
    static let qualities = many("one or two classes such as ef, af21, cs1, none or a number to 255") { words in
        let found = words.compactMap { quality(lowercased($0)) }
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

    /// A whole number with a unit or none, as `ssh` writes sizes.
    static func byteCount(_ word: [UInt8]) -> Int? {
        let unit = word.last.flatMap { Array("bkmgtpe".utf8).firstIndex(of: ConfigLexer.lowercased($0)) }
        guard let number = decimal(unit == nil ? word[...] : word.dropLast()) else { return nil }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (10 * (unit ?? 0)))
        return overflow ? nil : bytes
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        (97...122).contains(ConfigLexer.lowercased(byte)) || isDigit(byte) || byte == UInt8(ascii: "_")
    }
}

extension ConfigText {
    /// A whole number with a unit (`K`, `M`, `G` and so on) or none; `nil` for anything else.
    package var byteCount: Int? { OptionSyntax.byteCount(bytes) }
}
