import Testing

/// Configurations made by hand for the comparison with `ssh -G`.
struct HandMadeConfig: Sendable, CustomTestStringConvertible {
    let text: String
    var host = "web"
    var options: [String] = []
    var command: String?
    var included: [String: String] = [:]

    var testDescription: String { "\(text) \(options) \(host)" }

    /// Each line by itself.
    static let lines: [String] = [
        "AddKeysToAgent confirm 5m", "AddKeysToAgent 1h30m", "AddKeysToAgent ask", "AddressFamily inet6",
        "BatchMode no", "BindAddress 10.0.0.1", "BindInterface lo", "CASignatureAlgorithms ssh-ed25519",
        "CertificateFile ~/c-%h", "CheckHostIP yes", "Ciphers aes128-ctr", "ClearAllForwardings yes",
        "Compression yes", "ConnectTimeout 90s", "ConnectionAttempts 3", "ControlMaster autoask",
        "ControlPath ~/.ssh/%C", "ControlPath /tmp/%l-%L-%n-%k-%u-%i-%d-%%", "ControlPersist 1h", "ControlPersist yes",
        "DynamicForward *:1080", "DynamicForward [::]:1080", "EnableEscapeCommandline yes", "EnableSSHKeysign yes",
        "EscapeChar ^[", "EscapeChar \\\\", "EscapeChar none", "ExitOnForwardFailure yes",
        "FingerprintHash MD5", "ForwardAgent ${CONFIG_DIR}/a", "ForwardAgent yes", "ForwardX11 yes",
        "ForwardX11Timeout 1w", "GatewayPorts yes", "GlobalKnownHostsFile none", "HashKnownHosts true",
        "HostKeyAlgorithms rsa-sha2-256", "HostKeyAlias ALIAS", "HostName %h.%h", "HostName 0x7f.1",
        "HostName ::ffff:10.0.0.1", "HostName 2001:DB8:0:0:1:0:0:1", "HostName fe80::1%%lo", "HostName 1.2.3",
        "HostName 999.1.1.1", "HostbasedAcceptedAlgorithms ssh-ed25519", "HostbasedAuthentication yes",
        "IPQoS af43", "IPQoS cs7 0x30", "IPQoS none throughput", "IdentitiesOnly yes", "IdentityAgent none",
        "IdentityAgent ~/%u.sock", "IdentityFile ~/.ssh/%r@%h", "IdentityFile none", "IgnoreUnknown a,b*",
        "KbdInteractiveDevices pam", "KexAlgorithms curve25519-sha256", "KnownHostsCommand /bin/x \"%H  %t\" # z",
        "LocalCommand = echo  '%h' # x", "LocalForward 8080 example.org:80", "LocalForward 127.0.0.1:8080 [::1]:80",
        "LocalForward [a/b]:1 h:2", "LocalForward ~/sock h:80", "LocalForward /${CONFIG_NAME} h:1",
        "LocalForward 1:2 h:3", "LocalForward a\\:b:2 h:3", "LogLevel FATAL", "LogVerbose *:*:*", "MACs hmac-sha2-256",
        "NoHostAuthenticationForLocalhost yes", "NumberOfPasswordPrompts 0", "PKCS11Provider /lib/p.so",
        "PermitLocalCommand yes", "PermitRemoteOpen none", "PermitRemoteOpen h:1 [::1]:* *:22", "Port 65535",
        "PreferredAuthentications a,b,c", "ProxyCommand nc -X 5 %h %p # not a comment", "ProxyCommand 'a' \"b\"",
        "ProxyJump me@a:22,b,ssh://c:3", "ProxyJump [fe80::1]:2", "ProxyJump a # b", "ProxyJump user@dom@host",
        "ProxyUseFdpass yes", "PubkeyAcceptedAlgorithms ssh-ed25519", "PubkeyAuthentication host-bound",
        "RekeyLimit 1G 1h", "RemoteCommand ls %% %h '%r'", "RemoteForward 8080", "RemoteForward 0 h:1",
        "RemoteForward *:1 /run/%i", "RemoteForward /run/a /run/b", "RemoteForward localhost:0 h:2",
        "RequestTTY force", "RequiredRSASize 2048", "SecurityKeyProvider none", "RevokedHostKeys none",
        "KnownHostsCommand none", "ProxyCommand none # x",
        "RemoteCommand \"none\"", "PKCS11Provider \"none\"", "ControlPath 'none'", "LocalCommand none ",
        "SendEnv A B*\nSendEnv -A",
        "ServerAliveCountMax 0", "ServerAliveInterval 1m", "SessionType none", "SetEnv A=b \"C=d e\" F=",
        "StdinNull yes", "StreamLocalBindMask 0077", "StreamLocalBindUnlink yes", "StrictHostKeyChecking accept-new",
        "SyslogFacility LOCAL7", "TCPKeepAlive no", "Tunnel ethernet", "TunnelDevice any:3", "UpdateHostKeys ask",
        "UpdateHostKeys ask\nRequestTTY no", "UpdateHostKeys ask\nControlPath x\nControlPersist yes",
        "UpdateHostKeys ask\nLogLevel ERROR", "User DOM\\user", "UserKnownHostsFile ~/.ssh/known_hosts",
        "UserKnownHostsFile /x", "UserKnownHostsFile /x-${CONFIG_PORT} ~/%n", "VerifyHostKeyDNS yes",
        "VisualHostKey yes", "XAuthLocation /x", "ForkAfterAuthentication yes\nSessionType none",
        "ProxyJump none\nProxyCommand x", "ProxyCommand none\nProxyJump a", "ProxyCommand x\nProxyJump a",
        "ProxyJump a\nProxyCommand x\nProxyUseFdpass yes", "ProxyJump none\nProxyJump a",
        "ClearAllForwardings yes\nLocalForward 1 h:2\nTunnel yes", "LocalForward 1 h:2\nLocalForward 1 h:2",
    ]

    static let all: [HandMadeConfig] =
        lines.map { HandMadeConfig(text: $0) } + [
            HandMadeConfig(text: "Match final\nUser x\nSendEnv A"),
            HandMadeConfig(
                text: "SendEnv A\nHost *\nLocalForward 1 h:2\nIdentityFile /a\nMatch final host web\nPort 3"),
            HandMadeConfig(text: "HostName other\nHost other\nPort 3\nMatch final host other\nUser x"),
            HandMadeConfig(text: "Host web\nHostName other\nMatch final\nPort 4\nHost other\nUser late", host: "web2"),
            HandMadeConfig(text: "Host web\nHostName A.Other\nMatch final\nPort 3\nHost a.other\nUser late"),
            HandMadeConfig(text: "Match canonical\nUser x"), HandMadeConfig(text: "Match !canonical all\nUser x"),
            HandMadeConfig(
                text: "Host none\nMatch final\nUser x\nMatch final host none\nPort 4\nMatch canonical\nPort 5"),
            HandMadeConfig(text: "CanonicalizeHostname yes\nMatch canonical\nUser x", host: "127.0.0.1"),
            HandMadeConfig(text: "CanonicalizeHostname yes\nHost a.b.c\nUser x\nMatch final\nPort 3", host: "A.b.C"),
            HandMadeConfig(text: "CanonicalizeHostname always\nCanonicalDomains none\nMatch canonical\nUser x"),
            HandMadeConfig(text: "CanonicalizeHostname yes\nProxyCommand x\nCanonicalDomains a.invalid"),
            HandMadeConfig(text: "CanonicalizeHostname yes\nProxyJump x\nCanonicalizeFallbackLocal no"),
            HandMadeConfig(text: "CanonicalizeHostname yes\nCanonicalizeMaxDots 0", host: "a.b"),
            HandMadeConfig(text: "CanonicalizeMaxDots 5\nCanonicalizeFallbackLocal no\nCanonicalDomains A.b. c_d"),
            HandMadeConfig(text: "CanonicalizePermittedCNAMEs *.A:*.B *", host: "::1"),
            HandMadeConfig(text: "CanonicalizePermittedCNAMEs none", host: "::1"),
            HandMadeConfig(text: "CanonicalizePermittedCNAMEs x:y\nProxyCommand z"),
            HandMadeConfig(text: "CanonicalizeHostname no\nMatch final\nCanonicalizeHostname yes\nPort 3"),
            HandMadeConfig(text: "AddressFamily inet", host: "::0001"),
            HandMadeConfig(text: "AddressFamily inet6", host: "127.1"),
            HandMadeConfig(text: "", host: "1:2:3:4:5:6:7::"), HandMadeConfig(text: "", host: "::1.2.3.4"),
            HandMadeConfig(text: "", host: "1:0:0:2:0:0:0:3"), HandMadeConfig(text: "", host: "1234"),
            HandMadeConfig(text: "", host: "1:2"), HandMadeConfig(text: "", host: "FE80::1%LO"),
            HandMadeConfig(text: "Include @/a @/b", included: ["a": "User x\nHost other", "b": "Port 3"]),
            HandMadeConfig(text: "Host other\nInclude @/a\nHost web\nPort 3", included: ["a": "Host *\nUser x"]),
            HandMadeConfig(text: "Include @/a\nUser y", included: ["a": "Include @/b", "b": "Match host web\nUser x"]),
            HandMadeConfig(
                text: "Match host none\nInclude @/a\nMatch all\nPort 3", included: ["a": "Match final\nUser x"]),
            HandMadeConfig(text: "Match exec \"test %h = web\"\nUser x\nMatch exec true\nPort 3"),
            HandMadeConfig(text: "Match user root,bob !localuser x* exec true\nPort 3", options: ["User=bob"]),
            HandMadeConfig(text: "Port 1\nUser x", options: ["Port=2", " user \"a b\"", "ProxyJump=none"]),
            HandMadeConfig(text: "IgnoreUnknown z*\nzoo 1\nHost web\nZED \"a b\" c"),
            HandMadeConfig(text: "\"Port\" 3\nUser\t=\t'a b'\n\n#x\n  # y\nHostName=h\r\n"),
            HandMadeConfig(text: "UpdateHostKeys ask", command: "ls"),
            HandMadeConfig(text: "ForkAfterAuthentication yes", command: "ls -l"),
        ]
}
