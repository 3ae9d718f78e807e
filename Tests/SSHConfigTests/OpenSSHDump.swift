import Foundation
import SSHConfig

/// What `ssh -G` of OpenSSH 9.2 and our own dump may differ in, each with its reason; any other difference fails.
struct DumpException: Sendable {
    let key: String
    let reason: String
    /// A configuration that shows the difference.
    let example: String
    /// Whether the difference is to be expected.
    let applies: @Sendable (ResolvedOptions, _ text: String) -> Bool

    /// Keywords that came after 9.2.
    static let newKeys: Set = [
        "channeltimeout", "obscurekeystroketiming", "refuseconnection", "tag", "versionaddendum", "warnweakcrypto",
    ]

    /// Lists of algorithms are the caller's; here both have those of `ssh` where nothing is set.
    static let lists: [ConfigKeyword] = [
        .ciphers, .macs, .kexAlgorithms, .hostKeyAlgorithms, .hostbasedAcceptedAlgorithms, .pubkeyAcceptedAlgorithms,
        .caSignatureAlgorithms, .gssapiKexAlgorithms,
    ]

    static let all: [DumpException] = [
        DumpException(
            key: "forwardx11trusted", reason: "Debian's ssh trusts X11 clients unless it is told not to", example: "",
            applies: { found, _ in found.entries(for: .forwardX11Trusted).isEmpty }),
        DumpException(
            key: "identityfile", reason: "10.0 took out DSA, and 10.1 XMSS", example: "",
            applies: { found, _ in found.entries(for: .identityFile).isEmpty }),
        DumpException(
            key: "ipqos", reason: "10.1 has other defaults, and Debian had its own", example: "",
            applies: { found, _ in found.ipQoS == nil }),
        DumpException(
            key: "serveraliveinterval", reason: "Debian's ssh asks the server of a batch job every 300 seconds",
            example: "BatchMode yes",
            applies: { found, _ in found.serverAliveIntervalSeconds == nil && found.batchMode?.value == true }),
        DumpException(
            key: "syslogfacility", reason: "9.2 takes it from blocks for other hosts too",
            example: "Host x\nSyslogFacility AUTH", applies: { hasBlocks($1) }),
        DumpException(
            key: "streamlocalbindmask", reason: "9.2 takes the last one, also from blocks for other hosts",
            example: "StreamLocalBindMask 0700\nStreamLocalBindMask 0111",
            applies: { hasBlocks($1) || $1.lowercased().components(of: "streamlocalbindmask") > 1 }),
        DumpException(
            key: "logverbose", reason: "9.2 keeps the first pattern alone", example: "LogVerbose a b",
            applies: { found, _ in (found.texts(.logVerbose)?.value.count ?? 0) > 1 }),
        DumpException(
            key: "dynamicforward", reason: "9.2 also shows local forwardings to sockets under this name",
            example: "LocalForward 8080 /b",
            applies: { found, _ in
                found.forwards(.localForward).contains { if case .path = $0.value.connect { true } else { false } }
            }),
        DumpException(
            key: "revokedhostkeys", reason: "9.2 expands nothing in it", example: "RevokedHostKeys ~/a",
            applies: { found, text in text.contains("~") || text.contains("%") }),
        DumpException(
            key: "forwardagent", reason: "9.2 takes the first path though a yes or no came before it",
            example: "ForwardAgent no\nForwardAgent /dev/null",
            applies: { $1.lowercased().components(of: "forwardagent") > 1 }),
        hash(in: "controlpath", example: "ControlPath %C"), hash(in: "identityagent", example: "IdentityAgent /%C"),
        hash(in: "remotecommand", example: "RemoteCommand %C"),
    ]

    private static func hash(in key: String, example: String) -> DumpException {
        DumpException(
            key: key, reason: "since 9.7 %C also has the jump host in it", example: example + "\nProxyJump j",
            applies: { found, text in found.proxyJump != nil && text.contains("%C") })
    }

    private static func hasBlocks(_ text: String) -> Bool {
        ["host ", "match ", "include "].contains { text.lowercased().components(of: $0) > 0 }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { components(separatedBy: text).count - 1 }
}

/// Both dumps of one configuration, by key.
struct DumpComparison {
    let theirs: [String: [String]]
    let ours: [String: [String]]
    /// The keys of both in their orders.
    let order: (theirs: [String], ours: [String])
    let found: ResolvedOptions
    private let everything: String

    init(
        _ text: String, included: [String: String] = [:], host: String, options: [String] = [], command: String? = nil
    ) throws {
        let files = try ConfigFiles(text, included: included)
        defer { files.remove() }
        let words = command.map { [$0] } ?? []
        let lines = try OpenSSH.dump(file: files.main, host: host, options: options, command: words)
        let found = try files.resolve(host: host, options: options, command: command)
        let theirs = Dictionary(grouping: lines, by: \.key).mapValues { $0.map(\.value) }
        var lists: [ConfigKeyword: ConfigText] = [:]
        for keyword in DumpException.lists where found.entries(for: keyword).isEmpty {
            lists[keyword] = theirs[keyword.name.lowercased()]?.first.map { ConfigText($0) }
        }
        let dump = found.dump(lists: lists).map { ($0.key, $0.value.string ?? "") }
        ours = Dictionary(grouping: dump, by: \.0).mapValues { $0.map(\.1) }
        order = (Self.keys(lines.map(\.key), in: ours), Self.keys(dump.map(\.0), in: theirs))
        self.theirs = theirs
        everything = ([text] + included.values + options).joined(separator: "\n")
        self.found = found
    }

    private static func keys(_ keys: [String], in other: [String: [String]]) -> [String] {
        keys.enumerated().filter { $0.offset == 0 || keys[$0.offset - 1] != $0.element }.map(\.element)
            .filter { other[$0] != nil }
    }

    /// The keys whose values differ.
    var differences: Set<String> {
        Set(theirs.keys).union(ours.keys).subtracting(DumpException.newKeys).filter { theirs[$0] != ours[$0] }
    }

    /// The differences that no exception covers, for a person.
    var unexpected: [String] {
        let expected = DumpException.all.filter { $0.applies(found, everything) }.map(\.key)
        return differences.subtracting(expected).sorted().map { "\($0): \(theirs[$0] ?? []) not \(ours[$0] ?? [])" }
    }
}
