/// Keeping values, and expanding them at the end.
extension ConfigPass {
    /// Checks the value of a line, and keeps it if the line's block holds.
    mutating func set(_ keyword: ConfigKeyword, from line: ConfigLine, if isActive: Bool) throws(ConfigError) {
        let rule = OptionTable.rule(of: keyword)
        let value = try rule.syntax.value(of: line, for: keyword)
        if case .texts(let texts) = value, texts.count > rule.listLimit {
            throw ConfigError(.tooManyValues(keyword: keyword, limit: rule.listLimit), at: line.source)
        }
        guard isActive else { return }
        try add(ConfigEntry(keyword: keyword, written: ConfigText(line.rest), source: line.source, value: value))
    }

    /// Keeps a value as its keyword's values add up.
    mutating func add(_ entry: ConfigEntry) throws(ConfigError) {
        let rule = OptionTable.rule(of: entry.keyword)
        var entries = options.entriesByKeyword[entry.keyword] ?? []
        switch rule.merge {
        case .firstWins:
            guard entries.isEmpty else { return }
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
        if !rule.acts, entry.asksForSomething, options.notes.count < ConfigLimits.fileCount {
            options.notes.append(ConfigNote(kind: .notActedOn(entry.keyword), source: entry.source))
        }
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
        guard let entry = options.entries(for: .hostName).first, case .text(let name) = entry.value else { return host }
        var context = options.tokens
        context.host = host
        return try expand(name, .hostName, in: context, environment: false, for: entry)
    }

    /// What the tokens stand for as far as it is known.
    func tokensSoFar() throws(ConfigError) -> TokenContext {
        var context = options.tokens
        context.host = try hostSoFar()
        if let port = options.port { context.port = port.value }
        if let user = options.user { context.remoteUser = user.value }
        if let alias = options.hostKeyAlias { context.hostKeyAlias = alias.value }
        return context
    }

    /// Expands what takes tokens, in the order in which one value is needed for the next.
    mutating func finish() throws(ConfigError) -> ResolvedOptions {
        let named = try hostSoFar()
        // As in ssh: the zone of an IPv6 address keeps its case. So does the path of a socket.
        let keepsCase = named.bytes.contains(UInt8(ascii: "%")) || named.bytes.starts(with: "unix/".utf8)
        let host = keepsCase ? named : named.lowercased
        if let entry = options.entries(for: .hostName).first, host.bytes.isEmpty || isTooLong(host) {
            throw ConfigError(
                .badValue(
                    keyword: .hostName, value: entry.written,
                    allowed: "a name of 1 to \(ConfigLimits.nameByteCount) bytes"), at: entry.source)
        }
        options.host = host
        options.tokens.host = host
        if let port = options.port { options.tokens.port = port.value }
        try replaceTexts(of: .hostKeyAlias) { _, text, _ throws(ConfigError) in text.lowercased }
        if let alias = options.hostKeyAlias { options.tokens.hostKeyAlias = alias.value }
        try replaceTexts(of: .user) { pass, text, entry throws(ConfigError) in
            entry.isLiteral ? text : try pass.expand(text, .user, for: entry)
        }
        if let user = options.user { options.tokens.remoteUser = user.value }
        try replaceTexts(of: .hostName) { pass, _, _ throws(ConfigError) in pass.options.host }
        for keyword in [.identityFile, .certificateFile, .identityAgent, .userKnownHostsFile, .revokedHostKeys]
            as [ConfigKeyword]
        {
            try replaceTexts(of: keyword) { pass, text, entry throws(ConfigError) in
                try pass.expand(try pass.expandHome(text, for: entry), .general, for: entry)
            }
        }
        try replaceTexts(of: .globalKnownHostsFile) { pass, text, entry throws(ConfigError) in
            try pass.expandHome(text, for: entry)
        }
        try replaceTexts(of: .remoteCommand) { pass, text, entry throws(ConfigError) in
            try pass.expand(text, .general, environment: false, for: entry)
        }
        return options
    }

    private func isTooLong(_ name: ConfigText) -> Bool { name.bytes.count > ConfigLimits.nameByteCount }

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
            case .flag, .choice, .number, .numbers, .escapeCharacter, .agentAddition: break
            }
            replaced.append(entry)
        }
        if !replaced.isEmpty { options.entriesByKeyword[keyword] = replaced }
    }

    private func expandHome(_ path: ConfigText, for entry: ConfigEntry) throws(ConfigError) -> ConfigText {
        do throws(TokenExpansion.Fault) { return try TokenExpansion.expandHome(path, local: resolver.local) } catch {
            throw ConfigError(.expansion(keyword: entry.keyword, error), at: entry.source)
        }
    }

    private func expand(
        _ text: ConfigText, _ tokens: TokenExpansion.Tokens, in context: TokenContext? = nil, environment: Bool = true,
        for entry: ConfigEntry
    ) throws(ConfigError) -> ConfigText {
        do throws(TokenExpansion.Fault) {
            return try TokenExpansion.expand(
                text, tokens: tokens, context: context ?? options.tokens,
                environment: environment ? resolver.variable : nil)
        } catch {
            throw ConfigError(.expansion(keyword: entry.keyword, error), at: entry.source)
        }
    }
}
