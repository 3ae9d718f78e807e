/// What the `%` tokens of `ssh_config(5)` stand for in one connection.
public struct TokenContext: Hashable, Sendable {
    /// `%n`: the host as it was given on the command line.
    public var originalHost: ConfigText
    /// `%h`: the host that is really connected to.
    public var host: ConfigText
    /// `%p`: the port.
    public var port: Int
    /// `%r`: the user's name on the remote host.
    public var remoteUser: ConfigText
    /// `%k`: the host key alias, or else the original host.
    public var hostKeyAlias: ConfigText
    /// `%j`: the jump host, if there is one.
    public var jumpHost = ConfigText("")
    /// `%C`: the hash of the connection's names; `nil` where the resolver was given no way to compute it.
    public var connectionHash: ConfigText? {
        let names = [local.hostName, host, ConfigText(String(port)), remoteUser, jumpHost].flatMap(\.bytes)
        return hash.map { ConfigText($0.compute(names)) }
    }
    var hash: Hash?
    /// `%d`, `%i`, `%l`, `%L` and `%u`: who asks, and from where.
    public var local: LocalIdentity

    /// Collects what the tokens stand for.
    public init(
        originalHost: ConfigText, host: ConfigText, port: Int, remoteUser: ConfigText, local: LocalIdentity
    ) {
        self.originalHost = originalHost
        self.host = host
        self.port = port
        self.remoteUser = remoteUser
        self.local = local
        hostKeyAlias = originalHost
    }

    /// How `%C` is computed, for which a library is started: only once it is wanted.
    ///
    /// There is one such function, so all are equal.
    struct Hash: Hashable, Sendable {
        let compute: @Sendable (_ names: [UInt8]) -> String

        static func == (_: Hash, _: Hash) -> Bool { true }
        func hash(into hasher: inout Hasher) {}
    }
}

/// The local user and machine, as the caller found them.
public struct LocalIdentity: Hashable, Sendable {
    /// The local user's name.
    public var user: ConfigText
    /// The local user's number.
    public var userID: UInt32
    /// The local user's home directory, without a trailing slash.
    public var home: ConfigText
    /// The local machine's name, with its domain where it has one.
    public var hostName: ConfigText

    /// Describes the local user and machine.
    public init(user: ConfigText, userID: UInt32, home: ConfigText, hostName: ConfigText) {
        self.user = user
        self.userID = userID
        self.home = home
        self.hostName = hostName
    }
}

/// Expands `%` tokens, `${VARIABLE}` and a leading `~` in the values that take them.
public enum TokenExpansion {
    /// Why a value cannot be expanded.
    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The token does not exist, or not in this value.
        case unknownToken(UInt8)
        /// The token exists in `ssh` but has no meaning here yet.
        case unsupportedToken(UInt8)
        /// The value ends in a single `%`.
        case incompleteToken
        /// The environment does not have the variable.
        case unsetVariable(ConfigText)
        /// A `${` without its `}`, or without a name.
        case malformedVariable
        /// The home directory of another user is not known.
        case unknownHome(ConfigText)
        /// The expanded value is larger than a whole configuration may be.
        case tooLong

        /// One phrase for a person.
        public var description: String {
            switch self {
            case .unknownToken(let byte): "unknown token %\(ConfigText([byte]))"
            case .unsupportedToken(let byte): "token %\(ConfigText([byte])) is not supported yet"
            case .incompleteToken: "it ends in a single %"
            case .unsetVariable(let name): "the environment variable \"\(name)\" is not set"
            case .malformedVariable: "a ${ without a name or without its }"
            case .unknownHome(let name): "the home directory of \"\(name)\" is not known"
            case .tooLong: "it becomes too long"
            }
        }
    }

    /// The tokens that one value takes, by their letters; `%%` is always among them.
    public struct Tokens: Hashable, Sendable {
        let letters: Set<UInt8>
        /// Those that stay as they are, for a second expansion; then what others stand for is written so that it survives that.
        var kept: Set<UInt8> = []

        private init(_ letters: String) { self.letters = Set(letters.utf8) }

        /// What takes variables alone.
        public static let none = Tokens("")
        /// What `HostName` takes.
        public static let hostName = Tokens("h")
        /// What `User` takes: all but the remote user itself.
        public static let user = Tokens("dhiklLnpu")
        /// What `ProxyCommand` takes.
        public static let proxyCommand = Tokens("hnpr")
        /// What files and commands take.
        public static let general = Tokens("CdhijklLnpru")
        /// What `LocalCommand` takes: `%T` too, the tunnel's interface, of which there is none.
        public static let localCommand = Tokens("CdhijklLnpruT")
        /// What the arguments of `KnownHostsCommand` take; what is looked for (`%H`, `%I`, `%K`, `%t`, `%f`) is not known yet.
        public static let knownHostsCommand = {
            var tokens = Tokens("CdhijklLnpru")
            tokens.kept = Set("HIKtf%".utf8)
            return tokens
        }()
    }

    /// Replaces the tokens, and also `${VARIABLE}` if `environment` is given, in one pass.
    ///
    /// - Parameters:
    ///   - text: The value as it was written.
    ///   - tokens: The tokens that the value takes.
    ///   - context: What they stand for.
    ///   - environment: The value of a variable; `nil` where the value takes no variables.
    /// - Returns: The expanded value.
    /// - Throws: The fault, for an unknown token or an unset variable.
    public static func expand(
        _ text: ConfigText, tokens: Tokens, context: TokenContext, environment: ((ConfigText) -> ConfigText?)? = nil
    ) throws(Fault) -> ConfigText {
        var result: [UInt8] = []
        var rest = text.bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%") where tokens != .none:
                guard let letter = rest.popFirst() else { throw .incompleteToken }
                guard !tokens.kept.contains(letter) else {
                    result += [byte, letter]
                    continue
                }
                result += tokens.escaped(try value(of: letter, in: tokens, context: context))
            case UInt8(ascii: "$"):
                guard let environment, rest.first == UInt8(ascii: "{") else {
                    result.append(byte)
                    continue
                }
                result += tokens.escaped(try takeVariable(from: &rest, environment))
            default:
                result.append(byte)
            }
            guard result.count <= ConfigLimits.byteCount else { throw .tooLong }
        }
        return ConfigText(result)
    }

    /// Replaces a leading `~` by the home directory.
    ///
    /// - Parameters:
    ///   - path: The path as it was written.
    ///   - local: Whose home directory it is; `~name` works for this user's own name alone.
    /// - Returns: The path, absolute if it began with `~`.
    /// - Throws: `Fault.unknownHome` for another user's.
    public static func expandHome(_ path: ConfigText, local: LocalIdentity) throws(Fault) -> ConfigText {
        guard path.bytes.first == UInt8(ascii: "~") else { return path }
        let name = path.bytes.dropFirst().prefix { $0 != UInt8(ascii: "/") }
        guard name.isEmpty || Array(name) == local.user.bytes else { throw .unknownHome(ConfigText(name)) }
        return ConfigText(local.home.bytes + path.bytes.dropFirst(1 + name.count))
    }

    private static func value(
        of letter: UInt8, in tokens: Tokens, context: TokenContext
    ) throws(Fault) -> [UInt8] {
        if letter == UInt8(ascii: "%") { return [letter] }
        guard tokens.letters.contains(letter) else { throw .unknownToken(letter) }
        switch letter {
        case UInt8(ascii: "C"):
            guard let hash = context.connectionHash else { throw .unsupportedToken(letter) }
            return hash.bytes
        case UInt8(ascii: "j"): return context.jumpHost.bytes
        case UInt8(ascii: "d"): return context.local.home.bytes
        case UInt8(ascii: "h"): return context.host.bytes
        case UInt8(ascii: "i"): return Array(String(context.local.userID).utf8)
        case UInt8(ascii: "k"): return context.hostKeyAlias.bytes
        case UInt8(ascii: "l"): return context.local.hostName.bytes
        case UInt8(ascii: "L"): return Array(context.local.hostName.bytes.prefix { $0 != UInt8(ascii: ".") })
        case UInt8(ascii: "n"): return context.originalHost.bytes
        case UInt8(ascii: "p"): return Array(String(context.port).utf8)
        case UInt8(ascii: "r"): return context.remoteUser.bytes
        case UInt8(ascii: "T"): return Array("NONE".utf8)
        case UInt8(ascii: "u"): return context.local.user.bytes
        default: throw .unknownToken(letter)
        }
    }

    private static func takeVariable(
        from rest: inout ArraySlice<UInt8>, _ environment: (ConfigText) -> ConfigText?
    ) throws(Fault) -> [UInt8] {
        let name = rest.dropFirst().prefix { $0 != UInt8(ascii: "}") }
        guard !name.isEmpty, name.endIndex < rest.endIndex else { throw .malformedVariable }
        guard let value = environment(ConfigText(name)) else { throw .unsetVariable(ConfigText(name)) }
        rest = rest[name.endIndex...].dropFirst()
        return value.bytes
    }
}

extension TokenExpansion.Tokens {
    /// A value with its percent signs doubled, where a second expansion follows.
    fileprivate func escaped(_ value: [UInt8]) -> [UInt8] {
        kept.isEmpty ? value : value.flatMap { $0 == UInt8(ascii: "%") ? [$0, $0] : [$0] }
    }
}
