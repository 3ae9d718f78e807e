/// Keeping values, and expanding them at the end.
extension ConfigPass {
    /// Checks the value of a line, and keeps it if the line's block holds.
    mutating func set(_ keyword: ConfigKeyword, from line: ConfigLine, if isActive: Bool) throws(ConfigError) {
        let rule = OptionTable.rule(of: keyword)
        let value = try rule.syntax.value(of: try withVariables(line, of: keyword), on: line, for: keyword)
        if case .texts(let texts) = value, texts.count > rule.listLimit {
            throw ConfigError(.tooManyValues(keyword: keyword, limit: rule.listLimit), at: line.source)
        }
        guard isActive else { return }
        try add(ConfigEntry(keyword: keyword, written: ConfigText(line.text), source: line.source, value: value))
    }

    /// Of the two ways to reach a host the first stands; `ProxyJump none` leaves the other open.
    private func isOvertaken(_ keyword: ConfigKeyword) -> Bool {
        switch keyword {
        case .proxyJump: !options.entries(for: .proxyCommand).isEmpty
        case .proxyCommand: options.proxyJump != nil
        default: false
        }
    }

    /// What the second reading cannot change, set or not.
    private static let settledAtFirst: Set<ConfigKeyword> = [
        .hostName, .canonicalizeHostname, .canonicalizeMaxDots, .canonicalizeFallbackLocal,
    ]

    /// Forwardings have their variables replaced before they are read, as in ssh; agents must have them.
    private func withVariables(_ line: ConfigLine, of keyword: ConfigKeyword) throws(ConfigError) -> [[UInt8]] {
        let words = try line.arguments()
        guard [.localForward, .remoteForward, .dynamicForward, .identityAgent, .forwardAgent].contains(keyword) else {
            return words
        }
        var replaced: [[UInt8]] = []
        for word in words {
            replaced.append(try expand(ConfigText(word), .none, at: (keyword, line.source)).bytes)
        }
        return keyword == .identityAgent || keyword == .forwardAgent ? words : replaced
    }

    /// Keeps a value as its keyword's values add up.
    mutating func add(_ entry: ConfigEntry) throws(ConfigError) {
        let rule = OptionTable.rule(of: entry.keyword)
        var entries = options.entriesByKeyword[entry.keyword] ?? []
        guard entry.value != .unset, finalName == nil || !Self.settledAtFirst.contains(entry.keyword) else { return }
        switch rule.merge {
        case .firstWins:
            guard entries.isEmpty, !isOvertaken(entry.keyword) else { return }
            entries = [entry.keyword == .setEnv ? entry.withFirstOfEachName : entry]
        case .append(let limit):
            guard !entries.contains(where: { $0.value == entry.value }) else { return }
            entries.append(entry)
            guard entries.count <= limit else {
                throw ConfigError(.tooManyValues(keyword: entry.keyword, limit: limit), at: entry.source)
            }
        case .environment:
            entries = try merging(entry, into: entries)
        }
        options.entriesByKeyword[entry.keyword] = entries
        note(.notActedOn(entry.keyword), at: entry.source, if: !rule.acts && entry.asksForSomething)
    }

    /// SendEnv: a pattern that begins with `-` takes back the names given so far.
    private func merging(_ entry: ConfigEntry, into entries: [ConfigEntry]) throws(ConfigError) -> [ConfigEntry] {
        guard case .texts(let names) = entry.value else { return entries }
        var entries = entries
        for name in names {
            if name.bytes.first == UInt8(ascii: "-") {
                entries.removeAll { earlier in
                    guard case .text(let text) = earlier.value else { return false }
                    return HostMatcher.matches(name.bytes.dropFirst(), text.bytes)
                }
            } else {
                var single = entry
                single.value = .text(name)
                entries.append(single)
            }
        }
        guard entries.count <= ConfigLimits.environmentCount else {
            throw ConfigError(
                .tooManyValues(keyword: entry.keyword, limit: ConfigLimits.environmentCount), at: entry.source)
        }
        return entries
    }

    // MARK: Expansion

    /// The host name as far as it is known: `HostName` with its tokens, or the host that was asked for.
    func hostSoFar() throws(ConfigError) -> ConfigText {
        if let finalName { return finalName }
        guard let entry = options.entries(for: .hostName).first, case .text(let name) = entry.value else { return host }
        var context = options.tokens
        context.host = host
        return try expand(name, .hostName, in: context, environment: false, at: (entry.keyword, entry.source))
    }

    /// What the tokens stand for as far as it is known.
    func tokensSoFar() throws(ConfigError) -> TokenContext {
        var context = options.tokens
        context.host = try hostSoFar()
        if let port = options.port { context.port = port.value }
        if let user = options.user { context.remoteUser = user.value }
        if let alias = options.hostKeyAlias { context.hostKeyAlias = alias.value }
        setJumpHost(&context)
        return context
    }

    private func setJumpHost(_ context: inout TokenContext) {
        if let jump = options.proxyJump?.value.last { context.jumpHost = jump.host }
        context.hash = resolver.connectionHash.map { TokenContext.Hash(compute: $0) }
    }

    /// Expands what takes tokens, in the order in which one value is needed for the next.
    mutating func finish(_ host: ConfigText) throws(ConfigError) -> ResolvedOptions {
        options.host = host
        options.tokens.host = host
        if let port = options.port { options.tokens.port = port.value }
        try replaceTexts(of: .hostKeyAlias) { _, text, _ throws(ConfigError) in text.lowercased }
        if let alias = options.hostKeyAlias { options.tokens.hostKeyAlias = alias.value }
        try replaceTexts(of: .user) { pass, text, entry throws(ConfigError) in
            entry.isLiteral ? text : try pass.expand(text, .user, at: (entry.keyword, entry.source))
        }
        if let user = options.user { options.tokens.remoteUser = user.value }
        setJumpHost(&options.tokens)
        try replaceTexts(of: .hostName) { pass, _, _ throws(ConfigError) in pass.options.host }
        for keyword in [
            .identityFile, .certificateFile, .identityAgent, .userKnownHostsFile, .revokedHostKeys, .controlPath,
            .forwardAgent,
        ] as [ConfigKeyword] {
            try replaceTexts(of: keyword) { pass, text, entry throws(ConfigError) in
                let path = try pass.expandHome(text, at: (keyword, entry.source))
                return try pass.expand(path, .general, at: (keyword, entry.source))
            }
        }
        try replaceTexts(of: .globalKnownHostsFile) { pass, text, entry throws(ConfigError) in
            try pass.expandHome(text, at: (entry.keyword, entry.source))
        }
        for keyword in [.remoteCommand, .versionAddendum, .localForward, .remoteForward] as [ConfigKeyword] {
            try replaceTexts(of: keyword) { pass, text, entry throws(ConfigError) in
                try pass.expand(text, .general, environment: false, at: (entry.keyword, entry.source))
            }
        }
        return options
    }

    private mutating func replaceTexts(
        of keyword: ConfigKeyword,
        by transform: (ConfigPass, ConfigText, ConfigEntry) throws(ConfigError) -> ConfigText
    ) throws(ConfigError) {
        var replaced: [ConfigEntry] = []
        for var entry in options.entries(for: keyword) {
            switch entry.value {
            case .text(let text): entry.value = .text(try transform(self, text, entry))
            case .texts(let texts):
                var results: [ConfigText] = []
                for text in texts { results.append(try transform(self, text, entry)) }
                entry.value = .texts(results)
            case .forward(var rule):
                if case .path(let path) = rule.listen { rule.listen = .path(try transform(self, path, entry)) }
                if case .path(let path) = rule.connect { rule.connect = .path(try transform(self, path, entry)) }
                entry.value = .forward(rule)
            case .flag, .choice, .number, .numbers, .escapeCharacter, .agentAddition, .unset: break
            }
            replaced.append(entry)
        }
        if !replaced.isEmpty { options.entriesByKeyword[keyword] = replaced }
    }

    func expandHome(
        _ path: ConfigText, at place: (keyword: ConfigKeyword, source: ConfigSource)
    ) throws(ConfigError) -> ConfigText {
        do throws(TokenExpansion.Fault) { return try TokenExpansion.expandHome(path, local: resolver.local) } catch {
            throw ConfigError(.expansion(keyword: place.keyword, error), at: place.source)
        }
    }

    func expand(
        _ text: ConfigText, _ tokens: TokenExpansion.Tokens, in context: TokenContext? = nil, environment: Bool = true,
        at place: (keyword: ConfigKeyword, source: ConfigSource)
    ) throws(ConfigError) -> ConfigText {
        do throws(TokenExpansion.Fault) {
            return try TokenExpansion.expand(
                text, tokens: tokens, context: context ?? options.tokens,
                environment: environment ? resolver.environment : nil)
        } catch {
            throw ConfigError(.expansion(keyword: place.keyword, error), at: place.source)
        }
    }
}
