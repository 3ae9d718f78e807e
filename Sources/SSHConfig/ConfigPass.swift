/// One reading of the command line and the files for one host: what is set so far, and what may still be read.
struct ConfigPass {
    /// Where a line stands.
    struct Scope {
        let owner: ConfigFileReference.Owner
        /// Whether what is included must be safe from others.
        var isGuarded = false
        let depth: Int
        /// Whether a `Host` or `Match` here can hold; false in a file that a block for other hosts includes.
        let canMatch: Bool
        /// Whether the lines of the current block take effect.
        var isActive: Bool
    }

    let resolver: ConfigResolver
    let host: ConfigText
    /// The command of the command line, or the subsystem's name.
    let command: ConfigText?
    var options: ResolvedOptions
    /// The name that the files are read for once more; `nil` at first.
    var finalName: ConfigText?
    /// Whether a `Match final` asked for a second reading.
    var wantsFinal = false
    private var noted: Set<ConfigNote> = []
    private var remainingByteCount = ConfigLimits.byteCount
    private var remainingFileCount = ConfigLimits.fileCount

    init(resolver: ConfigResolver, host: ConfigText, command: ConfigText?) {
        self.resolver = resolver
        self.host = host
        self.command = command
        options = ResolvedOptions(
            tokens: TokenContext(
                originalHost: host, host: host, port: 22, remoteUser: resolver.local.user, local: resolver.local))
        options.hasCommand = command?.bytes.isEmpty == false
    }

    mutating func read(_ option: CommandLineOption) throws(ConfigError) {
        switch option {
        case .text(let text):
            let trimmed = ConfigLexer.trimmingEnd(of: text.bytes[...])
            guard let line = try ConfigLine(trimmed, source: .commandLine) else { return }
            var scope = Scope(owner: .user, depth: 0, canMatch: true, isActive: true)
            try process(line, in: &scope)
        case .value(let keyword, let text):
            try refuseStructure(keyword, at: .commandLine)
            let value = try OptionTable.rule(of: keyword).syntax.value(of: text, for: keyword, at: .commandLine)
            var entry = ConfigEntry(keyword: keyword, written: text, source: .commandLine, value: value)
            entry.isLiteral = keyword == .user
            try add(entry)
        }
    }

    /// Goes on to the second reading, which adds what the first left open.
    mutating func readAgain(_ files: [ConfigFileReference], for name: ConfigText) throws(ConfigError) {
        finalName = name
        (remainingByteCount, remainingFileCount) = (ConfigLimits.byteCount, ConfigLimits.fileCount)
        for file in files { try read(file) }
    }

    mutating func read(_ file: ConfigFileReference) throws(ConfigError) {
        let source = ConfigSource(file: file.path, line: 0)
        guard let bytes = try load(file.path, isGuarded: file.isGuarded, from: source) else {
            guard !file.isRequired else { throw ConfigError(.notFound, at: source) }
            return
        }
        var scope = Scope(
            owner: file.owner, isGuarded: file.isGuarded, depth: 0, canMatch: true, isActive: true)
        try processLines(of: bytes, path: file.path, in: &scope)
    }

    /// Reads a file within the bounds; `source` is the line to blame for exceeding them.
    private mutating func load(
        _ path: String, isGuarded: Bool, from source: ConfigSource
    ) throws(ConfigError) -> [UInt8]? {
        guard remainingFileCount > 0 else { throw ConfigError(.tooManyFiles, at: source) }
        remainingFileCount -= 1
        let bytes: [UInt8]?
        do { bytes = try resolver.reader(path, isGuarded) } catch {
            throw ConfigError(.unreadable("\(error)"), at: ConfigSource(file: path, line: 0))
        }
        guard let bytes else { return nil }
        guard bytes.count <= remainingByteCount else { throw ConfigError(.tooLarge, at: source) }
        remainingByteCount -= bytes.count
        step(.read, at: ConfigSource(file: path, line: 0))
        return bytes
    }

    private mutating func processLines(of bytes: [UInt8], path: String, in scope: inout Scope) throws(ConfigError) {
        var rest = bytes[...]
        var number = 0
        while let text = ConfigLexer.takeLine(&rest) {
            number += 1
            guard let line = try ConfigLine(text, source: ConfigSource(file: path, line: number)) else { continue }
            try process(line, in: &scope)
        }
    }

    private mutating func process(_ line: ConfigLine, in scope: inout Scope) throws(ConfigError) {
        switch OptionTable.look(up: line.keyword) {
        case nil:
            let ignored = options.text(.ignoreUnknown)?.value.bytes
            guard let ignored, line.keyword.count <= ConfigLimits.nameByteCount,
                HostMatcher.selects(list: ignored, line.keyword, lowercasingPatterns: true)
            else {
                throw ConfigError(.unknownKeyword(ConfigText(line.keyword)), at: line.source)
            }
            _ = try line.arguments()
            note(.ignoredUnknown(ConfigText(line.keyword)), at: line.source, if: scope.isActive)
        case .obsolete:
            _ = try line.arguments()
            note(.obsolete(ConfigText(line.keyword)), at: line.source, if: scope.isActive)
        case .keyword(let keyword):
            if line.source.isCommandLine { try refuseStructure(keyword, at: line.source) }
            switch keyword {
            case .host:
                let patterns = try line.arguments()
                guard !patterns.contains([]) else {
                    throw ConfigError(.missingArgument(ConfigText(line.keyword)), at: line.source)
                }
                scope.isActive = scope.canMatch && HostMatcher.selects(patterns, host: (finalName ?? host).bytes)
                if scope.isActive { step(.applies(.host), at: line.source) }
            case .match:
                scope.isActive = try matches(line) && scope.canMatch
                if scope.isActive { step(.applies(.match), at: line.source) }
            case .include: try include(line, in: scope)
            default: try set(keyword, from: line, if: scope.isActive)
            }
        }
    }

    private func refuseStructure(_ keyword: ConfigKeyword, at source: ConfigSource) throws(ConfigError) {
        switch keyword {
        case .host, .match, .include: throw ConfigError(.notOnCommandLine(keyword), at: source)
        default: return
        }
    }

    private mutating func step(_ kind: ConfigNote.Kind, at source: ConfigSource) {
        guard options.steps.count < ConfigLimits.fileCount else { return }
        options.steps.append(ConfigNote(kind: kind, source: source))
    }

    mutating func note(_ kind: ConfigNote.Kind, at source: ConfigSource, if isActive: Bool) {
        let note = ConfigNote(kind: kind, source: source)
        // Notes are for a person: a few thousand say all that there is to say.
        guard isActive, options.notes.count < ConfigLimits.fileCount, noted.insert(note).inserted else { return }
        options.notes.append(note)
    }

    // MARK: Include

    private mutating func include(_ line: ConfigLine, in scope: Scope) throws(ConfigError) {
        guard scope.depth < ConfigLimits.includeDepth else { throw ConfigError(.includeTooDeep, at: line.source) }
        for argument in try line.arguments() {
            let pattern = try includePattern(ConfigText(argument), owner: scope.owner, at: line.source)
            for path in resolver.glob(pattern) {
                guard let bytes = try load(path, isGuarded: scope.isGuarded, from: line.source) else { continue }
                // The file begins inside the block that includes it, and cannot change that block.
                var inner = Scope(
                    owner: scope.owner, isGuarded: scope.isGuarded, depth: scope.depth + 1,
                    canMatch: scope.canMatch && scope.isActive, isActive: scope.isActive)
                try processLines(of: bytes, path: path, in: &inner)
            }
        }
    }

    private func includePattern(
        _ argument: ConfigText, owner: ConfigFileReference.Owner, at source: ConfigSource
    ) throws(ConfigError) -> String {
        guard let first = argument.bytes.first else { throw ConfigError(.missingArgument("include"), at: source) }
        guard first != UInt8(ascii: "~") || owner == .user else {
            throw ConfigError(.badIncludePath(argument), at: source)
        }
        let expanded = try expand(argument, .general, in: try tokensSoFar(), at: (.include, source))
        var path = try expandHome(expanded, at: (.include, source))
        if path.bytes.first != UInt8(ascii: "/") {
            let folder = owner == .user ? resolver.local.home.bytes + Array("/.ssh/".utf8) : Array("/etc/ssh/".utf8)
            path = ConfigText(folder + path.bytes)
        }
        guard let pattern = path.string else { throw ConfigError(.badIncludePath(argument), at: source) }
        return pattern
    }
}
