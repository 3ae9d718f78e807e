/// A file to read for a resolution, and how to treat it.
public struct ConfigFileReference: Hashable, Sendable {
    /// Whose file it is, which decides where its `Include` lines look.
    public enum Owner: Hashable, Sendable {
        /// The user's (or the file of `-F`): relative paths lie in `~/.ssh`.
        case user
        /// The system's: relative paths lie in `/etc/ssh`, and `~` is refused.
        case system
    }

    /// The path handed to the reader.
    public let path: String
    /// Whose file it is.
    public let owner: Owner
    /// Whether it is an error that the file does not exist, as for `-F`.
    public let isRequired: Bool
    /// Whether the reader is to refuse it, and what it includes, where others could have written it.
    public let isGuarded: Bool

    /// Names a file to read.
    public init(path: String, owner: Owner, isRequired: Bool = false, isGuarded: Bool = false) {
        self.path = path
        self.owner = owner
        self.isRequired = isRequired
        self.isGuarded = isGuarded
    }
}

/// One line that says something: its keyword in lower case, and what follows, not yet split.
struct ConfigLine {
    let keyword: [UInt8]
    let rest: ArraySlice<UInt8>
    let source: ConfigSource

    /// `nil` for an empty line or a comment.
    init?(_ line: ArraySlice<UInt8>, source: ConfigSource) throws(ConfigError) {
        guard !line.contains(0) else { throw ConfigError(.nulByte, at: source) }
        var rest = line.drop(while: ConfigLexer.isBlank)
        guard rest.first != UInt8(ascii: "#") else { return nil }
        guard let word = try ConfigLexer.takeDelimited(&rest, at: source) else { return nil }
        keyword = ConfigLexer.lowercased(word)
        self.rest = rest
        self.source = source
    }

    /// What follows the keyword, as it is.
    var text: ArraySlice<UInt8> { rest.drop { ConfigLexer.isBlank($0) || $0 == UInt8(ascii: "=") } }

    /// The arguments; at least one.
    func arguments() throws(ConfigError) -> [[UInt8]] {
        let words = try ConfigLexer.arguments(of: rest, at: source)
        guard !words.isEmpty else { throw ConfigError(.missingArgument(ConfigText(keyword)), at: source) }
        return words
    }
}
