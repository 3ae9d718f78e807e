import SSHConfig
import Testing

@Suite("Options of the command line")
struct CommandLineTests {
    @Test(
        "-o takes Key=value and Key value, with blanks before, in any case, with quotes",
        arguments: [
            "Port=23", "Port 23", " Port=23", "  port 23 ", "PORT = 23", "Port=\"23\"", "Port \"23\"", "\tpOrT\t23",
        ])
    func spellings(option: String) throws {
        let options = try ConfigFixture().resolve(options: [CommandLineOption(option)])
        #expect(options.port == Setting(23, source: .commandLine))
    }

    @Test("The first value stands, and the command line comes before files")
    func firstWins() throws {
        let options = try ConfigFixture("Port 1\nUser x\nBatchMode no").resolve(options: ["Port=2", "Port=3", "User=y"])
        #expect(options.port == Setting(2, source: .commandLine))
        #expect(options.user?.value == "y")
        #expect(options.batchMode == Setting(false, source: ConfigSource(file: ConfigFixture.main, line: 3)))
    }

    @Test("A flag's value is taken as it is, in its place among the options")
    func values() throws {
        let fixture = ConfigFixture("Match user \"a #%h\"\nBatchMode yes")
        let options = try fixture.resolve(options: [.value(.user, "a #%h"), "User=z", .value(.port, "3"), "Port=4"])
        #expect(options.user?.value == "a #%h")
        #expect(options.port?.value == 3)
        #expect(options.batchMode?.value == true)
        #expect(fixture.failure(options: [.value(.port, "x")])?.source == .commandLine)
    }

    @Test("An unknown key is an error in the words that programs look for")
    func unknownKey() {
        let error = ConfigFixture().failure(options: ["xyZ=1"])
        #expect(error?.description == "command-line: line 0: Bad configuration option: xyz")
    }

    @Test("Host, Match and Include are refused", arguments: ["Host *", "Match all", "Include x", "Match exec x"])
    func structure(option: String) {
        guard case .notOnCommandLine = ConfigFixture().failure(options: [CommandLineOption(option)])?.kind else {
            Issue.record("accepted")
            return
        }
    }

    @Test(
        "Options of real command lines are accepted",
        arguments: [
            "SendEnv=GIT_PROTOCOL", "PermitLocalCommand=no", "ClearAllForwardings=yes", "RemoteCommand=none",
            "RequestTTY=no", "ForwardAgent=no", "Batchmode=yes", "batchmode yes", "ForwardX11 no",
            "ControlMaster=auto", "ControlPersist=60s", "IdentityFile=\"/tmp/k\"", "KbdInteractiveAuthentication=no",
            "PreferredAuthentications=gssapi-with-mic,publickey", "ConnectTimeout=10", "ControlPath=\"/tmp/x %h\"",
            "ProxyCommand='mosh' '--family=all' --fake-proxy -- %h %p", " ConnectTimeout=30", "Protocol=2",
            "NoHostAuthenticationForLocalhost=no", "Compression=no", "LocalCommand=echo started", "PKCS11Provider=x",
            "VerifyHostKeyDNS=no", "CheckHostIP=no", "BindAddress=::1",
        ])
    func realOptions(option: String) throws {
        _ = try ConfigFixture().resolve(options: [CommandLineOption(option)])
    }

    @Test("IgnoreUnknown covers what comes after it, and a note tells")
    func ignoreUnknown() throws {
        let options = try ConfigFixture("UseKeychain yes\nxyz 1").resolve(options: ["IgnoreUnknown=Use*,xy?"])
        #expect(options.notes.map(\.kind) == [.ignoredUnknown("usekeychain"), .ignoredUnknown("xyz")])
        #expect(options.notes.map(\.source.line) == [1, 2])
        #expect(failure("xyz 1\nIgnoreUnknown xyz")?.kind == .unknownKeyword("xyz"))
        #expect(failure("IgnoreUnknown *,!xyz\nxyz 1")?.kind == .unknownKeyword("xyz"))
    }
}
