import SSHConfig
import Testing

@Suite("Values of keywords")
struct ValueTests {
    @Test("Each of ssh's 104 keywords is known, in any case, with a value that ssh takes")
    func allKeywords() throws {
        let samples: [ConfigKeyword: String] = [
            .port: "22", .connectTimeout: "10", .serverAliveInterval: "5", .serverAliveCountMax: "3", .setEnv: "A=b",
            .numberOfPasswordPrompts: "2", .logLevel: "INFO", .addressFamily: "any", .sessionType: "none",
            .escapeChar: "~", .include: "/nowhere", .match: "all", .connectionAttempts: "2", .requiredRSASize: "1024",
            .rekeyLimit: "1G", .algorithmProfile: "legacy", .fingerprintHash: "md5", .channelTimeout: "session=1h",
            .localForward: "1 a:2", .remoteForward: "0 a:2", .dynamicForward: "1", .canonicalizeMaxDots: "2",
            .streamLocalBindMask: "0111", .ipQoS: "ef", .permitRemoteOpen: "none", .tunnelDevice: "any",
            .syslogFacility: "AUTH", .canonicalizePermittedCNAMEs: "*", .forwardX11Timeout: "1h",
        ]
        let ours: Set<ConfigKeyword> = [.algorithmProfile]
        #expect(ConfigKeyword.allCases.filter { !$0.name.hasPrefix("GSSAPI") && !ours.contains($0) }.count == 102)
        for keyword in ConfigKeyword.allCases {
            let line = "\(keyword.name.uppercased()) \(samples[keyword] ?? "no")"
            let options = try resolve(line)
            switch keyword {
            case .host, .match, .include: #expect(options.entries(for: keyword).isEmpty)
            default: #expect(options.entries(for: keyword).count == 1, "\(line)")
            }
        }
    }

    @Test("Old names stay silent, or stand for the new ones")
    func oldNames() throws {
        let options = try resolve(
            """
            Protocol 2
            Cipher x y
            RSAAuthentication no
            RhostsRSAAuthentication no
            UseRoaming no
            CompressionLevel 9
            UsePrivilegedPort no
            FallBackToRsh no
            UseRsh no
            GlobalKnownHostsFile2 /x
            UserKnownHostsFile2 /x
            ChallengeResponseAuthentication no
            KeepAlive no
            DSAAuthentication no
            IdentityFile2 /k
            PubkeyAcceptedKeyTypes +x
            HostbasedKeyTypes +x
            SmartcardDevice no
            """)
        #expect(options.notes.filter { if case .obsolete = $0.kind { true } else { false } }.count == 11)
        #expect(options.tcpKeepAlive?.value == false)
        #expect(options.pubkeyAuthentication?.value == .no)
        #expect(options.flag(.kbdInteractiveAuthentication)?.value == false)
        #expect(options.identityFiles?.map(\.value) == ["/k"])
        #expect(options.userKnownHostsFiles == nil)
    }

    @Test("Ruling 40: what only enables what is not there is kept and noted, unless it asks for nothing")
    func notes() throws {
        let options = try resolve(
            "GSSAPIAuthentication yes\nForwardX11 no\nProxyJump none\nControlMaster auto\nTunnel yes\nHost x\nTunnel no"
        )
        #expect(options.notes.map(\.kind) == [.notActedOn(.gssapiAuthentication), .notActedOn(.tunnel)])
        #expect(
            options.notes.first?.description
                == "\(ConfigFixture.main): line 1: GSSAPIAuthentication is accepted, but not acted on")
        #expect(options.proxyJump == nil)
        #expect(options.flag(.forwardX11)?.value == false)
    }

    @Test(
        "A bad value names the file, the line, the value escaped and what is allowed",
        arguments: [
            ("Port 0", "Bad value \"0\" for Port: allowed is a number from 1 to 65535"),
            ("Port 65536", "Bad value \"65536\" for Port: allowed is a number from 1 to 65535"),
            (
                "Port 99999999999999999999",
                "Bad value \"99999999999999999999\" for Port: allowed is a number from 1 to 65535"
            ),
            ("Port 0x16", "Bad value \"0x16\" for Port: allowed is a number from 1 to 65535"),
            ("BatchMode maybe", "Bad value \"maybe\" for BatchMode: allowed is yes, no, true or false"),
            ("Compression true", "Bad value \"true\" for Compression: allowed is yes, no"),
            (
                "RequestTTY \u{1B}[31m",
                "Bad value \"\\x1b[31m\" for RequestTTY: allowed is yes, true, no, false, force, auto"
            ),
            ("ConnectTimeout 1x", "Bad value \"1x\" for ConnectTimeout: allowed is a time such as 10, 90s or 1h30m"),
            ("ConnectTimeout -1", "Bad value \"-1\" for ConnectTimeout: allowed is a time such as 10, 90s or 1h30m"),
            (
                "SendEnv A=b",
                "Bad value \"A=b\" for SendEnv: allowed is names of variables, without =, of at most 1024 bytes"
            ),
            ("SetEnv A", "Bad value \"A\" for SetEnv: allowed is NAME=value"),
            ("EscapeChar ab", "Bad value \"ab\" for EscapeChar: allowed is one character, ^ and a letter, or none"),
            (
                "UserKnownHostsFile /a none",
                "Bad value \"/a none\" for UserKnownHostsFile: allowed is one or more paths, or none on its own"
            ),
            ("User", "Missing argument after \"user\""),
            ("User \"\"", "Missing argument after \"user\""),
            ("User a b", "Keyword \"user\" has extra arguments at the end of the line"),
            ("xyz\u{9B}1 2", "Bad configuration option: xyz\\xc2\\x9b1"),
        ])
    func badValues(line: String, text: String) {
        #expect(failure("\n" + line)?.description == "\(ConfigFixture.main): line 2: \(text)")
    }

    @Test(
        "Times are sums of numbers with units",
        arguments: [
            ("10", 10), ("90s", 90), ("1m30s", 90), ("1m30", 90), ("2H", 7200), ("1d", 86400), ("1w1", 604_801),
            ("0", 0), ("2147483647", 2_147_483_647), ("none\nConnectTimeout 5", 5),
        ])
    func times(text: String, seconds: Int) throws {
        #expect(try resolve("ConnectTimeout \(text)").connectTimeoutSeconds?.value == seconds)
    }

    @Test(
        "G4: a time or number that overflows is an error",
        arguments: ["2147483648", "99999999999999w", "2147483647s1", "1w9223372036854775807"])
    func overflow(text: String) {
        #expect(failure("ConnectTimeout \(text)") != nil)
        #expect(failure("ServerAliveCountMax 2147483648") != nil)
    }

    @Test(
        "The escape character is a byte, a control or none",
        arguments: [
            ("none", EscapeCharacter.none), ("~", .byte(0x7E)), ("^]", .byte(0x1D)), ("^", .byte(0x5E)),
            ("^^", .byte(0x1E)),
        ])
    func escapeCharacters(text: String, value: EscapeCharacter) throws {
        #expect(try resolve("EscapeChar \(text)").escapeCharacter?.value == value)
    }

    @Test("Words stand for their meaning, in any case")
    func words() throws {
        for (text, value) in [
            ("yes", StrictHostKeyChecking.yes), ("TRUE", .yes), ("no", .off), ("off", .off), ("Ask", .ask),
            ("accept-new", .acceptNew),
        ] {
            #expect(try resolve("StrictHostKeyChecking \(text)").strictHostKeyChecking?.value == value)
        }
        for value in RequestTTY.allCases {
            #expect(try resolve("RequestTTY \(value.rawValue)").requestTTY?.value == value)
        }
        for value in SessionType.allCases {
            #expect(try resolve("SessionType \(value.rawValue)").sessionType?.value == value)
        }
        for value in AddressFamily.allCases {
            #expect(try resolve("AddressFamily \(value.rawValue)").addressFamily?.value == value)
        }
        for value in ConfigLogLevel.allCases {
            #expect(try resolve("LogLevel \(value.rawValue.lowercased())").logLevel?.value == value)
        }
        for value in PubkeyAuthentication.allCases {
            #expect(try resolve("PubkeyAuthentication \(value.rawValue)").pubkeyAuthentication?.value == value)
        }
        #expect(try resolve("Compression yes").compression?.value == true)
    }

    @Test(
        "RekeyLimit is bytes, with a unit or default, and perhaps a time",
        arguments: [
            ("1048576", 1_048_576, nil), ("512k", 524_288, nil), ("1G none", 1 << 30, nil), ("2M 1h", 2 << 20, 3600),
            ("default none", 0, nil), ("default 90", 0, 90), ("16", 16, nil), ("0", 0, nil), ("7E", 7 << 60, nil),
        ] as [(String, Int, Int?)])
    func rekeyLimit(text: String, bytes: Int, seconds: Int?) throws {
        let options = try resolve("RekeyLimit \(text)")
        #expect(options.rekeyByteCount?.value == bytes)
        #expect(options.rekeyIntervalSeconds?.value == seconds)
    }

    @Test(
        "A RekeyLimit that is too small, overflows or is no size is an error",
        arguments: ["15", "1", "8E", "9223372036854775808", "M", "1Q", "-1", "1G 1h 1h", "1G 1x", "none", "DEFAULT"])
    func badRekeyLimit(text: String) {
        let limit = "RekeyLimit: allowed is default or bytes such as 512M, then perhaps a time such as 1h or none"
        #expect(failure("RekeyLimit \(text)")?.description.hasSuffix(limit) == true)
    }

    @Test("Of several RekeyLimit lines the first has the bytes, and the first with a time has the time")
    func rekeyLimits() throws {
        let options = try resolve("RekeyLimit 1G\nRekeyLimit 2G 1h\nRekeyLimit 3G 2h")
        #expect(options.rekeyByteCount?.value == 1 << 30)
        #expect(options.rekeyIntervalSeconds?.value == 3600)
        #expect(options.rekeyIntervalSeconds?.source.line == 2)
    }

    @Test("AlgorithmProfile is one of four names")
    func profiles() throws {
        for name in ["default", "strict", "legacy", "interop"] {
            #expect(try resolve("AlgorithmProfile \(name.uppercased())").algorithmProfile?.value == name)
        }
        let error = failure("AlgorithmProfile modern")
        #expect(error?.description.hasSuffix("allowed is default, strict, legacy, interop") == true)
    }

    @Test("What bounds and begins a connection is read")
    func connection() throws {
        let options = try resolve(
            "ConnectionAttempts 3\nBindAddress ::1\nBindInterface eth0\nRequiredRSASize 1024\nServerAliveInterval 1m")
        #expect(options.connectionAttempts?.value == 3)
        #expect(options.bindAddress?.value == "::1")
        #expect(options.bindInterface?.value == "eth0")
        #expect(options.requiredRSASize?.value == 1024)
        #expect(options.serverAliveIntervalSeconds?.value == 60)
        #expect(options.notes.isEmpty)
    }

    @Test("The path of a socket keeps its case as a host")
    func socketCase() throws {
        #expect(try resolve("HostName unix/run/Login").host == "unix/run/Login")
        #expect(try resolve("HostName UNIX.example").host == "unix.example")
    }

    @Test("Algorithm lists keep their sign and order")
    func algorithms() throws {
        let options = try resolve("Ciphers +a,b\nMACs -c*\nKexAlgorithms ^d\nHostKeyAlgorithms e,e\nCiphers x")
        #expect(options.ciphers?.value == "+a,b")
        #expect(options.macs?.value == "-c*")
        #expect(options.kexAlgorithms?.value == "^d")
        #expect(options.hostKeyAlgorithms?.value == "e,e")
    }

    @Test("IdentityFile adds up without repeating; none leaves no file, and never setting it leaves the default")
    func identityFiles() throws {
        let options = try resolve("IdentityFile /a\nHost *\nIdentityFile /b\nIdentityFile /a\n")
        #expect(options.identityFiles?.map(\.value) == ["/a", "/b"])
        #expect(options.identityFiles?.map(\.source.line) == [1, 3])
        #expect(try resolve("IdentityFile none").identityFiles == [])
        #expect(try resolve("").identityFiles == nil)
        let many = (0...100).map { "IdentityFile /\($0)\n" }.joined()
        #expect(failure(many)?.kind == .tooManyValues(keyword: .identityFile, limit: 100))
    }

    @Test("Of lists on one line, the first line stands")
    func lists() throws {
        let options = try resolve("UserKnownHostsFile /a \"/b c\"\nUserKnownHostsFile /d\nGlobalKnownHostsFile none")
        #expect(options.userKnownHostsFiles?.value == ["/a", "/b c"])
        #expect(options.globalKnownHostsFiles?.value == [])
        #expect(failure("UserKnownHostsFile" + String(repeating: " /x", count: 33)) != nil)
    }

    @Test("SendEnv adds up, and a minus takes back what matches")
    func sendEnv() throws {
        let options = try resolve("SendEnv LANG LC_*\nSendEnv A B\nSendEnv -LC_* -A C")
        #expect(options.sendEnv.map(\.value) == ["LANG", "B", "C"])
    }

    @Test("SetEnv: the first line stands, and in it the first value of each name")
    func setEnv() throws {
        #expect(try resolve("SetEnv A=1 \"B=2 3\" A=4\nSetEnv C=5").setEnv?.value == ["A=1", "B=2 3"])
    }
}
