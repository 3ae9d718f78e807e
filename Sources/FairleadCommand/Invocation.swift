package import SSHConfig

/// A command line that cannot be understood.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let message: String

    package var description: String { message }
}

extension UsageError {
    /// For who does not know the options.
    init(toBeHelped message: String) { self.init(message: message + "; fairlead --help tells the options") }
}

extension ConfigText {
    /// For names that the system or the protocol wants as text.
    func utf8(_ place: String) throws(UsageError) -> String {
        guard let string else { throw UsageError(message: "\(place): \(self) is not UTF-8") }
        return string
    }
}

/// What a command line says, before any configuration is looked at.
///
/// Options may stand before and after the host (`ssh` takes them so, and programs rely on it), and are bundled as in `-tt`
/// or `-p2222`. `--` ends them. The remaining words are the remote command.
package struct Invocation: Equatable {
    package var host = ""
    /// The words of the command, byte for byte.
    package var words: [ConfigText] = []
    /// What was not understood first; the rest is read all the same, for it may say how to tell of it.
    package private(set) var fault: UsageError?
    /// A flag that asks for what is not there: no connection comes of it, but `-G` and its like tell what they tell.
    private(set) var refusal: UsageError?
    /// What flags say whatever an `-o` says: of two, the last.
    private var overrides: [ConfigKeyword: ConfigText] = [:]
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
    /// The bytes of `--window`.
    var window: String?
    var showsVersion = false
    var showsHelp = false
    var showsManual = false
    var showsConfiguration = false
    var showsKeys = false
    package var quotesCommand = false
    var isCompatible = false
    var tellsStages = false
    var tellsTiming = false
    var writesJSON = false
    var returnsOnExit = false
    var remembersNothing = false

    package init(_ arguments: [ConfigText]) {
        var rest = arguments[...]
        let isEnded = takeOptions(&rest)
        attempt { invocation throws(UsageError) in
            guard let destination = invocation.forgottenHost.map({ ConfigText($0) }) ?? rest.popFirst() else {
                return try invocation.checkAsksForItself()
            }
            // What the destination says comes before the flags behind it, as in ssh.
            try invocation.takeDestination(destination)
        }
        if !isEnded { takeOptions(&rest) }
        if forgottenHost != nil, !rest.isEmpty { fault = fault ?? UsageError(message: "--forget takes one host") }
        words = Array(rest)
    }

    private func checkAsksForItself() throws(UsageError) {
        guard showsVersion || showsHelp || showsManual || query != nil || completedShell != nil else {
            throw UsageError(toBeHelped: "no host given")
        }
    }

    private mutating func attempt(_ step: (inout Invocation) throws(UsageError) -> Void) {
        do throws(UsageError) { try step(&self) } catch { fault = fault ?? error }
    }

    /// The remote command: words and single spaces between them, never quoted again; nil for none, and, as in ssh, where
    /// nothing is in them.
    package var command: ConfigText? {
        let bytes = quotesCommand ? ShellWord.line(words) : Array(words.map(\.bytes).joined(separator: [0x20]))
        return bytes.isEmpty ? nil : ConfigText(bytes)
    }

    /// What stands above the configuration's files, the strongest first.
    package var options: [CommandLineOption] {
        overrides.sorted { $0.key.rawValue < $1.key.rawValue }.map { .value($0.key, $0.value) } + ordered
    }

    /// True when `--` ended them.
    @discardableResult
    private mutating func takeOptions(_ rest: inout ArraySlice<ConfigText>) -> Bool {
        while let word = rest.first, word.bytes.first == UInt8(ascii: "-"), word != "-" {
            rest.removeFirst()
            if word == "--" { return true }
            attempt { invocation throws(UsageError) in
                let letters = word.bytes.dropFirst()
                if letters.first == UInt8(ascii: "-") {
                    try invocation.takeLong(letters.dropFirst(), &rest)
                } else {
                    try invocation.takeBundle(letters, &rest)
                }
            }
        }
        return false
    }

    /// `--name`, `--name value` or `--name=value`.
    private mutating func takeLong(
        _ word: ArraySlice<UInt8>, _ rest: inout ArraySlice<ConfigText>
    ) throws(UsageError) {
        let name = ConfigText(word.prefix { $0 != UInt8(ascii: "=") })
        guard name.bytes.count > 1, let option = name.string.flatMap(OptionTable.option) else {
            throw UsageError(toBeHelped: "unknown option --\(name)")
        }
        let hasValue = name.bytes.count < word.count
        guard option.value != nil || !hasValue else {
            throw UsageError(toBeHelped: "option --\(name) takes no value")
        }
        try take(option, attached: hasValue ? ConfigText(word.dropFirst(name.bytes.count + 1)) : nil, &rest)
    }

    private mutating func takeBundle(
        _ letters: ArraySlice<UInt8>, _ rest: inout ArraySlice<ConfigText>
    ) throws(UsageError) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let option = OptionTable.option(String(UnicodeScalar(letter))) else {
                throw UsageError(toBeHelped: "unknown option -\(ConfigText([letter]))")
            }
            let takesRest = option.value != nil && !letters.isEmpty
            try take(option, attached: takesRest ? ConfigText(letters) : nil, &rest)
            if takesRest { return }
        }
    }

    private mutating func take(
        _ option: CommandOption, attached: ConfigText?, _ rest: inout ArraySlice<ConfigText>
    ) throws(UsageError) {
        guard let value = option.value == nil ? "" : attached ?? rest.popFirst() else {
            throw UsageError(toBeHelped: "option \(option.flag) needs a value")
        }
        for meaning in option.meaning { try take(meaning, value, of: option) }
    }

    private mutating func take(
        _ meaning: CommandOption.Meaning, _ value: ConfigText, of option: CommandOption
    ) throws(UsageError) {
        switch meaning {
        case .keyword(let keyword):
            if keyword == .user { try NameRules.check(user: value) }
            ordered.append(.value(keyword, value))
        case .over(let keyword): overrides[keyword] = value
        case .set(let keyword, let word):
            let value = ConfigText(word)
            if keyword == .sessionType, let other = overrides[keyword], other != value {
                throw UsageError(
                    message: "Cannot specify \(option.flag) with \(option.name == "N" ? "-s" : "-N")/SessionType")
            }
            overrides[keyword] = value
        case .raise(let keyword, let steps):
            let step = steps.firstIndex { overrides[keyword] == ConfigText($0) }.map { $0 + 1 } ?? 0
            overrides[keyword] = ConfigText(steps[min(step, steps.count - 1)])
        case .option: ordered.append(.text(value))
        case .text(let field):
            let text = try value.utf8(option.flag)
            if field != \.query || query == nil { self[keyPath: field] = text }
        case .list(let field):
            let text = try value.utf8(option.flag)
            guard field != \.hostKeys || text.hasPrefix("SHA256:") || text.hasPrefix("MD5:") else {
                throw UsageError(message: "--host-key takes a fingerprint, SHA256:... or MD5:...")
            }
            self[keyPath: field].append(text)
        case .flag(let field): self[keyPath: field] = true
        case .nothing: break
        case .refused(let sentence): refusal = refusal ?? UsageError(message: "\(option.flag): \(sentence)")
        }
    }

    /// `host`, `user@host` (the user may hold an `@`), or `ssh://[user@]host[:port]`; to be forgotten, `host:port` as well.
    private mutating func takeDestination(_ destination: ConfigText) throws(UsageError) {
        let text = try destination.utf8("the destination")
        var rest = text[...]
        let isURI = text.hasPrefix("ssh://")
        if isURI {
            rest = rest.dropFirst(6)
            if rest.last == "/" { rest.removeLast() }
        }
        if let at = rest.lastIndex(of: "@") {
            let user = ConfigText(String(rest[..<at]))
            try NameRules.check(user: user)
            ordered.append(.value(.user, user))
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
package enum NameRules {
    private static let hostCharacters = Set("'`\"$\\;&<>|(){},".utf8)
    private static let userCharacters = Set("'`\";&<>|(){}".utf8)

    package static func check(host: String) throws(UsageError) {
        let bytes = Array(host.utf8)
        let isBad = bytes.contains { $0 <= 0x20 || $0 == 0x7F || hostCharacters.contains($0) }
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "-"), !isBad else {
            throw UsageError(message: "hostname contains invalid characters")
        }
    }

    package static func check(user: ConfigText) throws(UsageError) {
        let bytes = user.bytes
        let isBad = bytes.contains { $0 < 0x20 || $0 == 0x7F || userCharacters.contains($0) }
        let hasOption = zip(bytes, bytes.dropFirst()).contains { $0 == UInt8(ascii: " ") && $1 == UInt8(ascii: "-") }
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "-"), bytes.last != UInt8(ascii: "\\"), !isBad, !hasOption
        else {
            throw UsageError(message: "remote username contains invalid characters")
        }
    }
}
