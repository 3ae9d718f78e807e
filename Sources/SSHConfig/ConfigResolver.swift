/// An option of the command line.
public enum CommandLineOption: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The text of one `-o`: `Key=value` or `Key value`, with quotes as in a file.
    case text(ConfigText)
    /// A value taken as it is, from a flag that stands for a keyword (`-p`, `-l`, `user@`, `-i`).
    case value(ConfigKeyword, ConfigText)

    /// Takes the text of one `-o`.
    public init(_ text: String) {
        self = .text(ConfigText(text))
    }

    /// Takes the text of one `-o`.
    public init(stringLiteral text: String) {
        self.init(text)
    }
}

/// Reads `ssh_config(5)` text and finds the options that hold for one host.
///
/// It touches no file and no variable itself: the closures do, and are asked only for what the text names. Nothing that a
/// file holds can trap, or cost more than the bounds of a configuration: 16 MiB, 4,096 files, 16 levels of `Include`.
public struct ConfigResolver {
    /// Returns a file's bytes, `nil` if it does not exist, or throws if it cannot be read (a device, a FIFO, too large, or
    /// a guarded one that others could have written).
    public typealias Reader = (_ path: String, _ isGuarded: Bool) throws -> [UInt8]?
    /// Returns the paths that a pattern with `*`, `?` and `[…]` stands for, sorted; none if there are none.
    public typealias Glob = (_ pattern: String) -> [String]
    /// Returns the value of a variable of the environment, or `nil`.
    public typealias Environment = (_ name: ConfigText) -> ConfigText?

    let reader: Reader
    let glob: Glob
    let environment: Environment
    let local: LocalIdentity

    /// Runs a command of `Match exec` by the user's shell and tells whether it succeeded; without this, such a line is an
    /// error where it decides.
    public var exec: ((_ command: ConfigText) throws -> Bool)?
    /// The bytes of the addresses of this machine's network interfaces, 4 or 16 each, for `Match localnetwork`.
    public var localAddresses: (() -> [[UInt8]])?
    /// Looks a name up for `CanonicalizeHostname` and tells its canonical name, or `nil` if there is none of that name.
    ///
    /// Without this, no name is found.
    public var lookUp: ((_ name: ConfigText, _ family: AddressFamily) -> ConfigText?)?
    /// The SHA-1 hash in hexadecimal, for the token `%C`.
    public var connectionHash: (@Sendable (_ names: [UInt8]) -> String)?
    /// What `Match version` is compared with, such as `OpenSSH_10.5`.
    public var version: ConfigText?

    /// Takes the ways to the world outside.
    public init(
        reader: @escaping Reader, glob: @escaping Glob, environment: @escaping Environment, local: LocalIdentity
    ) {
        self.reader = reader
        self.glob = glob
        self.environment = environment
        self.local = local
    }

    /// Finds the options for a host: those of the command line first, then those of the files in their order.
    ///
    /// - Parameters:
    ///   - host: The host as it was asked for.
    ///   - command: The command to run, or the name of the subsystem, for `Match command` and `Match sessiontype`.
    ///   - commandLineOptions: The options of the command line in their order; of two values the first stands.
    ///   - files: The files to read; for `-F` that file alone, else the user's and then the system's.
    /// - Returns: The options, with tokens and variables expanded.
    /// - Throws: The first fault, with its file and line. A line is checked whether or not its block holds for the host.
    public func resolve(
        host: ConfigText, command: ConfigText? = nil, commandLineOptions: [CommandLineOption] = [],
        files: [ConfigFileReference]
    ) throws(ConfigError) -> ResolvedOptions {
        guard (1...ConfigLimits.nameByteCount).contains(host.bytes.count) else {
            throw ConfigError(.badHost, at: .commandLine)
        }
        var pass = ConfigPass(resolver: self, host: host, command: command)
        for option in commandLineOptions { try pass.read(option) }
        for file in files { try pass.read(file) }
        let name = try pass.canonicalName()
        if pass.needsSecondReading { try pass.readAgain(files, for: name) }
        return try pass.finish(name)
    }
}
