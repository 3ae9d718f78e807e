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
            names[ConfigLexer.lowercased(keyword.rawValue.utf8)] = .keyword(keyword)
        }
        for (alias, keyword) in aliases { names[Array(alias.utf8)] = .keyword(keyword) }
        for name in obsoleteNames { names[Array(name.utf8)] = .obsolete }
        return names
    }()

    private static let aliases: [(String, ConfigKeyword)] = [
        ("challengeresponseauthentication", .kbdInteractiveAuthentication),
        ("skeyauthentication", .kbdInteractiveAuthentication),
        ("tisauthentication", .kbdInteractiveAuthentication),
        ("dsaauthentication", .pubkeyAuthentication),
        ("keepalive", .tcpKeepAlive),
        ("identityfile2", .identityFile),
        ("pubkeyacceptedkeytypes", .pubkeyAcceptedAlgorithms),
        ("hostbasedkeytypes", .hostbasedAcceptedAlgorithms),
        ("hostbasedacceptedkeytypes", .hostbasedAcceptedAlgorithms),
        ("smartcarddevice", .pkcs11Provider),
    ]

    private static let obsoleteNames = [
        "protocol", "cipher", "fallbacktorsh", "globalknownhostsfile2", "userknownhostsfile2", "rhostsauthentication",
        "useroaming", "usersh", "useprivilegedport", "afstokenpassing", "kerberosauthentication", "kerberostgtpassing",
        "rsaauthentication", "rhostsrsaauthentication", "compressionlevel",
    ]

    private static let flags: [ConfigKeyword] = [
        .exitOnForwardFailure, .clearAllForwardings, .gatewayPorts, .forwardX11,
        .permitLocalCommand, .forkAfterAuthentication,
        .streamLocalBindUnlink, .canonicalizeFallbackLocal, .proxyUseFdpass, .enableEscapeCommandline,
        .gssapiAuthentication, .gssapiDelegateCredentials, .hostbasedAuthentication, .enableSSHKeysign,
        .forwardX11Trusted, .gssapiKeyExchange, .gssapiTrustDns, .gssapiRenewalForcesRekey,
    ]

    private static let lines: [ConfigKeyword] = [
        .proxyCommand, .proxyJump, .localCommand, .versionAddendum, .refuseConnection,
    ]

    private static let lists: [ConfigKeyword] = [.localForward, .remoteForward, .dynamicForward]

    private static let rules: [ConfigKeyword: OptionRule] = {
        var rules = acting
        for keyword in flags { rules[keyword] = OptionRule(syntax: .flag) }
        for keyword in lines { rules[keyword] = OptionRule(syntax: .line) }
        for keyword in lists { rules[keyword] = OptionRule(syntax: .words, merge: .append(limit: 100)) }
        return rules
    }()

    private static let yesOrNo = [("yes", "yes"), ("true", "yes"), ("no", "no"), ("false", "no")]
        .map { (word: $0.0, means: $0.1) }

    private static func choices(of words: [String]) -> [(word: String, means: String)] {
        words.map { (word: String(decoding: ConfigLexer.lowercased($0.utf8), as: UTF8.self), means: $0) }
    }

    private static let acting: [ConfigKeyword: OptionRule] = {
        var rules: [ConfigKeyword: OptionRule] = [
            .hostName: OptionRule(syntax: .name),
            .user: OptionRule(syntax: .name),
            .hostKeyAlias: OptionRule(syntax: .name),
            .port: OptionRule(syntax: .number(1...65535)),
            .identityFile: OptionRule(syntax: .word, merge: .append(limit: ConfigLimits.identityFileCount)),
            .certificateFile: OptionRule(syntax: .word, merge: .append(limit: ConfigLimits.identityFileCount)),
            .userKnownHostsFile: OptionRule(syntax: .paths, listLimit: ConfigLimits.knownHostsFileCount),
            .revokedHostKeys: OptionRule(syntax: .paths, listLimit: ConfigLimits.knownHostsFileCount),
            .knownHostsCommand: OptionRule(syntax: .words),
            .fingerprintHash: OptionRule(syntax: .choice(choices(of: ["sha256", "md5"]))),
            .updateHostKeys: OptionRule(syntax: .choice(yesOrNo + choices(of: ["ask"]))),
            .globalKnownHostsFile: OptionRule(syntax: .paths, listLimit: ConfigLimits.knownHostsFileCount),
            .strictHostKeyChecking: OptionRule(
                syntax: .choice(
                    choices(of: ["ask", "accept-new", "off"]) + [
                        (word: "yes", means: "yes"), (word: "true", means: "yes"), (word: "no", means: "off"),
                        (word: "false", means: "off"),
                    ])),
            .requestTTY: OptionRule(syntax: .choice(yesOrNo + choices(of: ["force", "auto"]))),
            .sessionType: OptionRule(syntax: .choice(choices(of: ["none", "subsystem", "default"]))),
            .addressFamily: OptionRule(syntax: .choice(choices(of: ["any", "inet", "inet6"]))),
            .compression: OptionRule(syntax: .choice(choices(of: ["yes", "no"]))),
            .pubkeyAuthentication: OptionRule(syntax: .choice(yesOrNo + choices(of: ["unbound", "host-bound"]))),
            .logLevel: OptionRule(syntax: .choice(choices(of: ConfigLogLevel.allCases.map(\.rawValue)))),
            .escapeChar: OptionRule(syntax: .escapeCharacter),
            .remoteCommand: OptionRule(syntax: .line),
            .addKeysToAgent: OptionRule(syntax: .agentAddition),
            .sendEnv: OptionRule(syntax: .variableNames, merge: .environment),
            .setEnv: OptionRule(syntax: .assignments),
            .connectTimeout: OptionRule(syntax: .time),
            .serverAliveInterval: OptionRule(syntax: .time),
            .connectionAttempts: OptionRule(syntax: .number(1...Int(Int32.max))),
            .algorithmProfile: OptionRule(syntax: .choice(choices(of: ["default", "strict", "legacy", "interop"]))),
            // As in ssh, the bytes are the first line's, and the time is that of the first line that has one.
            .rekeyLimit: OptionRule(syntax: .rekeyLimit, merge: .append(limit: .max)),
        ]
        for keyword in [.serverAliveCountMax, .numberOfPasswordPrompts, .requiredRSASize]
            as [ConfigKeyword]
        { rules[keyword] = OptionRule(syntax: .number(0...Int(Int32.max))) }
        for keyword in [
            .identitiesOnly, .hashKnownHosts, .batchMode, .tcpKeepAlive, .passwordAuthentication, .stdinNull,
            .noHostAuthenticationForLocalhost, .checkHostIP, .visualHostKey,
            .kbdInteractiveAuthentication,
        ]
            as [ConfigKeyword]
        { rules[keyword] = OptionRule(syntax: .flag) }
        for keyword in [
            .ciphers, .macs, .kexAlgorithms, .hostKeyAlgorithms, .preferredAuthentications, .ignoreUnknown,
            .caSignatureAlgorithms,
            .identityAgent, .pubkeyAcceptedAlgorithms,
            .bindAddress, .bindInterface,
        ] as [ConfigKeyword] { rules[keyword] = OptionRule(syntax: .word) }
        for keyword in rules.keys { rules[keyword]?.acts = true }
        return rules
    }()
}
