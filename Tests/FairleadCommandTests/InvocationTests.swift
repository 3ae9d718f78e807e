import SSHConfig
import Testing

@testable import FairleadCommand

/// One test for each rule of the command line, most of them drawn from what real programs write.
@Suite struct InvocationTests {
    private func parse(_ arguments: String...) throws -> Invocation {
        try Invocation(arguments)
    }

    private static let help = "; fairlead --help tells the options"

    private func message(_ arguments: [String]) -> String? {
        do {
            _ = try Invocation(arguments)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("the first word that is no option is the host")
    func host() throws {
        let invocation = try parse("example.org")
        #expect(invocation.host == "example.org")
        #expect(invocation.command == nil)
        #expect(invocation.options == [])
    }

    @Test("options stand before and after the host, in the order in which they were written")
    func optionsOnBothSides() throws {
        let invocation = try parse("-v", "-p", "2222", "host", "-l", "user", "-T", "-s", "sftp")
        #expect(invocation.host == "host")
        #expect(
            invocation.options == [
                .value(.logLevel, "DEBUG1"), .value(.requestTTY, "no"), .value(.sessionType, "subsystem"),
                .value(.port, "2222"), .value(.user, "user"),
            ])
        #expect(invocation.command == "sftp")
    }

    @Test("options end at the first word of the command")
    func optionsEndAtCommand() throws {
        let invocation = try parse("host", "-T", "rsync", "--server", "-p", "1")
        #expect(invocation.command == "rsync --server -p 1")
        #expect(invocation.options == [.value(.requestTTY, "no")])
    }

    @Test("-- before the host ends the options: what follows the host is the command")
    func dashesBeforeHost() throws {
        let invocation = try parse("-s", "-p2222", "--", "host", "sftp")
        #expect(invocation.host == "host")
        #expect(invocation.command == "sftp")
        #expect(try parse("--", "host", "-v", "x").command == "-v x")
        #expect(try parse("--", "host", "-v", "x").options == [])
    }

    @Test("-- right after the host is skipped, and ends the options")
    func dashesAfterHost() throws {
        #expect(try parse("host", "--", "mosh-server", "new").command == "mosh-server new")
        #expect(try parse("host", "--", "-v").command == "-v")
        #expect(try parse("host", "-v", "--", "-v").command == "-v")
        #expect(try parse("host", "--").command == nil)
        #expect(try parse("host", "ls", "--", "x").command == "ls -- x")
        #expect(try parse("host", "").command == nil)
    }

    @Test("G2: a host cannot be an option even behind --")
    func optionAsHost() {
        #expect(message(["--", "-oProxyCommand=x"]) == "hostname contains invalid characters")
        #expect(message(["-"]) == "hostname contains invalid characters")
    }

    @Test("letters are bundled, and the last may have its value attached")
    func bundling() throws {
        let invocation = try parse("-ttvvvp2222", "-4n", "host")
        #expect(
            invocation.options == [
                .value(.addressFamily, "inet"), .value(.logLevel, "DEBUG3"), .value(.requestTTY, "force"),
                .value(.stdinNull, "yes"), .value(.port, "2222"),
            ])
        for arguments in [["-tt"], ["-t", "-t"], ["-ttt"], ["-Ttt"]] {
            #expect(try Invocation(arguments + ["host"]).options == [.value(.requestTTY, "force")])
        }
        #expect(try parse("-tT", "host").options == [.value(.requestTTY, "no")])
        #expect(try parse("-vq", "host").options == [.value(.logLevel, "QUIET")])
        #expect(try parse("-Cp", "7", "host").options == [.value(.compression, "yes"), .value(.port, "7")])
    }

    @Test(
        "-o takes its text attached or as the next word, with = or a blank in it, and leaves reading it to the configuration"
    )
    func optionForms() throws {
        for (arguments, text) in [
            (["-oPort=1"], "Port=1"), (["-oPort 1"], "Port 1"), (["-o", "Port=1"], "Port=1"),
            (["-o", "Port 1"], "Port 1"), (["-o ConnectTimeout=30"], " ConnectTimeout=30"),
            (["-o", "User=\"deploy\""], "User=\"deploy\""),
        ] {
            #expect(try Invocation(arguments + ["host"]).options == [CommandLineOption(text)])
        }
    }

    @Test("flags that stand for a keyword keep their value as it is")
    func keywordFlags() throws {
        let invocation = try parse("-i", "my key", "-e", "none", "-6", "-F", "file", "-q", "host")
        #expect(
            invocation.options == [
                .value(.addressFamily, "inet6"), .value(.escapeChar, "none"), .value(.logLevel, "QUIET"),
                .value(.identityFile, "my key"),
            ])
        #expect(invocation.configurationFile == "file")
    }

    @Test("a user may hold an @; the last one counts")
    func userWithAt() throws {
        let invocation = try parse("user@dom@host")
        #expect(invocation.host == "host")
        #expect(invocation.options == [.value(.user, "user@dom")])
    }

    @Test("of -l, -p and what the destination says the first stands, in the order in which they were written")
    func flagsAroundDestination() throws {
        #expect(try parse("a@host", "-l", "b").options == [.value(.user, "a"), .value(.user, "b")])
        #expect(try parse("-l", "b", "a@host").options == [.value(.user, "b"), .value(.user, "a")])
        #expect(
            try parse("ssh://a@host:1", "-p", "2").options == [
                .value(.user, "a"), .value(.port, "1"), .value(.port, "2"),
            ])
    }

    @Test("a bare IPv6 address is a host, with and without a user or a zone")
    func bareIPv6() throws {
        #expect(try parse("2001:db8::1").host == "2001:db8::1")
        #expect(try parse("u@2001:db8::1", "x").host == "2001:db8::1")
        #expect(try parse("fe80::1%eth0").host == "fe80::1%eth0")
    }

    @Test(
        "ssh:// gives user, host and port",
        arguments: [
            ("ssh://host", [CommandLineOption](), "host"),
            ("ssh://host/", [], "host"),
            ("ssh://host:2222", [.value(.port, "2222")], "host"),
            ("ssh://me@host:2222/", [.value(.user, "me"), .value(.port, "2222")], "host"),
            ("ssh://me@[2001:db8::1]:2222", [.value(.user, "me"), .value(.port, "2222")], "2001:db8::1"),
            ("ssh://[::1]", [], "::1"),
        ])
    func uri(text: String, options: [CommandLineOption], host: String) throws {
        let invocation = try parse(text)
        #expect(invocation.options == options)
        #expect(invocation.host == host)
    }

    @Test("the words of the command are joined by single spaces, and never quoted again")
    func command() throws {
        #expect(try parse("host", "git-upload-pack '/r.git'").command == "git-upload-pack '/r.git'")
        #expect(try parse("host", "a b", "", "c\"d").command == "a b  c\"d")
    }

    @Test(
        "G1: hosts of the command line are refused for characters that could do harm",
        arguments: [
            "-host", "ho st", "ho\tst", "ho\u{1B}st", "ho\u{7F}st", "a'b", "a`b", "a\"b", "a$b", "a\\b", "a;b", "a&b",
            "a<b",
            "a>b", "a|b", "a(b", "a)b", "a{b", "a}b", "a,b", "user@", "ssh://user@", "ssh://user@-host",
        ])
    func refusedHosts(host: String) {
        #expect(message(["--", host]) == "hostname contains invalid characters")
    }

    @Test(
        "G1, G2: users of the command line are refused for characters that could do harm",
        arguments: [
            "", "-user", "us\u{1B}er", "us\ner", "us\u{7F}er", "a'b", "a`b", "a\"b", "a;b", "a&b", "a<b", "a>b", "a|b",
            "a(b",
            "a)b", "a{b", "a}b", "a -b", "a\\",
        ])
    func refusedUsers(user: String) {
        let expected = "remote username contains invalid characters"
        #expect(message(["--", "\(user)@host"]) == expected)
        #expect(message(["-l", user, "host"]) == expected)
    }

    @Test("G1: no control character stands in a host or a user, in any way of writing them, and %00 is no NUL")
    func controlsInNames() throws {
        for byte in [UInt8](1..<0x20) + [0x7F] {
            let letter = String(UnicodeScalar(byte))
            for words in [
                ["h\(letter)"], ["u@\(letter)h"], ["ssh://h\(letter)x"], ["u\(letter)x@h"], ["-lu\(letter)", "h"],
            ] {
                #expect(message(words)?.contains("contains invalid characters") == true, "\(byte)")
            }
        }
        #expect(try parse("ssh://h%00x").host == "h%00x")
    }

    @Test(
        "names that only look odd pass",
        arguments: [
            ("DOM\\user@host", "host"), ("user@dom@host", "host"), ("u#d@t@host", "host"), ("a b@host", "host"),
            ("$u@host", "host"), ("fe80::1%eth0", "fe80::1%eth0"), ("vsock/1", "vsock/1"), ("höst", "höst"),
        ])
    func oddNames(destination: String, host: String) throws {
        #expect(try parse(destination).host == host)
    }

    @Test("an unknown option is an error, and its letter is safe to show")
    func unknownOption() {
        #expect(message(["-z", "host"]) == "unknown option -z" + Self.help)
        #expect(message(["-v\u{1B}", "host"]) == "unknown option -\\x1b" + Self.help)
        #expect(message(["-ä", "host"]) == "unknown option -\\xc3" + Self.help)
        #expect(message(["--foo", "host"]) == "unknown option --foo" + Self.help)
        #expect(message(["--v", "host"]) == "unknown option --v" + Self.help)
        #expect(message(["--f\u{9B}=x", "host"]) == "unknown option --f\\xc2\\x9b" + Self.help)
    }

    @Test("a long option takes the next word, or what follows =")
    func longOptions() throws {
        for arguments in [["--profile", "legacy"], ["--profile=legacy"]] {
            #expect(try Invocation(arguments + ["host", "x"]).options == [.value(.algorithmProfile, "legacy")])
            #expect(try Invocation(["host"] + arguments).options == [.value(.algorithmProfile, "legacy")])
        }
        #expect(try parse("--profile=a=b", "host").options == [.value(.algorithmProfile, "a=b")])
        #expect(message(["host", "--profile"]) == "option --profile needs a value" + Self.help)
        #expect(message(["--help=x"]) == "option --help takes no value" + Self.help)
    }

    @Test("-Q needs no host, and the first counts")
    func query() throws {
        #expect(try parse("-Q", "cipher").query == "cipher")
        #expect(try parse("-Qmac", "-Q", "kex", "host").query == "mac")
    }

    @Test("an option that lacks its value is an error")
    func missingValue() {
        #expect(message(["-p"]) == "option -p needs a value" + Self.help)
        #expect(message(["host", "-vo"]) == "option -o needs a value" + Self.help)
    }

    @Test("a command line without a host is an error, unless it asks for the version or the help")
    func missingHost() throws {
        #expect(message([]) == "no host given" + Self.help)
        #expect(message(["-v"]) == "no host given" + Self.help)
        #expect(try parse("-V").showsVersion)
        #expect(try parse("-h").showsHelp)
        #expect(try parse("--help").showsHelp)
    }

    @Test("what is not there yet, and cannot be gone without, says so in one sentence")
    func notYet() throws {
        for letter in "DILORWw1" {
            let text = try parse("-\(letter)", "value", "host").refusal?.message
            #expect(text?.hasPrefix("-\(letter): ") == true && text?.contains { $0 == " " } == true, "\(text ?? "")")
        }
    }

    @Test("what only asks for more than there is goes on without it")
    func goesOn() throws {
        for letter in "2AaKkMXxYy" { #expect(try parse("-\(letter)", "host").host == "host") }
        #expect(try parse("-S", "none", "host").options == [.value(.controlPath, "none")])
        #expect(try parse("-MM", "host").options == [.value(.controlMaster, "ask")])
    }

    @Test("flags stand above -o, wherever they are written; -p, -l, -i and -P do not")
    func strength() throws {
        #expect(
            try parse("-oRequestTTY=no", "-t", "-oPort=1", "-p", "2", "host").options
                == [.value(.requestTTY, "yes"), "RequestTTY=no", "Port=1", .value(.port, "2")])
    }

    @Test("-f goes with -n, and -N not with -s")
    func modes() throws {
        #expect(
            try parse("-f", "host").options == [.value(.forkAfterAuthentication, "yes"), .value(.stdinNull, "yes")])
        #expect(try parse("-N", "host").options == [.value(.requestTTY, "no"), .value(.sessionType, "none")])
        #expect(message(["-N", "-s", "host"]) == "Cannot specify -s with -N/SessionType")
        #expect(message(["-sN", "host"]) == "Cannot specify -N with -s/SessionType")
    }

    @Test("--argv sends each word as it is, whatever a shell would make of it")
    func quoting() throws {
        let words = ["echo", "", "a b", "it's", "$HOME", "*", "a=b", "-n", "\n"]
        let invocation = try Invocation(["--argv", "host"] + words)
        #expect(invocation.command?.string == #"'echo' '' 'a b' 'it'\''s' '$HOME' '*' 'a=b' -n '"# + "\n'")
        #expect(try parse("host", "a b", "c").command == "a b c")
    }
}
