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
        switch pick([0, 1, 2, 2, 2, 2, 2, 2, 2, 3]) {
        case 0:
            return "Host "
                + pick([
                    "web", "*", "!web *", "w?b db*", "*.org", "web !*", "\"web\" # c", "fe80::*", "WEB",
                    "h.example.net",
                ])
        case 1:
            return pick(["Match ", "match  "])
                + pick([
                    "all", "host web", "host=*.org", "originalhost WEB,x", "user bob", "!user bob host *",
                    "host h.example.net", "canonical", "!canonical host *", "user \"b?b\" originalhost *",
                    "!host web # note", "final", "final host db*", "!final user *", "canonical all", "exec true",
                    "exec \"true %h %n %p %r %u %d %i %l %L %C\"", "exec false", "!exec false host *",
                    "host none exec \"touch /none/x\"", "localuser nobody", "!localuser nobody exec \"true ; exit 0\"",
                ])
        case 2:
            let (keyword, values) = pick(Self.keywords)
            let spelled = pick([keyword, keyword.lowercased(), keyword.uppercased()])
            return pick(["", "  ", "\t"]) + spelled + pick([" ", " = ", "\t"]) + pick(values)
        default:
            return "Include " + pick(["@/a", "@/b @/a", "@/none", "\"@/b\"", "@/a*", "@/c"])
        }
    }

    /// Files to include; the last includes others.
    mutating func included() -> [String: String] {
        let names = ["a", "ab", "b", "c"]
        return Dictionary(
            uniqueKeysWithValues: names.map { name in
                let line = line()
                let text = line.contains("@") ? "Tunnel yes\n" : line + "\n" + "Host web\nUser inner-\(name)\n"
                return (name, text + (name == "c" ? "Include @/a\n" : ""))
            })
    }

    private static let flags = ["yes", "no", "true", "FALSE", "\"yes\"", "no # why"]
    private static let keys = ["ssh-ed25519", "rsa-sha2-512,ssh-ed25519"]
    private static let times = ["0", "15", "5m", "1h5", "none"]

    private static let flagKeywords = [
        "BatchMode", "HashKnownHosts", "IdentitiesOnly", "PasswordAuthentication", "StdinNull", "TCPKeepAlive",
        "KeepAlive", "CheckHostIP", "ClearAllForwardings", "ExitOnForwardFailure", "ForwardX11", "ForwardX11Trusted",
        "GatewayPorts", "GSSAPIAuthentication", "GSSAPIKeyExchange", "GSSAPIDelegateCredentials", "GSSAPITrustDns",
        "GSSAPIRenewalForcesRekey", "HostbasedAuthentication", "KbdInteractiveAuthentication", "SKeyAuthentication",
        "NoHostAuthenticationForLocalhost", "PermitLocalCommand", "ProxyUseFdpass", "StreamLocalBindUnlink",
        "VisualHostKey", "EnableEscapeCommandline", "EnableSSHKeysign",
    ]

    private static let keywords: [(String, [String])] =
        flagKeywords.map { ($0, flags) } + [
            ("HostName", ["h.example.net", "%h.example.org", "H%%", "10.0.0.1", "127.1", "::0001"]),
            ("User", ["bob", "\"a b\"", "eve # x", "a\\ b", "DOM\\x", "'q'"]),
            ("Port", ["22", "2222", "\"65535\"", "022"]),
            ("HostKeyAlias", ["alias", "\"Alias.x\""]),
            ("AddressFamily", ["any", "inet", "INET6"]),
            ("Compression", ["yes", "NO"]),
            ("PubkeyAuthentication", flags + ["unbound", "host-bound"]),
            ("RequestTTY", flags + ["force", "Auto"]),
            ("StrictHostKeyChecking", flags + ["ask", "off", "accept-new"]),
            ("SessionType", ["none", "default"]),
            ("LogLevel", ["quiet", "INFO", "debug1", "DEBUG3", "verbose"]),
            ("ConnectTimeout", times), ("ServerAliveInterval", times), ("ForwardX11Timeout", times),
            ("ServerAliveCountMax", ["0", "7"]), ("CanonicalizeMaxDots", ["0", "1", "3"]),
            ("RekeyLimit", ["1G", "512m 1h", "default none", "1048576 90", "4K none", "default 5m"]),
            ("RequiredRSASize", ["1024", "3072"]), ("ConnectionAttempts", ["1", "03"]),
            ("BindAddress", ["127.0.0.1", "::1"]), ("BindInterface", ["eth0", "\"lo\""]),
            ("NumberOfPasswordPrompts", ["1", "05"]),
            ("PreferredAuthentications", ["publickey,password", "x"]),
            ("Ciphers", ["aes128-ctr", "aes256-gcm@openssh.com,aes128-ctr"]),
            ("MACs", ["hmac-sha2-256", "hmac-sha2-512,hmac-sha2-256"]),
            ("KexAlgorithms", ["curve25519-sha256", "ecdh-sha2-nistp256,curve25519-sha256"]),
            ("HostKeyAlgorithms", keys), ("HostbasedAcceptedAlgorithms", keys), ("PubkeyAcceptedKeyTypes", keys),
            ("CASignatureAlgorithms", keys),
            ("RemoteCommand", ["echo \"a  b\" # c", "ls -l", "true 'x y'", "none", "echo %h %p %r %C"]),
            ("LocalCommand", ["echo \"a  b\" # c", "none", "= x %h"]),
            ("UserKnownHostsFile", ["/a /b", "\"/a b\"", "none", "/c # d", "~/k-%h", "${CONFIG_DIR}/%n"]),
            ("GlobalKnownHostsFile", ["/g", "/g '/h i'", "~/g", "none"]),
            ("IdentityFile", ["/k1", "/k2", "\"/k 3\"", "/k1 # again", "none", "~/%h"]),
            ("CertificateFile", ["/c1", "~/c2", "/c1"]),
            ("SendEnv", ["LANG LC_*", "A B", "-A", "-LC*", "C # x"]),
            ("SetEnv", ["A=1 B=2", "\"C=d e\"", "A=1 A=2"]),
            ("Protocol", ["2"]), ("ForwardAgent", flags + ["~/.", "/dev/null"]),
            ("IdentityAgent", ["none", "SSH_AUTH_SOCK", "$SOCK", "~/agent", "${CONFIG_DIR}/%C"]),
            ("AddKeysToAgent", flags + ["ask", "confirm", "confirm 5m", "1h"]),
            ("CanonicalizeHostname", ["yes", "no", "always"]), ("CanonicalDomains", ["none"]),
            ("CanonicalizeFallbackLocal", ["yes"]), ("CanonicalizePermittedCNAMEs", ["none"]),
            ("ControlMaster", flags + ["auto", "ask", "AutoAsk"]),
            ("ControlPath", ["~/c-%C", "/c/%h-%p-%r", "none", "\"/c d\""]),
            ("ControlPersist", ["yes", "no", "10m", "0", "true"]),
            ("EscapeChar", ["none", "^]", "!", "\\\\", "^A"]),
            ("FingerprintHash", ["md5", "SHA256", "sha512"]),
            ("IPQoS", ["ef", "af21 cs1", "none", "0x10 8", "LE 255", "lowdelay throughput", "010"]),
            ("LocalForward", ["8080 h:80", "[::1]:90 [::2]:9", "*:7 a\\:b:1", "/s/%h x:1", "${CONFIG_PORT} h:1"]),
            ("RemoteForward", ["9 h:80", "0 h:1", "4", "/s/%h x:1", "[a]:5 /b"]),
            ("DynamicForward", ["1080", "localhost:1081", "[::1]:1082", "1080 # again"]),
            ("LogVerbose", ["a", "none"]),
            ("PermitRemoteOpen", ["any", "none", "a:1 b:*", "[::1]:22"]),
            ("ProxyCommand", ["nc %h %p", "none", "a \"b  c\" # d"]),
            ("ProxyJump", ["a", "b@c:3,d", "none", "ssh://e@f:4", "10.0.0.9", "[::1]:2"]),
            ("RevokedHostKeys", ["/r"]), ("KnownHostsCommand", ["/x %H 'a b' # c", "/y"]),
            ("PKCS11Provider", ["/p", "none"]), ("SecurityKeyProvider", ["/p", "none"]),
            ("XAuthLocation", ["/x", "none"]), ("KbdInteractiveDevices", ["pam,bsdauth"]),
            ("StreamLocalBindMask", ["0111", "0", "777"]), ("SyslogFacility", ["AUTH", "local3"]),
            ("Tunnel", flags + ["ethernet", "Point-to-Point"]), ("TunnelDevice", ["1", "any:2", "3:4"]),
            ("UpdateHostKeys", flags + ["ask"]), ("VerifyHostKeyDNS", flags + ["ask"]),
            ("GSSAPIServerIdentity", ["s"]), ("GSSAPIClientIdentity", ["c"]), ("IgnoreUnknown", ["UseKeychain,x*"]),
        ]
}
