import SSHConfig
import Testing

@Suite("The criteria of Match that look beyond names")
struct MatchTests {
    /// A fixture in a world with addresses, commands and a version; `judge` performs commands.
    private func resolve(
        _ text: String, command: ConfigText? = nil, options: [CommandLineOption] = [],
        exec judge: @escaping (ConfigText) throws -> Bool = { _ in true }
    ) throws -> ResolvedOptions {
        var resolver = ConfigFixture(text).resolver
        resolver.exec = judge
        resolver.localAddresses = { [[10, 1, 2, 3], [0xFE, 0x80] + [UInt8](repeating: 0, count: 13) + [1]] }
        resolver.version = "OpenSSH_10.5p1"
        resolver.connectionHash = { String($0.count) }
        return try resolver.resolve(
            host: "host", command: command, commandLineOptions: options,
            files: [ConfigFileReference(path: ConfigFixture.main, owner: .user)])
    }

    private func holds(
        _ criteria: String, command: ConfigText? = nil, options: [CommandLineOption] = []
    ) throws -> Bool {
        try resolve("Match \(criteria)\nPort 23", command: command, options: options).port != nil
    }

    @Test(
        "tagged: a Tag before, of the files or of -P; the empty text where there is none",
        arguments: [
            ("tagged t*", true), ("tagged x,t1", true), ("tagged T1", false), ("!tagged t1", false),
            ("tagged *,!t1", false), ("tagged \"\"", false), ("!tagged \"\"", true), ("tagged=t1", true),
        ])
    func tagged(criteria: String, expected: Bool) throws {
        #expect(try holds(criteria, options: [.value(.tag, "t1")]) == expected)
        #expect(try (resolve("Tag t1\nMatch \(criteria)\nPort 23").port != nil) == expected)
        #expect(try resolve("Host x\nTag t1\nMatch tagged *\nPort 23").port == nil)
        #expect(try holds("tagged \"\"") && !holds("tagged t*") && !holds("!tagged \"\""))
    }

    @Test(
        "command: the command line's, or the empty text without one",
        arguments: [
            ("command \"ls *\"", true), ("command ls", false), ("command rsync*,ls*", true), ("!command ls*", false),
            ("command \"\"", false),
        ])
    func command(criteria: String, expected: Bool) throws {
        #expect(try holds(criteria, command: "ls -l") == expected)
        #expect(try holds("command \"\"") && !holds("command ls*"))
        // The command of the files is none of the command line.
        #expect(try resolve("RemoteCommand ls\nMatch command \"\"\nPort 23").port != nil)
    }

    @Test("sessiontype: shell, exec, subsystem or none, as the command and SessionType so far say")
    func sessionType() throws {
        #expect(try holds("sessiontype shell") && !holds("sessiontype exec,none"))
        #expect(try holds("sessiontype exec", command: "ls"))
        #expect(try holds("sessiontype none", options: ["SessionType=none"]))
        #expect(try holds("sessiontype sub*", command: "sftp", options: [.value(.sessionType, "subsystem")]))
        #expect(try resolve("Match sessiontype shell\nSessionType none\nMatch sessiontype none\nPort 3").port != nil)
    }

    @Test(
        "localnetwork: an address of ours lies in one of the networks",
        arguments: [
            ("10.0.0.0/8", true), ("10.1.2.3", true), ("10.1.2.2/31", true), ("10.1.3.0/24", false),
            ("192.168.0.0/16,10.1.0.0/16", true), ("::/0", true), ("fe80::/10", true), ("fe80::1", true),
            ("::ffff:10.1.2.3", false), ("0.0.0.0/0", true), ("10.1.2.3/32", true), ("fe80::2/127", false),
        ])
    func localNetwork(networks: String, expected: Bool) throws {
        #expect(try holds("localnetwork \(networks)") == expected)
        #expect(try holds("!localnetwork \(networks)") != expected)
    }

    @Test(
        "localnetwork: a list that is none is an error, wherever it stands",
        arguments: [
            "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8,", "web", "fe80::/129", ":::",
            "1::2::3",
            "10.0.0.0/8/8", "10.0.0.0/-1", "::1.2.3", "1:2:3:4:5:6:7:8:9", "12345::", "1.2.3.4::",
            "10.0.0.0/99999999999999999999", "!10.0.0.0/8", "256.0.0.0/8",
        ])
    func badNetwork(networks: String) {
        guard case .badMatch? = failure("Match host none localnetwork \(networks)")?.kind else {
            Issue.record("accepted")
            return
        }
    }

    @Test("version: the text that -V shows")
    func version() throws {
        #expect(try holds("version OpenSSH_10.*") && !holds("version OpenSSH_9.*,openssh_10*"))
        #expect(try holds("!version *,!OpenSSH_10*"))
    }

    @Test("exec: asked with tokens expanded, only where the criteria before it hold, once in each reading")
    func exec() throws {
        var asked: [ConfigText] = []
        let text = """
            HostName real.example
            Match host none exec "never %h"
            Port 1
            Match host real* exec "test %h %n %p %r %u %d %i %l %L %k %j %C %%" !exec no user ann
            Port 2
            Match exec no exec never
            Port 3
            """
        let options = try resolve(text) { command in
            asked.append(command)
            return command != "no"
        }
        let expanded =
            "test real.example host 22 ann ann /home/ann 1000 desk.example.org desk real.example  33 %" as ConfigText
        #expect(asked == [expanded, "no", "no"])
        #expect(options.port?.value == 2)
        asked = []
        _ = try resolve("Match exec once\nPort 3\nMatch final\nBatchMode yes") { command in
            asked.append(command)
            return true
        }
        #expect(asked == ["once", "once"])
    }

    @Test("exec: a token that is none is an error with its line though the command is not run")
    func execTokens() {
        #expect(
            failure("\nMatch host none exec \"a %z\"")
                == ConfigError(
                    .expansion(keyword: .match, .unknownToken(UInt8(ascii: "z"))),
                    at: ConfigSource(file: ConfigFixture.main, line: 2)))
    }

    @Test("exec: a command that cannot be run is an error in words that are safe to show")
    func execFails() {
        struct Broken: Error, CustomStringConvertible { let description = "no \u{1B}shell" }
        #expect { try resolve("Match exec x") { _ in throw Broken() } } throws: { error in
            "\(error)" == "\(ConfigFixture.main): line 1: Bad Match condition: exec: no \\x1bshell"
        }
    }

    @Test(
        "Criteria that want a value do not do without", arguments: ["exec", "version", "sessiontype", "host", "tagged"])
    func missing(criterion: String) {
        #expect(failure("Match \(criterion)")?.kind == .badMatch("no value after \"\(criterion)\""))
        #expect(failure("Match \(criterion) # x")?.kind == .badMatch("no value after \"\(criterion)\""))
    }
}
