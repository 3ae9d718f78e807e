import Fairlead
import SSHConfig
import TestSupport
import Testing

@testable import FairleadCommand

@Suite struct PlannerTests {
    /// The plan for these arguments and the text of the file of `-F`; standard input counts as whatever it is here.
    private func plan(_ arguments: [String], _ configuration: String = "") throws -> Plan {
        let folder = try TemporaryDirectory()
        let path = try folder.write(configuration, to: "config")
        return try Planner(Invocation(["-F", path] + arguments)).plan()
    }

    private func failure(_ arguments: [String], _ configuration: String = "") -> String? {
        do {
            _ = try plan(arguments, configuration)
            return nil
        } catch let error as UsageError {
            return error.message
        } catch {
            return "\(error)"
        }
    }

    /// The methods that are tried, and that there is something for.
    private func methods(_ arguments: [String], _ configuration: String = "") throws -> [String] {
        let connection = try plan(arguments + ["-i", "/proc/nonexistent", "host"], configuration).connection
        let served = Set(connection.credentials.map(\.methodName))
        return connection.authenticationMethods.filter(served.contains)
    }

    @Test(
        "a flag for what is not there is answered with one sentence that names it",
        arguments: [
            ["-L", "1:h:2"], ["-R", "1:h:2"], ["-D", "1"], ["-W", "h:1"], ["-w", "0"], ["-I", "x"], ["-O", "exit"],
        ])
    func missing(flag: [String]) throws {
        let sentence = try #require(failure(flag + ["host"]))
        #expect(sentence.hasPrefix(flag[0] + ": ") && sentence.contains("support") || flag[0] == "-I", "\(sentence)")
        #expect(!sentence.contains("\n"))
    }

    @Test("a session goes ahead only where there will be one; what keeps no known hosts remembers no logins")
    func memory() throws {
        let connection = try Run(plan: plan(["host", "true"])).plan.connection
        #expect(connection.opensSessionEarly)
        #expect(connection.memoryPath?.hasSuffix("/fairlead/logins") == true)
        let idle = try Run(plan: plan(["-N", "host"])).plan.connection
        #expect(!idle.opensSessionEarly)
        for options in [
            ["--no-memory"], ["-o", "UserKnownHostsFile=/dev/null"], ["-o", "UserKnownHostsFile=none"],
            ["-o", "UserKnownHostsFile=/dev/null /dev/null"],
        ] {
            #expect(try plan(options + ["host"]).connection.memoryPath == nil)
        }
    }

    @Test("the file of -F is read, and its block for the host holds")
    func configurationFile() throws {
        let text = """
            Host other
                Port 1
            Host work
                HostName work.example
                Port 2222
                User deploy
                ConnectTimeout 7
                AddressFamily inet6
                HostKeyAlias alias
            """
        let plan = try plan(["work"], text)
        #expect(plan.connection.host == "work.example")
        #expect(plan.connection.port == 2222)
        #expect(plan.connection.user == "deploy")
        #expect(plan.connection.connectTimeout == .seconds(7))
        #expect(plan.connection.addressFamily == .ipv6)
        #expect(plan.connection.hostKeyAlias == "alias")
        #expect(plan.hostName == "work")
    }

    @Test("a missing file of -F is an error; none means no file")
    func missingFile() throws {
        #expect(throws: (any Error).self) { try Planner(Invocation(["-F", "/proc/nonexistent/config", "host"])) }
        #expect(try Planner(Invocation(["-F", "none", "host"])).plan().connection.port == 22)
    }

    @Test("of two values the first stands: flags in their order, then the destination, then the file")
    func firstValue() throws {
        let text = "Host *\nPort 3\nPort 4\nUser c\n"
        #expect(try plan(["host"], text).connection.port == 3)
        #expect(try plan(["-p", "1", "-oPort=2", "host"], text).connection.port == 1)
        #expect(try plan(["-oPort=2", "-p", "1", "ssh://host:5"], text).connection.port == 2)
        #expect(try plan(["ssh://host:5"], text).connection.port == 5)
        #expect(try plan(["-l", "a", "b@host"], text).connection.user == "a")
        #expect(try plan(["b@host"], text).connection.user == "b")
        #expect(try plan(["host"], text).connection.user == "c")
    }

    @Test("a login by key is bound to its host, or unbound, or none")
    func binding() throws {
        for (value, isBound) in [("yes", true), ("host-bound", true), ("unbound", false)] {
            let plan = try plan(["-oPubkeyAuthentication=\(value)", "-i", "/k", "host"], "")
            #expect(plan.connection.bindsLogins == isBound)
            #expect(!plan.connection.credentials.isEmpty)
        }
    }

    @Test("keys are case-blind, values may be quoted, and -o takes a blank for =")
    func optionForms() throws {
        #expect(try plan(["-oport=7", "host"]).connection.port == 7)
        #expect(try plan(["-o", "USER=\"deploy\"", "host"]).connection.user == "deploy")
        #expect(try plan(["-o", " ConnectTimeout 30", "host"]).connection.connectTimeout == .seconds(30))
        #expect(try plan(["-oConnectTimeout=0", "host"]).connection.connectTimeout == nil)
    }

    @Test("an unknown option is named as ssh names it")
    func unknownOption() {
        let message = failure(["-o", "xyz=1", "host"])
        #expect(message?.contains("command-line") == true)
        #expect(message?.contains("Bad configuration option: xyz") == true)
        #expect(failure(["-o", "IgnoreUnknown=xyz", "-o", "xyz=1", "host"]) == nil)
    }

    @Test("a bad port is an error", arguments: ["0", "65536", "-1", "ssh", ""])
    func badPort(port: String) {
        #expect(failure(["-p", port, "host"]) != nil)
    }

    @Test("PreferredAuthentications chooses among the methods")
    func preferredAuthentications() throws {
        #expect(try methods([]) == ["publickey", "keyboard-interactive", "password"])
        #expect(try methods(["-oPreferredAuthentications=password"]) == ["password"])
        #expect(try methods(["-oPreferredAuthentications=gssapi-with-mic,publickey"]) == ["publickey"])
        #expect(try methods(["-oPreferredAuthentications=gssapi-with-mic"]) == [])
        #expect(try methods([], "PreferredAuthentications password\n") == ["password"])
    }

    @Test("methods can be switched off, and BatchMode asks for no password")
    func switchedOffMethods() throws {
        #expect(try methods(["-oPubkeyAuthentication=no"]) == ["keyboard-interactive", "password"])
        #expect(try methods(["-oPasswordAuthentication=no"]) == ["publickey", "keyboard-interactive"])
        #expect(try methods(["-oKbdInteractiveAuthentication=no"]) == ["publickey", "password"])
        #expect(try methods(["-oPreferredAuthentications=password,publickey"]) == ["password", "publickey"])
        #expect(try methods(["-oBatchMode=yes"]) == ["publickey"])
    }

    @Test("RequestTTY, -t, -tt and -T decide about a terminal")
    func requestTTY() throws {
        #expect(try plan(["-tt", "host", "true"]).wantsTerminal)
        #expect(try plan(["-tt", "-oRequestTTY=no", "host"]).wantsTerminal)
        #expect(try plan(["host", "true"], "RequestTTY force\n").wantsTerminal)
        #expect(try !plan(["-T", "host"], "RequestTTY force\n").wantsTerminal)
        #expect(try !plan(["-oRequestTTY=no", "host"]).wantsTerminal)
        #expect(try !plan(["host", "true"]).wantsTerminal)
        #expect(try !plan(["-s", "host", "sftp"]).wantsTerminal)
    }

    @Test("SetEnv sends its assignments, SendEnv the variables that its patterns match")
    func environment() throws {
        let text = "SetEnv A=1 B=two=2\nSetEnv C=3\n"
        let set = try plan(["host"], text).environment
        #expect(set[bytes("A")] == bytes("1"))
        #expect(set[bytes("B")] == bytes("two=2"))
        #expect(set[bytes("C")] == nil)
        let name = bytes("PATH")
        #expect(set[name] == nil)
        let path = try #require(PlatformTerminal.environment("PATH"))
        #expect(try plan(["-oSendEnv=PAT?", "host"]).environment[name] == bytes(path))
        #expect(try plan(["-oSendEnv=PATH", "-oSetEnv=PATH=x", "host"]).environment[name] == bytes("x"))
    }

    @Test("the words after the host are the command, or the subsystem with -s, or there is a shell")
    func program() throws {
        #expect(try plan(["host"]).program == .shell)
        #expect(try plan(["host", "ls", "-l"]).program == .command(bytes("ls -l")))
        #expect(try plan(["host", "-s", "sftp"]).program == .subsystem(bytes("sftp")))
        #expect(try plan(["host"], "RemoteCommand uptime\n").program == .command(bytes("uptime")))
        #expect(
            try plan(["-oRemoteCommand=none", "host", "x"], "RemoteCommand uptime\n").program == .command(bytes("x")))
        #expect(failure(["host", "x"], "RemoteCommand uptime\n") == "Cannot execute command-line and remote command.")
        #expect(failure(["-s", "host"]) == "a subsystem needs a name")
    }

    @Test("EscapeChar and -e choose the escape character or none")
    func escapeCharacter() throws {
        #expect(try plan(["host"]).escapeCharacter == UInt8(ascii: "~"))
        #expect(try plan(["-e", "none", "host"], "EscapeChar %\n").escapeCharacter == nil)
        #expect(try plan(["-e^]", "host"]).escapeCharacter == 0x1D)
        #expect(try plan(["host"], "EscapeChar %\n").escapeCharacter == UInt8(ascii: "%"))
    }

    @Test("-n and StdinNull take no input")
    func noInput() throws {
        #expect(try plan(["host"]).takesInput)
        #expect(try !plan(["-n", "host"]).takesInput)
        #expect(try !plan(["host"], "StdinNull yes\n").takesInput)
    }

    @Test(
        "what would need a way that is not there is refused, never passed over",
        arguments: [
            "ProxyCommand nc %h %p", "ProxyJump bastion", "LocalForward 1 a:2\nExitOnForwardFailure yes",
        ])
    func missing(line: String) {
        #expect(failure(["host"], line + "\n")?.contains("not supported yet") == true)
    }

    @Test("Ruling 19: the file of -F may be a pipe, read once for all passes")
    func piped() async throws {
        let tool = try FairleadTool.path
        let script = "'\(tool)' -G -F <(printf 'Host x\\nPort 3\\nMatch final\\nUser u\\n') x | grep -E '^(port|user) '"
        let result = try await RunningProcess.run("bash", ["-c", script])
        #expect(result.outputText == "user u\nport 3\n", "\(result.errorText)")
    }

    @Test("RefuseConnection refuses, with its own words")
    func refusedConnection() {
        let text = failure(["host"], "RefuseConnection \"not from here\"\n")
        #expect(text?.hasSuffix("line 1: connection refused: not from here") == true, "\(text ?? "")")
    }

    @Test("none takes back a proxy")
    func noProxy() {
        #expect(failure(["-oProxyCommand=none", "host"], "ProxyCommand nc %h %p\n") == nil)
    }

    @Test("flags of the transport are their keywords, and win over the file")
    func transport() throws {
        let text = """
            Compression no
            BindAddress 192.0.2.1
            BindInterface eth0
            ConnectionAttempts 4
            RekeyLimit 2M 1h
            RequiredRSASize 1536
            ServerAliveInterval 7
            ServerAliveCountMax 2
            AlgorithmProfile legacy
            """
        let file = try plan(["host"], text).connection
        #expect(file.bindAddress == "192.0.2.1")
        #expect(file.bindInterface == "eth0")
        #expect(file.connectionAttempts == 4)
        #expect(file.rekeyByteCount == 2 << 20)
        #expect(file.rekeyInterval == .seconds(3600))
        #expect(file.requiredRSASize == 1536)
        #expect(file.serverAliveInterval == .seconds(7))
        #expect(file.serverAliveCountMax == 2)
        #expect(file.profile == .legacy)
        #expect(!file.prefersCompression)
        let flags = try plan(["-C", "-b", "127.0.0.1", "-Blo", "--profile=strict", "host"], text).connection
        #expect(flags.prefersCompression)
        #expect(flags.bindAddress == "127.0.0.1")
        #expect(flags.bindInterface == "lo")
        #expect(flags.profile == .strict)
        #expect(try plan(["-oRekeyLimit=default none", "host"], text).connection.rekeyByteCount == nil)
    }

    @Test("-c and -m choose as Ciphers and MACs do")
    func lists() throws {
        let plan = try plan(["-c", "aes256-ctr", "-mhmac-sha2-512", "host"], "Ciphers aes128-ctr\n")
        #expect(plan.connection.offers(.cipher) == ["aes256-ctr"])
        #expect(plan.connection.offers(.mac) == ["hmac-sha2-512"])
        let message = failure(["-c", "nonsense", "host"])
        #expect(message?.contains("Ciphers") == true)
        #expect(message?.contains("aes128-gcm@openssh.com") == true)
        #expect(failure(["-m", "+nonsense", "host"])?.contains("hmac-sha2-256") == true)
    }

    @Test("lists apply to the profile's, wherever the profile stands")
    func profileAndLists() throws {
        let plan = try plan(["host"], "Ciphers -aes*\nAlgorithmProfile interop\n")
        #expect(plan.connection.profile == .interop)
        #expect(plan.connection.offers(.cipher) == ["chacha20-poly1305@openssh.com"])
        #expect(failure(["--profile", "modern", "host"])?.contains("default, strict, legacy, interop") == true)
    }

    @Test("--window takes a number of bytes with a unit or none, within bounds")
    func window() throws {
        for word in ["63K", "2G", "16 M", "-1", "9999999999G", ""] {
            #expect(failure(["--window", word, "host"])?.contains("64K to 1G") == true)
        }
        #expect(try plan(["--window", "64k", "host"]).connection.maximumWindowByteCount == 65_536)
    }

    @Test("BatchMode asks a silent server every 300 seconds, unless told otherwise")
    func batchKeepAlive() throws {
        #expect(try plan(["host"]).connection.serverAliveInterval == nil)
        #expect(try plan(["-oBatchMode=yes", "host"]).connection.serverAliveInterval == .seconds(300))
        #expect(
            try plan(["-oBatchMode=yes", "-oServerAliveInterval=0", "host"]).connection.serverAliveInterval == nil)
        #expect(
            try plan(["-oBatchMode=yes", "-oServerAliveInterval=5", "host"]).connection.serverAliveInterval
                == .seconds(5))
    }

    @Test("an algorithm that nobody has is an error with its place")
    func algorithms() {
        #expect(failure(["host"], "\nCiphers nonsense\n")?.contains("line 2") == true)
        #expect(failure(["host"], "Ciphers aes128-ctr\nMACs hmac-sha2-256\n") == nil)
    }
}
