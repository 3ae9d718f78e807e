/// How one keyword is written, how its values add up, and whether it acts.
struct OptionRule: Sendable {
    /// What a second value of the same keyword does.
    enum Merge: Sendable {
        /// Nothing: the first stands.
        case firstWins
        /// Adds to the list, unless it is there already.
        case append(limit: Int)
        /// Adds to the list; `-` takes matching names back out.
        case environment
    }

    let syntax: OptionSyntax
    var merge = Merge.firstWins
    var acts = false
    /// The longest list that one line may give.
    var listLimit = ConfigLimits.environmentCount
}

/// The table of `ssh_config(5)`: each keyword with its rule, and the names that have gone out of use.
enum OptionTable {
    /// A keyword as it stands in a file.
    enum Lookup {
        case keyword(ConfigKeyword)
        /// A name of the past, which is read over (readconf.c: oIgnore, oDeprecated, oUnsupported).
        case obsolete
    }

    static func look(up keyword: [UInt8]) -> Lookup? { names[keyword] }

    static func rule(of keyword: ConfigKeyword) -> OptionRule {
        rules[keyword] ?? OptionRule(syntax: .words)
    }

    private static let names: [[UInt8]: Lookup] = {
        var names: [[UInt8]: Lookup] = [:]
        for keyword in ConfigKeyword.allCases {
            names[ConfigLexer.lowercased(keyword.name.utf8)] = .keyword(keyword)
        }
        for (alias, keyword) in aliases { names[Array(alias.utf8)] = .keyword(keyword) }
        for name in obsoleteNames { names[Array(name.utf8)] = .obsolete }
        return names
    }()

    private static let aliases: [(String, ConfigKeyword)] = [
        ("challengeresponseauthentication", .kbdInteractiveAuthentication),
        ("skeyauthentication", .kbdInteractiveAuthentication), ("tisauthentication", .kbdInteractiveAuthentication),
        ("dsaauthentication", .pubkeyAuthentication), ("keepalive", .tcpKeepAlive), ("identityfile2", .identityFile),
        ("pubkeyacceptedkeytypes", .pubkeyAcceptedAlgorithms), ("hostbasedkeytypes", .hostbasedAcceptedAlgorithms),
        ("hostbasedacceptedkeytypes", .hostbasedAcceptedAlgorithms), ("smartcarddevice", .pkcs11Provider),
    ]

    private static let obsoleteNames = [
        "protocol", "cipher", "fallbacktorsh", "globalknownhostsfile2", "userknownhostsfile2", "rhostsauthentication",
        "useroaming", "usersh", "useprivilegedport", "afstokenpassing", "kerberosauthentication", "kerberostgtpassing",
        "rsaauthentication", "rhostsrsaauthentication", "compressionlevel",
    ]

    private static let rules: [ConfigKeyword: OptionRule] = {
        var rules: [ConfigKeyword: OptionRule] = [:]
        for row in waiting + acting { for keyword in row.keywords { rules[keyword] = row.rule } }
        for keyword in acting.flatMap(\.keywords) { rules[keyword]?.acts = true }
        return rules
    }()

    private typealias Row = (rule: OptionRule, keywords: [ConfigKeyword])

    private static let acting: [Row] = [
        row(.name, .hostName, .user, .hostKeyAlias, .tag),
        row(.number(1...65535), .port),
        row(.number(1...Int(Int32.max)), .connectionAttempts),
        row(
            .number(0...Int(Int32.max)), .serverAliveCountMax, .numberOfPasswordPrompts, .requiredRSASize,
            .canonicalizeMaxDots),
        row(.time, .connectTimeout, .serverAliveInterval),
        row(
            .flag, .identitiesOnly, .hashKnownHosts, .batchMode, .tcpKeepAlive, .passwordAuthentication, .stdinNull,
            .noHostAuthenticationForLocalhost, .checkHostIP, .visualHostKey, .kbdInteractiveAuthentication,
            .exitOnForwardFailure, .clearAllForwardings, .gatewayPorts, .permitLocalCommand, .forkAfterAuthentication,
            .streamLocalBindUnlink, .canonicalizeFallbackLocal, .proxyUseFdpass, .enableEscapeCommandline),
        row(
            .word, .ciphers, .macs, .kexAlgorithms, .hostKeyAlgorithms, .preferredAuthentications, .ignoreUnknown,
            .caSignatureAlgorithms, .pubkeyAcceptedAlgorithms, .bindAddress, .bindInterface, .controlPath,
            .refuseConnection),
        row(.words, .knownHostsCommand),
        row(.line, .remoteCommand, .proxyCommand, .localCommand, .versionAddendum),
        row(.jumps, .proxyJump),
        row(.agentPath(allowsFlag: false), .identityAgent),
        row(.agentPath(allowsFlag: true), .forwardAgent),
        row(.word, merge: .append(limit: ConfigLimits.identityFileCount), .identityFile, .certificateFile),
        row(
            .paths, listLimit: ConfigLimits.knownHostsFileCount, .userKnownHostsFile, .globalKnownHostsFile,
            .revokedHostKeys),
        row(.domains, listLimit: ConfigLimits.domainCount, .canonicalDomains),
        row(.aliases, listLimit: ConfigLimits.domainCount, .canonicalizePermittedCNAMEs),
        row(.channelTimeouts, .channelTimeout),
        row(.openTargets, .permitRemoteOpen),
        row(.forward(.local), merge: .append(limit: ConfigLimits.environmentCount), .localForward),
        row(.forward(.remote), merge: .append(limit: ConfigLimits.environmentCount), .remoteForward),
        row(.forward(.dynamic), merge: .append(limit: ConfigLimits.environmentCount), .dynamicForward),
        row(.escapes, .escapeChar),
        row(.agentAdditions, .addKeysToAgent),
        row(.persistence, .controlPersist),
        row(.keystrokes, .obscureKeystrokeTiming),
        row(.bindMask, .streamLocalBindMask),
        row(.qualities, .ipQoS),
        row(.variableNames, merge: .environment, .sendEnv),
        row(.assignments, .setEnv),
        // As in ssh, the bytes are the first line's, and the time is that of the first line that has one.
        row(.rekeying, merge: .append(limit: ConfigLimits.environmentCount), .rekeyLimit),
        row(.choice("sha256 md5 sha1 sha384 sha512"), .fingerprintHash),
        row(.choice("yes true=yes no false=no ask"), .updateHostKeys),
        row(.choice("ask accept-new off yes true=yes no=off false=off"), .strictHostKeyChecking),
        row(.choice("yes true=yes no false=no force auto"), .requestTTY),
        row(.choice("yes true=yes no false=no auto ask autoask"), .controlMaster),
        row(.choice("yes true=yes no false=no always"), .canonicalizeHostname),
        row(.choice("yes true=yes no false=no no-pq-kex"), .warnWeakCrypto),
        row(.choice("none subsystem default"), .sessionType),
        row(.choice("any inet inet6"), .addressFamily),
        row(.choice("yes no"), .compression),
        row(.choice("yes true=yes no false=no unbound host-bound"), .pubkeyAuthentication),
        row(
            .choice(
                "quiet=QUIET fatal=FATAL error=ERROR info=INFO verbose=VERBOSE debug=DEBUG debug1=DEBUG1 debug2=DEBUG2 "
                    + "debug3=DEBUG3"), .logLevel),
        row(.choice("default strict legacy interop"), .algorithmProfile),
    ]

    /// What is understood and does nothing.
    private static let waiting: [Row] = [
        row(
            .flag, .forwardX11, .gssapiAuthentication, .gssapiDelegateCredentials, .hostbasedAuthentication,
            .enableSSHKeysign, .forwardX11Trusted, .gssapiKeyExchange, .gssapiTrustDns, .gssapiRenewalForcesRekey),
        row(
            .word, .pkcs11Provider, .securityKeyProvider, .hostbasedAcceptedAlgorithms, .kbdInteractiveDevices,
            .xAuthLocation, .gssapiKexAlgorithms, .gssapiServerIdentity, .gssapiClientIdentity),
        row(.time, .forwardX11Timeout),
        // It names OpenSSH's own source files and functions, of which there are none here.
        row(.list("patterns of file:function():line") { $0 }, .logVerbose),
        row(.choice("yes true=yes no false=no ask"), .verifyHostKeyDNS),
        row(.choice("yes=point-to-point true=point-to-point no false=no ethernet point-to-point"), .tunnel),
        row(.tunnelDevice, .tunnelDevice),
        row(
            .choice("daemon user auth authpriv local0 local1 local2 local3 local4 local5 local6 local7"),
            .syslogFacility),
    ]

    private static func row(
        _ syntax: OptionSyntax, merge: OptionRule.Merge = .firstWins, listLimit: Int = ConfigLimits.environmentCount,
        _ keywords: ConfigKeyword...
    ) -> Row {
        (OptionRule(syntax: syntax, merge: merge, listLimit: listLimit), keywords)
    }
}
