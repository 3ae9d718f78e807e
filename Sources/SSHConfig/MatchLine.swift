/// The criteria of a `Match` line.
///
/// Where the resolver was given no way to judge one, the line that it decides is an error; a line that fails on another
/// criterion anyway is not, so that a block for another host does no harm.
extension ConfigPass {
    /// Whether the line selects the use that is made of the host, and this reading of the files.
    mutating func matches(_ line: ConfigLine) throws(ConfigError) -> Bool {
        var criteria = MatchCriteria(line: line)
        var isSelected = true
        var undecided: [UInt8]?
        var count = 0
        while let criterion = try criteria.next() {
            count += 1
            switch criterion.name {
            case "all":
                try criteria.requireEndAfterAll(following: count - 1)
                return isSelected && !criterion.isNegated
            case "canonical", "final":
                wantsFinal = wantsFinal || criterion.name == "final"
                isSelected = isSelected && (finalName != nil) != criterion.isNegated
            default:
                let argument = try criteria.argument(of: criterion)
                guard let holds = try holds(criterion, argument, after: isSelected, at: line.source) else {
                    undecided = undecided ?? Array(criterion.name.utf8)
                    continue
                }
                isSelected = isSelected && holds != criterion.isNegated
            }
        }
        guard count > 0 else { throw ConfigError(.missingArgument(ConfigText(line.keyword)), at: line.source) }
        if isSelected, let undecided { throw ConfigError(.unsupportedMatch(ConfigText(undecided)), at: line.source) }
        return isSelected
    }

    /// `nil` for a criterion that cannot be judged.
    private func holds(
        _ criterion: MatchCriteria.Criterion, _ argument: [UInt8], after isSelected: Bool, at source: ConfigSource
    ) throws(ConfigError) -> Bool? {
        switch criterion.name {
        case "host": return selectsHost(argument, try hostSoFar())
        case "originalhost": return selectsHost(argument, host)
        case "user": return HostMatcher.selects(list: argument, (options.user?.value ?? resolver.local.user).bytes)
        case "localuser": return HostMatcher.selects(list: argument, resolver.local.user.bytes)
        case "tagged": return Self.selects(argument, options.text(.tag)?.value)
        case "command": return Self.selects(argument, command)
        case "sessiontype": return HostMatcher.selects(list: argument, Array(sessionType.utf8))
        case "version": return resolver.version.map { HostMatcher.selects(list: argument, $0.bytes) }
        case "localnetwork":
            guard NumericAddress.isAny(of: [], in: argument) != nil else {
                throw ConfigError(.badMatch("\(ConfigText(argument)) is no list of networks"), at: source)
            }
            return resolver.localAddresses.flatMap { NumericAddress.isAny(of: $0(), in: argument) }
        case "exec":
            let command = try expandedCommand(argument, at: source)
            guard isSelected else { return false }
            do { return try resolver.exec?(command) } catch {
                throw ConfigError(.badMatch("exec: \(ConfigText("\(error)"))"), at: source)
            }
        default: throw ConfigError(.unsupportedMatch(ConfigText(criterion.name)), at: source)
        }
    }

    private func selectsHost(_ patterns: [UInt8], _ name: ConfigText) -> Bool {
        // A HostName can only become this long by its tokens; the resolution refuses it at its end.
        guard name.bytes.count <= ConfigLimits.nameByteCount else { return false }
        return HostMatcher.selects(list: patterns, ConfigLexer.lowercased(name.bytes), lowercasingPatterns: true)
    }

    /// What is not there matches the empty text alone.
    private static func selects(_ patterns: [UInt8], _ text: ConfigText?) -> Bool {
        guard let text, !text.bytes.isEmpty else { return patterns.isEmpty }
        return HostMatcher.selects(list: patterns, text.bytes)
    }

    private var sessionType: String {
        if let type = options.word(.sessionType)?.value, type != "default" { return type }
        return command?.bytes.isEmpty == false ? "exec" : "shell"
    }

    private func expandedCommand(_ command: [UInt8], at source: ConfigSource) throws(ConfigError) -> ConfigText {
        var context = try tokensSoFar()
        if options.hostKeyAlias == nil { context.hostKeyAlias = context.host }
        return try expand(
            ConfigText(command), .general, in: context, environment: false, at: (.match, source))
    }
}

/// Takes the criteria of a `Match` line apart.
struct MatchCriteria {
    struct Criterion {
        /// In lower case, without the `!`.
        let name: String
        let isNegated: Bool
    }

    private var rest: ArraySlice<UInt8>
    private let source: ConfigSource

    init(line: ConfigLine) {
        rest = line.rest
        source = line.source
    }

    /// `nil` at the end of the line or at a comment.
    mutating func next() throws(ConfigError) -> Criterion? {
        guard let word = try ConfigLexer.takeDelimited(&rest, at: source), let first = word.first,
            first != UInt8(ascii: "#")
        else { return nil }
        let isNegated = first == UInt8(ascii: "!")
        let name = ConfigLexer.lowercased(isNegated ? word.dropFirst() : word[...])
        return Criterion(name: String(decoding: name, as: UTF8.self), isNegated: isNegated)
    }

    mutating func argument(of criterion: Criterion) throws(ConfigError) -> [UInt8] {
        let mayBeEmpty = ["tagged", "command"].contains(criterion.name)
        guard let word = try ConfigLexer.takeDelimited(&rest, at: source), mayBeEmpty || !word.isEmpty,
            word.first != UInt8(ascii: "#")
        else {
            throw ConfigError(.badMatch("no value after \"\(ConfigText(criterion.name))\""), at: source)
        }
        return word
    }

    /// As in `ssh`, one criterion may stand before `all` (`canonical` or `final` make sense), and nothing after it.
    mutating func requireEndAfterAll(following count: Int) throws(ConfigError) {
        let following = try ConfigLexer.takeDelimited(&rest, at: source)
        guard count <= 1, following == nil || following?.first == UInt8(ascii: "#") else {
            throw ConfigError(.badMatch("\"all\" cannot be combined with other criteria"), at: source)
        }
    }
}
