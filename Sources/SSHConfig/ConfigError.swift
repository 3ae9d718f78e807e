/// What is wrong with a configuration, and the line that is to blame.
public struct ConfigError: Error, Hashable, CustomStringConvertible {
    /// The kinds of fault; compare these, never the text.
    public enum Kind: Hashable, Sendable {
        /// The keyword is none of `ssh_config(5)`, and no earlier `IgnoreUnknown` covers it.
        case unknownKeyword(ConfigText)
        /// Nothing follows the keyword, or an argument is empty.
        case missingArgument(ConfigText)
        /// More follows than the keyword takes.
        case extraArguments(ConfigText)
        /// The value is not one that the keyword takes; `allowed` says which are.
        case badValue(keyword: ConfigKeyword, value: ConfigText, allowed: String)
        /// A keyword was given more often than its limit.
        case tooManyValues(keyword: ConfigKeyword, limit: Int)
        /// A quote has no end.
        case invalidQuotes
        /// The line holds a NUL byte.
        case nulByte
        /// The criterion of a `Match` line is none, or cannot be judged.
        case unsupportedMatch(ConfigText)
        /// The `Match` line does not follow its grammar; the text says how.
        case badMatch(String)
        /// `Host`, `Match` and `Include` have no meaning in an option of the command line.
        case notOnCommandLine(ConfigKeyword)
        /// An `Include` path names a home directory that is unknown, or that a system file must not use.
        case badIncludePath(ConfigText)
        /// Files include each other more than 16 deep.
        case includeTooDeep
        /// More files were read than a configuration may have.
        case tooManyFiles
        /// The configuration is larger than 16 MiB.
        case tooLarge
        /// The file does not exist.
        case notFound
        /// The file cannot be read; the text is the reader's own.
        case unreadable(String)
        /// A `%` token or a `${VARIABLE}` cannot be expanded.
        case expansion(keyword: ConfigKeyword, TokenExpansion.Fault)
        /// `CanonicalizeFallbackLocal` is off, and no domain has the host.
        case unresolvedHost(ConfigText)
        /// The host name to look up is empty or longer than 1,024 bytes.
        case badHost
    }

    /// The fault.
    public let kind: Kind
    /// The place of the fault; line 0 where it is a whole file's.
    public let source: ConfigSource

    /// Joins a fault to its place.
    public init(_ kind: Kind, at source: ConfigSource) {
        self.kind = kind
        self.source = source
    }

    /// One line for a person, safe to show: the file, the line, the fault.
    public var description: String {
        switch kind {
        case .notFound, .unreadable: "\(ConfigText(source.file)): \(kind.text)"
        default: "\(source): \(kind.text)"
        }
    }
}

extension ConfigError.Kind {
    fileprivate var text: String {
        switch self {
        case .unknownKeyword(let keyword): "Bad configuration option: \(keyword)"
        case .missingArgument(let keyword): "Missing argument after \"\(keyword)\""
        case .extraArguments(let keyword): "Keyword \"\(keyword)\" has extra arguments at the end of the line"
        case .badValue(let keyword, let value, let allowed):
            "Bad value \"\(value)\" for \(keyword.name): allowed is \(allowed)"
        case .tooManyValues(let keyword, let limit): "Too many values for \(keyword.name) (at most \(limit))"
        case .invalidQuotes: "Invalid quotes"
        case .nulByte: "The line holds a NUL byte"
        case .unsupportedMatch(let criterion): "Match criterion \"\(criterion)\" is not supported"
        case .badMatch(let reason): "Bad Match condition: \(reason)"
        case .notOnCommandLine(let keyword): "\(keyword.name) directive not supported as a command-line option"
        case .badIncludePath(let path): "Bad include path \"\(path)\""
        case .includeTooDeep: "Too many recursive includes (at most \(ConfigLimits.includeDepth))"
        case .tooManyFiles: "Too many included files (at most \(ConfigLimits.fileCount))"
        case .tooLarge: "The configuration is larger than \(ConfigLimits.byteCount >> 20) MiB"
        case .notFound: "No such configuration file"
        case .unreadable(let reason): "\(ConfigText(reason))"
        case .expansion(let keyword, let fault): "Cannot expand the value of \(keyword.name): \(fault)"
        case .unresolvedHost(let name): "Could not resolve host \"\(name)\""
        case .badHost: "The host name is empty or too long"
        }
    }
}

/// The bounds of what is read.
///
/// `ssh` has the depth; the others keep a hostile or broken configuration finite.
enum ConfigLimits {
    /// As in OpenSSH's readconf.c.
    static let includeDepth = 16
    /// Files read in one resolution, so that files that include themselves many times over still end.
    static let fileCount = 4096
    /// Bytes of all files of one resolution together.
    static let byteCount = 16 << 20
    /// Bytes of a text that patterns are matched against.
    static let nameByteCount = 1024
    /// As in OpenSSH (SSH_MAX_IDENTITY_FILES), for each keyword that accumulates paths.
    static let identityFileCount = 100
    /// As in OpenSSH (SSH_MAX_HOSTS_FILES).
    static let knownHostsFileCount = 32
    /// Domains and rules of canonicalisation, as in OpenSSH (MAX_CANON_DOMAINS).
    static let domainCount = 32
    /// A socket's path, with the zero that ends it (sockaddr_un).
    static let socketPathByteCount = 108
    /// Names and patterns of SendEnv, and assignments of SetEnv.
    static let environmentCount = 1024
}
