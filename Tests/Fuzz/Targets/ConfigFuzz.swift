import SSHConfig

/// A configuration, up to a byte FF, and the file that its `Include` lines find, resolved for hosts of every shape.
enum ConfigFuzz {
    private static let hosts: [ConfigText] = ["web", "a.example.org", "127.1", "FE80::1%lo"]
    private static let local = LocalIdentity(user: "ann", userID: 1000, home: "/home/ann", hostName: "desk.example.org")

    static func run(_ input: [UInt8]) {
        let parts = input.split(separator: 0xFF, maxSplits: 1, omittingEmptySubsequences: false)
        let main = Array(parts.first ?? [])
        let included = parts.count > 1 ? Array(parts[1]) : []
        for host in hosts {
            do throws(ConfigError) {
                let options = try resolve(main, included, host)
                let again = try resolve(main, included, host)
                precondition(again == options, "a second resolution says something else")
                look(at: options)
            } catch {
                precondition(isSafe(error.description), "a fault is told with what could do harm")
            }
        }
        for kind in [ForwardRule.Kind.local, .remote, .dynamic] { _ = ForwardRule(ConfigText(main), kind: kind) }
        _ = JumpHost(ConfigText(main))
        _ = try? resolver(for: main, included).resolve(
            host: "web", commandLineOptions: [.text(ConfigText(main)), .value(.proxyJump, ConfigText(included))],
            files: [])
    }

    private static func resolve(
        _ main: [UInt8], _ included: [UInt8], _ host: ConfigText
    ) throws(ConfigError) -> ResolvedOptions {
        try resolver(for: main, included).resolve(
            host: host, command: host == "web" ? "ls" : nil, files: [ConfigFileReference(path: "/main", owner: .user)])
    }

    private static func resolver(for main: [UInt8], _ included: [UInt8]) -> ConfigResolver {
        // Files that include themselves end at the resolver's own bounds, which other tests prove, in too long a time.
        var remainingReads = 50
        var resolver = ConfigResolver(
            reader: { path, _ in
                remainingReads -= 1
                return path == "/main" ? main : remainingReads > 0 ? included : nil
            },
            glob: { $0.hasSuffix("*") ? ["/a", "/b"] : ["/a"] },
            environment: { $0 == "HOME" ? "/home/ann" : $0 == "TEN" ? "10" : nil }, local: local)
        resolver.exec = { $0.bytes.count.isMultiple(of: 2) }
        resolver.localAddresses = { [[10, 0, 0, 1], [UInt8](repeating: 0, count: 15) + [1]] }
        resolver.lookUp = { name, _ in name.bytes.last == UInt8(ascii: ".") ? "Alias.example.net" : nil }
        resolver.connectionHash = { String($0.count) }
        resolver.version = "OpenSSH_10.5"
        return resolver
    }

    private static func look(at options: ResolvedOptions) {
        for (key, _) in options.dump() where key != "host" {
            precondition(options.sources(of: key) != nil, "a key of the dump is no keyword")
        }
        precondition(options.notes.allSatisfy { isSafe($0.description) }, "a note shows what could do harm")
        precondition(options.host.bytes.count <= 1024, "the host is too long")
        for keyword in [ConfigKeyword.localForward, .remoteForward, .dynamicForward] { _ = options.forwards(keyword) }
        _ = (options.proxyJump, options.channelTimeouts, options.ipQoS, options.controlPersistSeconds)
    }

    private static func isSafe(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
}
