import SSHConfig

/// A command line that cannot be understood.
struct UsageError: Error, Equatable {
    let message: String
}

/// What a command line says, before any configuration is looked at.
///
/// Options may stand before and after the host (`ssh` takes them so, and programs rely on it), and are bundled as in `-tt`
/// or `-p2222`. `--` ends them. The remaining words are the remote command.
struct Invocation: Equatable {
    var host = ""
    /// The words of the command.
    var words: [String] = []
    /// What flags say whatever an `-o` says: of two, the last.
    private var overrides: [ConfigKeyword: String] = [:]
    /// The rest in its order: of two, the first.
    private var ordered: [CommandLineOption] = []
    var configurationFile: String?
    var logFile: String?
    /// What `-Q` asks for.
    var query: String?
    /// The fingerprints of `--host-key`.
    var hostKeys: [String] = []
    /// The host of `--forget`.
    var forgottenHost: String?
    /// The keyword of `--why`.
    var questionedKeyword: String?
    var completedShell: String?
    var terminalName: String?
    var showsVersion = false
    var showsHelp = false
    var showsManual = false
    var showsConfiguration = false
    var showsKeys = false
    var quotesCommand = false
    var isCompatible = false
    var tellsStages = false
    var tellsTiming = false
    var writesJSON = false
    var returnsOnExit = false

    init(_ arguments: [String]) throws(UsageError) {
        var rest = arguments[...]
        let isEnded = try takeOptions(&rest)
        guard let destination = forgottenHost ?? rest.popFirst() else {
            guard showsVersion || showsHelp || showsManual || query != nil || completedShell != nil else {
                throw UsageError(message: "no host given")
            }
            return
        }
        // What the destination says comes before the flags behind it, as in ssh.
        try takeDestination(destination)
        if !isEnded { try takeOptions(&rest) }
        guard forgottenHost == nil || rest.isEmpty else { throw UsageError(message: "--forget takes one host") }
        words = Array(rest)
    }

    /// The remote command: words and single spaces between them, never quoted again; nil for none.
    var command: String? {
        words.isEmpty ? nil : (quotesCommand ? words.map(ShellWord.quoted) : words).joined(separator: " ")
    }

    /// What stands above the configuration's files, the strongest first.
    var options: [CommandLineOption] {
        overrides.sorted { $0.key.rawValue < $1.key.rawValue }.map { .value($0.key, ConfigText($0.value)) } + ordered
    }

    /// True when `--` ended them.
    @discardableResult
    private mutating func takeOptions(_ rest: inout ArraySlice<String>) throws(UsageError) -> Bool {
        while let word = rest.first, word.utf8.first == UInt8(ascii: "-"), word != "-" {
            rest.removeFirst()
            if word == "--" { return true }
            if word.hasPrefix("--") { try takeLong(word, &rest) } else { try takeBundle(word.dropFirst(), &rest) }
        }
        return false
    }

    /// `--name`, `--name value` or `--name=value`.
    private mutating func takeLong(_ word: String, _ rest: inout ArraySlice<String>) throws(UsageError) {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first.map(String.init) ?? ""
        guard name.utf8.count > 1, let option = OptionTable.option(name) else {
            throw UsageError(message: "unknown option --\(ConfigText(name))")
        }
        guard option.value != nil || parts.count == 1 else {
            throw UsageError(message: "option --\(name) takes no value")
        }
        try take(option, attached: parts.count > 1 ? String(parts[1]) : nil, &rest)
    }

    private mutating func takeBundle(
        _ letters: Substring, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = OptionTable.option(String(letter)) else {
                throw UsageError(message: "unknown option -\(ConfigText(String(letter)))")
            }
            let takesRest = option.value != nil && !letters.isEmpty
            try take(option, attached: takesRest ? String(letters) : nil, &rest)
            if takesRest { return }
        }
    }

    private mutating func take(
        _ option: CommandOption, attached: String?, _ rest: inout ArraySlice<String>
    ) throws(UsageError) {
        guard option.value != nil else { return try take(option, value: "") }
        guard let value = attached ?? rest.popFirst() else {
            throw UsageError(message: "option \(option.flag) needs a value")
        }
        try take(option, value: value)
    }

    private mutating func take(_ option: CommandOption, value: String) throws(UsageError) {
        for meaning in option.meaning { try take(meaning, value, of: option) }
    }

    private mutating func take(
        _ meaning: CommandOption.Meaning, _ value: String, of option: CommandOption
    ) throws(UsageError) {
        switch meaning {
        case .keyword(let keyword):
            if keyword == .user { try NameRules.check(user: value) }
            ordered.append(.value(keyword, ConfigText(value)))
        case .over(let keyword): overrides[keyword] = value
        case .set(let keyword, let value):
            if keyword == .sessionType, let other = overrides[keyword], other != value {
                throw UsageError(
                    message: "Cannot specify \(option.flag) with \(option.name == "N" ? "-s" : "-N")/SessionType")
            }
            overrides[keyword] = value
        case .raise(let keyword, let steps):
            let step = overrides[keyword].flatMap { steps.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
            overrides[keyword] = step < steps.count ? steps[step] : steps.last
        case .option: ordered.append(CommandLineOption(value))
        case .text(let field): if field != \.query || query == nil { self[keyPath: field] = value }
        case .list(let field):
            guard field != \.hostKeys || value.hasPrefix("SHA256:") || value.hasPrefix("MD5:") else {
                throw UsageError(message: "--host-key takes a fingerprint, SHA256:... or MD5:...")
            }
            self[keyPath: field].append(value)
        case .flag(let field): self[keyPath: field] = true
        case .nothing: break
        case .refused(let sentence): throw UsageError(message: "\(option.flag): \(sentence)")
        }
    }

    /// `host`, `user@host` (the user may hold an `@`), or `ssh://[user@]host[:port]`; to be forgotten, `host:port` as well.
    private mutating func takeDestination(_ text: String) throws(UsageError) {
        var rest = text[...]
        let isURI = text.hasPrefix("ssh://")
        if isURI {
            rest = rest.dropFirst(6)
            if rest.last == "/" { rest.removeLast() }
        }
        if let at = rest.lastIndex(of: "@") {
            let user = String(rest[..<at])
            try NameRules.check(user: user)
            ordered.append(.value(.user, ConfigText(user)))
            rest = rest[rest.index(after: at)...]
        }
        let isForgotten = forgottenHost != nil && (rest.first == "[" || rest.count { $0 == ":" } == 1)
        if isURI || isForgotten { takePort(&rest) }
        host = String(rest)
        try NameRules.check(host: host)
    }

    private mutating func takePort(_ rest: inout Substring) {
        if rest.first == "[", let end = rest.firstIndex(of: "]") {
            let after = rest[rest.index(after: end)...]
            if after.first == ":" { ordered.append(.value(.port, ConfigText(String(after.dropFirst())))) }
            rest = rest[rest.index(after: rest.startIndex)..<end]
        } else if let colon = rest.lastIndex(of: ":") {
            ordered.append(.value(.port, ConfigText(String(rest[rest.index(after: colon)...]))))
            rest = rest[..<colon]
        }
    }
}

/// Names from the command line that could do harm where they end up (files, terminals, a shell) are refused.
enum NameRules {
    private static let hostCharacters = Set("'`\"$\\;&<>|(){},".utf8)
    private static let userCharacters = Set("'`\";&<>|(){}".utf8)

    static func check(host: String) throws(UsageError) {
        let bytes = Array(host.utf8)
        let isBad = bytes.contains { $0 <= 0x20 || $0 == 0x7F || hostCharacters.contains($0) }
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "-"), !isBad else {
            throw UsageError(message: "hostname contains invalid characters")
        }
    }

    static func check(user: String) throws(UsageError) {
        let bytes = Array(user.utf8)
        let isBad = bytes.contains { $0 < 0x20 || $0 == 0x7F || userCharacters.contains($0) }
        let hasOption = zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: " ") && $1 == UInt8(ascii: "-") }
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "\\"), !isBad, !hasOption
        else {
            throw UsageError(message: "remote username contains invalid characters")
        }
    }
}
