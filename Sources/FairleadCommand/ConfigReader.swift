import Fairlead
import SSHConfig

/// Which configuration files there are, and how they are read.
enum ConfigReader {
    static let maximumByteCount = 16 * 1024 * 1024
    /// For the file of `-F`, which may be a pipe.
    private static let patience = Duration.seconds(10)

    /// The file of `-F` alone, or the user's and the system's.
    static func files(_ chosen: String?, home: String) -> [ConfigFileReference] {
        switch chosen {
        case "none": []
        case let path?: [ConfigFileReference(path: path, owner: .user, isRequired: true)]
        case nil:
            [
                ConfigFileReference(path: home + "/.ssh/config", owner: .user, isGuarded: true),
                ConfigFileReference(path: "/etc/ssh/ssh_config", owner: .system),
            ]
        }
    }

    /// The configuration's view of the world.
    static func resolver(for local: LocalIdentity, chosen: String?) -> ConfigResolver {
        // Read again for a second pass, a pipe would be empty.
        var first: [UInt8]?
        var resolver = ConfigResolver(
            reader: { path, isGuarded in
                guard path == chosen else { return try read(path, isGuarded: isGuarded, isFound: true) }
                first = try first ?? read(path, patience: patience)
                return first
            }, glob: PlatformTerminal.glob,
            environment: { PlatformTerminal.environment($0) }, local: local)
        resolver.exec = { command in
            guard let text = command.string else { throw UsageError(message: "\(command) is not UTF-8") }
            // As in ssh: what cannot be asked, or does not come to an answer, is neither true nor false.
            switch PlatformProcess.runInShell(text, isSilent: true) {
            case .exit(let status): return status == 0
            case .signal, .unknown: throw UsageError(message: "match exec '\(command)' error: it ended abnormally")
            case nil: throw UsageError(message: "match exec '\(command)' error: the shell cannot be started")
            }
        }
        resolver.localAddresses = { PlatformNetwork.localAddresses }
        resolver.lookUp = { name, family in
            name.string.flatMap { PlatformNetwork.canonicalName(of: $0, family) }.map { ConfigText($0) }
        }
        resolver.connectionHash = { SSHConfiguration.connectionHash(of: $0) }
        resolver.version = ConfigText(Main.version)
        return resolver
    }

    /// The bytes; nil when there is no such file.
    ///
    /// A directory that a pattern found is no file either, as in ssh.
    static func read(
        _ path: String, isGuarded: Bool = false, isFound: Bool = false, patience: Duration? = nil
    ) throws -> [UInt8]? {
        do throws(PlatformFiles.Failure) {
            return try PlatformFiles.read(path, upTo: maximumByteCount, isGuarded: isGuarded, patience: patience)
        } catch {
            // A name that a pattern found, and that is not UTF-8, has been repaired on its way.
            guard error != .missing || !path.contains("\u{FFFD}") else {
                throw UsageError(message: "a name that is not UTF-8 cannot be included: \(ConfigText(path))")
            }
            if error == .missing || isFound && error == .directory { return nil }
            // As ssh says it (ruling 25): whoever can write this can run programs as the user.
            if error == .writableByOthers {
                throw UsageError(
                    message: "Bad owner or permissions on \(ConfigText(path)); run: chmod go-w \(ConfigText(path))")
            }
            throw UsageError(message: "Can't open configuration file \(ConfigText(path)): \(error.text)")
        }
    }
}
