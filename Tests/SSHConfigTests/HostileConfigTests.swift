import SSHConfig
import Testing

@Suite("Configurations that mean harm")
struct HostileConfigTests {
    private static let nasty: [String] = [
        "", "\"", "'", "\\", "\"\"", "%", "%%%", "${", "${}", "$", "~", "[", "]", "[]", "[]:", ":", "::", ":::", "/",
        "//", ",",
        ",,", "@", "@@", "a@", "-", "--", "=", "==", "+", "0", "-1", "99999999999999999999", "9223372036854775807",
        "9223372036854775808", "0x", "0xffffffffffffffffffff", "1w1w", "153722867280912930w", "1E", "9E", "*", "!",
        "!!",
        "none", "none none", "NONE x", "yes no", "a b c d", "ssh://", "ssh://@", "ssh://%", "ssh://%4", "ssh://%00@h",
        "ssh://[", "ssh://u@[h]:x/", "[a", "a]:1", "1:2:3:4:5", "\\", "a\\", "a:\\", "/ /", "any:", ":any", "x=", "=x",
        "x=9223372036854775807", "interval:", "interval:99999999999999999999", "\u{FF}\u{80}", "a\u{0}b", "\u{1B}[31m",
        "10.0.0.0/8", "::/128", "::/129", "^", "^é", "\u{7F}", "#", "a#b", "${A}${A}${A}", "*:*", "*:", "08", "0777",
        "07777",
    ]

    @Test(
        "LF-10, G4: no value of any keyword traps; a fault names file and line and is safe to show", arguments: nasty)
    func values(value: String) {
        for text in [value, value + " " + value, value + "\nMatch final\nPort 3"] {
            for keyword in ConfigKeyword.allCases {
                var fixture = ConfigFixture("Host *\n\(keyword.name) \(text)")
                fixture.variables = ["A": "%h:${A}"]
                do throws(ConfigError) {
                    look(at: try fixture.resolve())
                } catch {
                    #expect(error.source.file == ConfigFixture.main && error.source.line >= 2, "\(keyword) \(text)")
                    #expect(error.description.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(keyword) \(text)")
                }
                let option = CommandLineOption.value(keyword, ConfigText(value))
                if let options = try? ConfigFixture().resolve(options: [option]) { look(at: options) }
            }
        }
    }

    @Test("LF-10: no criterion of Match traps, alone, negated or after another", arguments: nasty)
    func criteria(value: String) {
        let names = [
            "all", "canonical", "final", "exec", "localnetwork", "host", "originalhost", "tagged", "command", "user",
            "localuser", "version", "sessiontype", "x",
        ]
        for name in names {
            for line in ["\(name) \(value)", "!\(name)=\(value)", "host * \(name) \(value) \(value)"] {
                var resolver = ConfigFixture("Match \(line)\nUser x").resolver
                resolver.exec = { _ in true }
                resolver.localAddresses = { [[], [1, 2, 3, 4], [UInt8](repeating: 255, count: 16), [1]] }
                resolver.version = ""
                do throws(ConfigError) {
                    _ = try resolver.resolve(
                        host: "h", files: [ConfigFileReference(path: ConfigFixture.main, owner: .user)])
                } catch {
                    #expect(error.source.line == 1, "\(line)")
                }
            }
        }
    }

    /// Everything that can be asked of options is.
    private func look(at options: ResolvedOptions) {
        #expect(options.dump().contains { $0.key == "rekeylimit" })
        for keyword in ConfigKeyword.allCases { _ = (options.sources(of: keyword.name), options.forwards(keyword)) }
        _ = (options.proxyJump, options.channelTimeouts, options.ipQoS, options.controlPersistSeconds)
        _ = (options.rekeyByteCount, options.rekeyIntervalSeconds, options.knownHostsCommand, options.escapeCharacter)
    }

    @Test(
        "LF-10: lists end at ssh's limits",
        arguments: [
            ("CanonicalDomains", "a", 32), ("CanonicalizePermittedCNAMEs", "a:b", 32), ("UserKnownHostsFile", "/a", 32),
            ("GlobalKnownHostsFile", "/a", 32), ("SendEnv", "A", 1024), ("PermitRemoteOpen", "a:1", 1024),
        ])
    func limits(keyword: String, value: String, limit: Int) throws {
        let longest = keyword + String(repeating: " " + value, count: limit)
        _ = try resolve(longest)
        let expected = ConfigKeyword.allCases.first { $0.name == keyword }
        #expect(
            failure("\n" + longest + " " + value)?.kind == expected.map { .tooManyValues(keyword: $0, limit: limit) })
        #expect(failure("Host x\n" + longest + " " + value)?.source.line == 2)
    }

    @Test("LF-10: names that are compared with patterns have an end, so that a line costs its length")
    func longNames() throws {
        let long = String(repeating: "a", count: 1025)
        #expect(failure("SendEnv \(long)") != nil)
        _ = try resolve("SendEnv \(long.dropLast())")
        #expect(failure("IgnoreUnknown *\n\(long) x") != nil)
        _ = try resolve("IgnoreUnknown *\n\(long.dropLast()) x")
    }

    @Test("LF-10: forwardings end at 1,024, paths of sockets at 107 bytes, hosts at 1,024")
    func forwardLimits() throws {
        let many = (1...1024).map { "LocalForward \($0) h:1\n" }.joined()
        #expect(try resolve(many).forwards(.localForward).count == 1024)
        #expect(failure(many + "LocalForward 1025 h:1")?.kind == .tooManyValues(keyword: .localForward, limit: 1024))
        let path = "/" + String(repeating: "a", count: 106)
        #expect(try resolve("LocalForward \(path) h:1").forwards(.localForward).count == 1)
        #expect(failure("LocalForward \(path)a h:1") != nil)
        let host = String(repeating: "a", count: 1024)
        #expect(try resolve("LocalForward 1 \(host):1").forwards(.localForward).count == 1)
        #expect(failure("LocalForward 1 \(host)a:1") != nil)
        #expect(failure("ProxyJump \(host)a") != nil)
    }

    @Test("LF-10: a second reading has the same bounds, and files that ask for it in turn end")
    func secondReading() throws {
        let half = "#" + String(repeating: "x", count: 9 << 20)
        #expect(ConfigFixture("Match final\nInclude /a", files: ["/a": half]).failure() == nil)
        #expect(ConfigFixture("Match final\nInclude /a /a", files: ["/a": half]).failure()?.kind == .tooLarge)
        #expect(
            ConfigFixture("Include /a", files: ["/a": "Match final\nInclude /a"]).failure()?.kind == .includeTooDeep)
    }

    @Test("G1: what is for a shell keeps its text, and hosts and users in it are not touched")
    func shellText() throws {
        let options = try resolve(
            "User \"a;b\"\nProxyCommand nc %h %p; echo `x` $(y) | z > w\nLocalCommand a & b", host: "h")
        #expect(options.proxyCommand?.value == "nc %h %p; echo `x` $(y) | z > w")
        #expect(options.localCommand?.value == "a & b")
        #expect(options.user?.value == "a;b")
    }
}
