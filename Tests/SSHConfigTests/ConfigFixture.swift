import SSHConfig

/// A world of files in memory, and the resolver over it.
struct ConfigFixture {
    enum ReadFailure: Error { case notARegularFile, writableByOthers }

    var files: [String: [UInt8]] = [:]
    var unreadable: Set<String> = []
    var writableByOthers: Set<String> = []
    var variables: [String: String] = [:]
    var globbed: [String: [String]] = [:]

    static let local = LocalIdentity(user: "ann", userID: 1000, home: "/home/ann", hostName: "desk.example.org")
    static let main = "/home/ann/.ssh/config"

    init(_ text: String = "", files: [String: String] = [:]) {
        self.files = files.mapValues { Array($0.utf8) }
        self.files[Self.main] = Array(text.utf8)
    }

    var resolver: ConfigResolver {
        ConfigResolver(
            reader: { path, isGuarded in
                if isGuarded, writableByOthers.contains(path) { throw ReadFailure.writableByOthers }
                if unreadable.contains(path) { throw ReadFailure.notARegularFile }
                return files[path]
            },
            glob: { pattern in globbed[pattern] ?? (files[pattern] == nil ? [] : [pattern]) },
            environment: { $0.string.flatMap { variables[$0] }.map { ConfigText($0) } },
            local: Self.local)
    }

    func resolve(
        _ host: ConfigText = "host", options: [CommandLineOption] = [],
        owner: ConfigFileReference.Owner = .user
    ) throws(ConfigError) -> ResolvedOptions {
        try resolver.resolve(
            host: host, commandLineOptions: options, files: [ConfigFileReference(path: Self.main, owner: owner)])
    }

    /// The error of a configuration that must fail.
    func failure(
        _ host: ConfigText = "host", options: [CommandLineOption] = [], owner: ConfigFileReference.Owner = .user
    ) -> ConfigError? {
        do throws(ConfigError) { _ = try resolve(host, options: options, owner: owner) } catch { return error }
        return nil
    }
}

func resolve(_ text: String, host: ConfigText = "host") throws(ConfigError) -> ResolvedOptions {
    try ConfigFixture(text).resolve(host)
}

func failure(_ text: String, host: ConfigText = "host") -> ConfigError? {
    ConfigFixture(text).failure(host)
}
