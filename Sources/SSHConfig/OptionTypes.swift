/// What to do with the key of a host that is unknown or has changed (`StrictHostKeyChecking`).
public enum StrictHostKeyChecking: String, Hashable, Sendable, CaseIterable {
    /// Only a known key is accepted.
    case yes
    /// A new key is accepted without asking; a changed one is not.
    case acceptNew = "accept-new"
    /// A person decides about a new key.
    case ask
    /// Nothing is refused; `no` in the file.
    case off
}

/// Whether to ask the server for a terminal (`RequestTTY`).
public enum RequestTTY: String, Hashable, Sendable, CaseIterable {
    /// Never.
    case no
    /// Where standard input is a terminal.
    case yes
    /// Always.
    case force
    /// For a login without a command.
    case auto
}

/// What is opened on the connection (`SessionType`).
public enum SessionType: String, Hashable, Sendable, CaseIterable {
    /// No session at all, as with `-N`.
    case none
    /// The command names a subsystem, as with `-s`.
    case subsystem
    /// A shell or a command.
    case `default`
}

/// Which addresses of a host are used (`AddressFamily`).
public enum AddressFamily: String, Hashable, Sendable, CaseIterable {
    /// All of them.
    case any
    /// IPv4 alone.
    case inet
    /// IPv6 alone.
    case inet6
}

/// Whether and how keys are used to log in (`PubkeyAuthentication`).
public enum PubkeyAuthentication: String, Hashable, Sendable, CaseIterable {
    /// Yes, bound to the host where the server can.
    case yes
    /// Not at all.
    case no
    /// Yes, without binding to the host.
    case unbound
    /// Yes, bound to the host.
    case hostBound = "host-bound"
}

/// Whether keys that were read from files are given to the agent (`AddKeysToAgent`); 0 seconds is for ever.
public enum AddKeysToAgent: Hashable, Sendable {
    /// They are not.
    case no
    /// They are, for so long.
    case yes(seconds: Int)
    /// A person decides about each.
    case ask
    /// They are, and the agent asks before each use.
    case confirm(seconds: Int)
}

/// How much is told (`LogLevel`), from nothing to everything.
public enum ConfigLogLevel: String, Hashable, Sendable, CaseIterable {
    /// Nothing, not even banners.
    case quiet = "QUIET"
    /// Only what ends the program.
    case fatal = "FATAL"
    /// Errors.
    case error = "ERROR"
    /// Also what a user ought to know.
    case info = "INFO"
    /// Also notes.
    case verbose = "VERBOSE"
    /// As with `-v`.
    case debug = "DEBUG"
    /// Another name for `debug`.
    case debug1 = "DEBUG1"
    /// As with `-vv`.
    case debug2 = "DEBUG2"
    /// As with `-vvv`.
    case debug3 = "DEBUG3"
}

/// The character that begins an escape in a terminal session (`EscapeChar`).
public enum EscapeCharacter: Hashable, Sendable {
    /// There is none, and the session is transparent.
    case none
    /// This byte.
    case byte(UInt8)
}

/// When idle channels of some types are closed (`ChannelTimeout`).
public struct ChannelTimeout: Hashable, Sendable {
    /// A pattern for the types, such as `session` or `*`; `global` means all together.
    public let type: ConfigText
    /// How long they may be idle; 0 is for ever.
    public let seconds: Int

    init?(_ text: [UInt8]) {
        guard let equals = text.lastIndex(of: UInt8(ascii: "=")), equals > 0, equals < text.count - 1,
            let seconds = OptionSyntax.seconds(text[(equals + 1)...])
        else { return nil }
        self.type = ConfigText(text[..<equals])
        self.seconds = seconds
    }
}
