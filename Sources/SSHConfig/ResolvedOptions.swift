/// One line that set an option.
public struct ConfigEntry: Hashable, Sendable {
    /// The keyword, whatever its spelling was.
    public let keyword: ConfigKeyword
    /// What followed the keyword, as it was written.
    public let written: ConfigText
    /// The place that set it.
    public let source: ConfigSource

    /// The value, with its tokens expanded once the resolution is over.
    var value: OptionValue
    /// The value before that.
    let unexpanded: OptionValue
    /// Whether tokens stay as they are, as in a user name from the command line.
    var isLiteral = false

    init(keyword: ConfigKeyword, written: ConfigText, source: ConfigSource, value: OptionValue) {
        self.keyword = keyword
        self.written = written
        self.source = source
        self.value = value
        unexpanded = value
    }

    /// Whether the value is more than a refusal.
    var asksForSomething: Bool {
        !["no", "false", "none", "never"].contains { ConfigLexer.lowercased(written.bytes) == Array($0.utf8) }
    }

    /// For SetEnv: of several assignments to one name on the line, the first stands.
    var withFirstOfEachName: ConfigEntry {
        guard case .texts(let assignments) = value else { return self }
        var seen: Set<[UInt8]> = []
        var entry = self
        entry.value = .texts(
            assignments.filter { seen.insert(Array($0.bytes.prefix { $0 != UInt8(ascii: "=") })).inserted })
        return entry
    }
}

/// Something that was read and does nothing, worth a line at `-v`.
public struct ConfigNote: Hashable, Sendable, CustomStringConvertible {
    /// The kinds of note.
    public enum Kind: Hashable, Sendable {
        /// The keyword is known, asks for something, and does not act.
        case notActedOn(ConfigKeyword)
        /// The keyword has gone out of use.
        case obsolete(ConfigText)
        /// The keyword is unknown, and `IgnoreUnknown` covers it.
        case ignoredUnknown(ConfigText)
        /// The file was read.
        case read
        /// What follows this `Host` or `Match` line applies.
        case applies(ConfigKeyword)
    }

    /// What there is to say.
    public let kind: Kind
    /// The place it is about.
    public let source: ConfigSource

    /// One line for a person, safe to show.
    public var description: String {
        switch kind {
        case .notActedOn(let keyword): "\(source): \(keyword.name) is accepted, but not acted on"
        case .obsolete(let name): "\(source): \"\(name)\" is out of use"
        case .read: "\(ConfigText(source.file)): read"
        case .applies(let keyword): "\(source): \(keyword.name) applies"
        case .ignoredUnknown(let name): "\(source): unknown option \"\(name)\" is ignored"
        }
    }
}

/// The options that hold for one host, each with the place that set it; `nil` means that nobody set it.
public struct ResolvedOptions: Hashable, Sendable {
    /// The host as it was asked for.
    public let originalHost: ConfigText
    /// The host to connect to: `HostName` if it is set; in lower case unless it names an IPv6 zone.
    public internal(set) var host: ConfigText
    /// What `%` tokens stand for, for values that are expanded later.
    public internal(set) var tokens: TokenContext
    /// What was read and does nothing, in the order of reading.
    public internal(set) var notes: [ConfigNote] = []
    /// Which files were read and which lines applied, in their order.
    public internal(set) var steps: [ConfigNote] = []

    var hasCommand = false
    var entriesByKeyword: [ConfigKeyword: [ConfigEntry]] = [:]

    init(tokens: TokenContext) {
        originalHost = tokens.originalHost
        host = tokens.host
        self.tokens = tokens
    }

    /// The lines that set a keyword, acting or not: several where its values add up.
    public func entries(for keyword: ConfigKeyword) -> [ConfigEntry] {
        entriesByKeyword[keyword] ?? []
    }

    /// The value of a keyword that is `yes` or `no`.
    public func flag(_ keyword: ConfigKeyword) -> Setting<Bool>? {
        first(keyword) { if case .flag(let value) = $0 { value } else { nil } }
    }

    /// The value of a keyword that is a number, or a time in seconds.
    public func number(_ keyword: ConfigKeyword) -> Setting<Int>? {
        first(keyword) { if case .number(let value) = $0 { value } else { nil } }
    }

    /// The value of a keyword that is one text.
    public func text(_ keyword: ConfigKeyword) -> Setting<ConfigText>? {
        first(keyword) { if case .text(let value) = $0 { value } else { nil } }
    }

    /// The value of a keyword that is a list written on one line.
    public func texts(_ keyword: ConfigKeyword) -> Setting<[ConfigText]>? {
        first(keyword) { if case .texts(let value) = $0 { value } else { nil } }
    }

    /// The word of a keyword that is one of several, in the spelling of its first case.
    public func word(_ keyword: ConfigKeyword) -> Setting<String>? {
        first(keyword) { if case .choice(let word) = $0 { word } else { nil } }
    }

    /// The places that set a keyword, whatever its case, and also by an old name; none where the default holds.
    ///
    /// - Parameter name: The keyword.
    /// - Returns: The places in the order of reading, or `nil` where there is no such keyword.
    public func sources(of name: String) -> [ConfigSource]? {
        guard case .keyword(let keyword)? = OptionTable.look(up: ConfigLexer.lowercased(name.utf8)) else { return nil }
        return entries(for: keyword).map(\.source)
    }

    func choice<Choice: RawRepresentable<String> & Hashable & Sendable>(_ keyword: ConfigKeyword) -> Setting<Choice>? {
        first(keyword) { if case .choice(let word) = $0 { Choice(rawValue: word) } else { nil } }
    }

    func first<Value>(_ keyword: ConfigKeyword, _ read: (OptionValue) -> Value?) -> Setting<Value>? {
        guard let entry = entries(for: keyword).first, let value = read(entry.value) else { return nil }
        return Setting(value, source: entry.source)
    }
}
