import Foundation
import SSHConfig
import Testing

/// What `ssh -G` prints for a file, beside what the resolver finds in it.
@Suite("Agreement with ssh -G", .enabled(if: FileManager.default.isExecutableFile(atPath: OpenSSH.path)))
struct OpenSSHAgreementTests {
    @Test("Generated files resolve as in ssh", arguments: 0..<200)
    func agreement(seed: UInt64) throws {
        var generator = ConfigGenerator(seed: seed)
        let text = generator.file()
        let host = generator.pick(["web", "db.example.org", "WEB", "fe80::1"])
        let options = generator.commandLine()
        // Debian's ssh asks the server every 300 seconds where BatchMode is on; that is a default, not a reading.
        let theirs = try OpenSSH.dump(text, host: host, options: options)
        let baseline = try OpenSSH.dump("", host: host, options: [])
        let ours = try resolveLikeSSH(text, host: host, options: options)
        for (key, values) in ours.sorted(by: { $0.key < $1.key }) {
            if key == "serveraliveinterval", values == nil { continue }
            #expect(theirs[key] == (values ?? baseline[key]), "\(key) for \(host) \(options) in:\n\(text)")
        }
    }

    @Test(
        "What ssh refuses is refused, and what it takes is taken",
        arguments: [
            "Port 0", "Port 65536", "Port 1 2", "User", "User \"\"", "User \"a", "User a b", "xyz", "Host",
            "Host \"\"", "Match", "Match host", "Match nonsense x", "Match all host x", "Match host web all",
            "BatchMode 1",
            "BatchMode TRUE", "Compression true", "ConnectTimeout 1x", "ConnectTimeout 1w1", "ConnectTimeout \"\"",
            "SendEnv A=b", "SetEnv A", "EscapeChar ab", "EscapeChar ^a", "EscapeChar ^!", "LogLevel loud",
            "RequestTTY maybe",
            "StrictHostKeyChecking maybe", "SessionType x", "AddressFamily inet4", "UserKnownHostsFile a none",
            "NumberOfPasswordPrompts -1", "ServerAliveCountMax x", "Protocol", "Protocol 3", "Include", "Include \"\"",
            "IgnoreUnknown x*\nxyz", "IgnoreUnknown x*\nabc 1", "ServerAliveInterval 2147483648", "Cipher a b c",
            "RekeyLimit", "RekeyLimit 15", "RekeyLimit 16", "RekeyLimit 0", "RekeyLimit 1M none",
            "RekeyLimit default 1h",
            "RekeyLimit default none", "RekeyLimit none", "RekeyLimit 1X", "RekeyLimit 1G 1h 1h", "RekeyLimit 1G 1x",
            "RekeyLimit 8E", "RekeyLimit DEFAULT", "RequiredRSASize -1", "RequiredRSASize 1024x",
            "ConnectionAttempts 0",
            "ConnectionAttempts -1", "ConnectionAttempts", "BindAddress a b", "BindInterface \"\"",
            "Host web # c", "Match user x # c", "PreferredAuthentications a b", "RemoteCommand \"a", "HostName a 'b",
        ])
    func verdicts(text: String) throws {
        let accepted = (try? OpenSSH.dump(text, host: "web", options: [])) != nil
        #expect((failure(text, host: "web") == nil) == accepted)
    }

    /// The options as `ssh -G` would print them; `nil` where nobody set one.
    private func resolveLikeSSH(_ text: String, host: String, options: [String]) throws -> [String: [String]?] {
        let found = try ConfigFixture(text).resolve(ConfigText(host), options: options.map { CommandLineOption($0) })
        var printed: [String: [String]?] = [:]
        printed["hostname"] = [shown(found.host)]
        let texts: [ConfigKeyword] = [
            .user, .hostKeyAlias, .preferredAuthentications, .ciphers, .macs, .kexAlgorithms, .hostKeyAlgorithms,
            .bindAddress, .bindInterface,
        ]
        for keyword in texts { printed[name(keyword)] = .some(one(found.text(keyword), shown)) }
        let flags: [ConfigKeyword] = [
            .batchMode, .hashKnownHosts, .identitiesOnly, .passwordAuthentication, .stdinNull, .tcpKeepAlive,
        ]
        for keyword in flags { printed[name(keyword)] = .some(one(found.flag(keyword), yes)) }
        let numbers: [ConfigKeyword] = [
            .port, .connectTimeout, .serverAliveInterval, .serverAliveCountMax, .numberOfPasswordPrompts,
            .connectionAttempts, .requiredRSASize,
        ]
        for keyword in numbers { printed[name(keyword)] = .some(one(found.number(keyword)) { String($0) }) }
        printed["rekeylimit"] = .some(
            one(found.rekeyByteCount) { "\($0) \(found.rekeyIntervalSeconds?.value ?? 0)" })
        printed["compression"] = .some(one(found.compression, yes))
        printed["addressfamily"] = .some(one(found.addressFamily) { $0.rawValue })
        printed["sessiontype"] = .some(one(found.sessionType) { $0.rawValue })
        printed["pubkeyauthentication"] = .some(one(found.pubkeyAuthentication) { truth($0.rawValue) })
        printed["requesttty"] = .some(one(found.requestTTY) { truth($0.rawValue) })
        printed["stricthostkeychecking"] = .some(one(found.strictHostKeyChecking) { truth($0.rawValue) })
        printed["loglevel"] = .some(
            one(found.logLevel) { $0 == .debug1 ? "DEBUG" : $0 == .quiet ? "SILENT" : $0.rawValue })
        printed["remotecommand"] = .some(one(found.remoteCommand, shown))
        printed["userknownhostsfile"] = .some(one(found.userKnownHostsFiles, list))
        printed["globalknownhostsfile"] = .some(one(found.globalKnownHostsFiles, list))
        printed["identityfile"] = .some(found.identityFiles.map { files in files.map { shown($0.value) } })
        printed["sendenv"] = .some(found.sendEnv.isEmpty ? nil : found.sendEnv.map { shown($0.value) })
        printed["setenv"] = .some(found.setEnv.map { $0.value.map(shown) })
        return printed
    }

    private func name(_ keyword: ConfigKeyword) -> String { keyword.rawValue.lowercased() }

    private func one<Value>(_ setting: Setting<Value>?, _ print: (Value) -> String) -> [String]? {
        setting.map { [print($0.value)] }
    }

    private func shown(_ value: ConfigText) -> String { value.string ?? "" }

    private func yes(_ value: Bool) -> String { value ? "yes" : "no" }

    private func truth(_ word: String) -> String { ["yes": "true", "no": "false", "off": "false"][word] ?? word }

    private func list(_ values: [ConfigText]) -> String {
        values.isEmpty ? "none" : values.map(shown).joined(separator: " ")
    }
}

/// The installed `ssh`, asked for its reading of a file.
enum OpenSSH {
    struct Refused: Error { let text: String }

    static let path = "/usr/bin/ssh"

    static func dump(_ text: String, host: String, options: [String]) throws -> [String: [String]] {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("fairlead-\(UUID().uuidString)")
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-G", "-F", file.path] + options.flatMap { ["-o", $0] } + [host]
        process.standardInput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refused(text: "\(options) \(host)") }
        var values: [String: [String]] = [:]
        for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(parts[0]), default: []].append(parts.count > 1 ? String(parts[1]) : "")
        }
        return values
    }
}

/// Makes files of `ssh_config(5)` from a seed.
struct ConfigGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1 }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return choices[Int((state >> 33) % UInt64(choices.count))]
    }

    mutating func file() -> String {
        var text = ""
        for _ in 0..<pick([3, 8, 20, 40]) { text += line() + pick(["\n", "\r\n", "  \n", "\n\n", "\n# note\n"]) }
        return text
    }

    mutating func commandLine() -> [String] {
        (0..<pick([0, 0, 1, 3])).map { _ in
            let (keyword, values) = pick(Self.keywords)
            return pick(["", " "]) + keyword + pick(["=", " ", " = "]) + pick(values)
        }
    }

    private mutating func line() -> String {
        switch pick([0, 1, 2, 2, 2, 2, 2, 2]) {
        case 0:
            return "Host "
                + pick(["web", "*", "!web *", "w?b db*", "*.org", "web !*", "\"web\" # c", "fe80::*", "WEB"])
        case 1:
            return pick(["Match ", "match  "])
                + pick([
                    "all", "host web", "host=*.org", "originalhost WEB,x", "user bob", "!user bob host *",
                    "host h.example.net", "canonical", "!canonical host *", "user \"b?b\" originalhost *",
                    "!host web # note",
                ])
        default:
            let (keyword, values) = pick(Self.keywords)
            let spelled = pick([keyword, keyword.lowercased(), keyword.uppercased()])
            return pick(["", "  ", "\t"]) + spelled + pick([" ", " = ", "\t"]) + pick(values)
        }
    }

    private static let flags = ["yes", "no", "true", "FALSE", "\"yes\"", "no # why"]

    private static let keywords: [(String, [String])] = [
        ("HostName", ["h.example.net", "%h.example.org", "H%%", "10.0.0.1"]),
        ("User", ["bob", "\"a b\"", "eve # x", "a\\ b", "DOM\\x", "'q'"]),
        ("Port", ["22", "2222", "\"65535\"", "022"]),
        ("HostKeyAlias", ["alias", "\"Alias.x\""]),
        ("AddressFamily", ["any", "inet", "INET6"]),
        ("BatchMode", flags), ("HashKnownHosts", flags), ("IdentitiesOnly", flags), ("PasswordAuthentication", flags),
        ("StdinNull", flags), ("TCPKeepAlive", flags), ("KeepAlive", flags),
        ("Compression", ["yes", "NO"]),
        ("PubkeyAuthentication", flags + ["unbound", "host-bound"]),
        ("RequestTTY", flags + ["force", "Auto"]),
        ("StrictHostKeyChecking", flags + ["ask", "off", "accept-new"]),
        ("SessionType", ["none", "default"]),
        ("LogLevel", ["quiet", "INFO", "debug1", "DEBUG3", "verbose"]),
        ("ConnectTimeout", ["10", "1m30s", "1h5", "2D"]),
        ("ServerAliveInterval", ["0", "15", "5m"]),
        ("ServerAliveCountMax", ["0", "7"]),
        ("RekeyLimit", ["1G", "512m 1h", "default none", "1048576 90", "4K none", "default 5m"]),
        ("RequiredRSASize", ["1024", "3072"]), ("ConnectionAttempts", ["1", "03"]),
        ("BindAddress", ["127.0.0.1", "::1"]), ("BindInterface", ["eth0", "\"lo\""]),
        ("NumberOfPasswordPrompts", ["1", "05"]),
        ("PreferredAuthentications", ["publickey,password", "x"]),
        ("Ciphers", ["aes128-ctr", "aes256-gcm@openssh.com,aes128-ctr"]),
        ("MACs", ["hmac-sha2-256", "hmac-sha2-512,hmac-sha2-256"]),
        ("KexAlgorithms", ["curve25519-sha256", "ecdh-sha2-nistp256,curve25519-sha256"]),
        ("HostKeyAlgorithms", ["ssh-ed25519", "rsa-sha2-512,ssh-ed25519"]),
        ("RemoteCommand", ["echo \"a  b\" # c", "ls -l", "true 'x y'"]),
        ("UserKnownHostsFile", ["/a /b", "\"/a b\"", "none", "/c # d"]),
        ("GlobalKnownHostsFile", ["/g", "/g '/h i'"]),
        ("IdentityFile", ["/k1", "/k2", "\"/k 3\"", "/k1 # again"]),
        ("SendEnv", ["LANG LC_*", "A B", "-A", "-LC*", "C # x"]),
        ("SetEnv", ["A=1 B=2", "\"C=d e\"", "A=1 A=2"]),
        ("GSSAPIAuthentication", flags), ("Protocol", ["2"]), ("ForwardAgent", ["yes", "no"]),
    ]
}
