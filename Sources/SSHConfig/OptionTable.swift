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

    private static let rules: [ConfigKeyword: OptionRule] = {
        var rules: [ConfigKeyword: OptionRule] = [:]
        for row in waiting + acting { for keyword in row.keywords { rules[keyword] = row.rule } }
        for keyword in acting.flatMap(\.keywords) { rules[keyword]?.acts = true }
        return rules
    }()

    private typealias Row = (rule: OptionRule, keywords: [ConfigKeyword])

    private static let acting: [Row] = [
        row(.name, .hostName, .user, .hostKeyAlias),
        row(.number(1...65535), .port),
        row(.number(1...Int(Int32.max)), .connectionAttempts),
        row(.number(0...Int(Int32.max)), .serverAliveCountMax, .numberOfPasswordPrompts, .requiredRSASize),
        row(.time, .connectTimeout, .serverAliveInterval),
        row(
            .flag, .identitiesOnly, .hashKnownHosts, .batchMode, .tcpKeepAlive, .passwordAuthentication, .stdinNull,
            .noHostAuthenticationForLocalhost, .checkHostIP, .visualHostKey, .kbdInteractiveAuthentication),
        row(
            .word, .ciphers, .macs, .kexAlgorithms, .hostKeyAlgorithms, .preferredAuthentications, .ignoreUnknown,
            .caSignatureAlgorithms, .identityAgent, .pubkeyAcceptedAlgorithms, .bindAddress, .bindInterface),
        row(.words, .knownHostsCommand),
        row(.line, .remoteCommand),
        row(.word, merge: .append(limit: ConfigLimits.identityFileCount), .identityFile, .certificateFile),
        row(
            .paths, listLimit: ConfigLimits.knownHostsFileCount, .userKnownHostsFile, .globalKnownHostsFile,
            .revokedHostKeys),
        row(.escapeCharacter, .escapeChar),
        row(.agentAddition, .addKeysToAgent),
        row(.variableNames, merge: .environment, .sendEnv),
        row(.assignments, .setEnv),
        // As in ssh, the bytes are the first line's, and the time is that of the first line that has one.
        row(.rekeyLimit, merge: .append(limit: .max), .rekeyLimit),
        row(.choice(choices(of: ["sha256", "md5"])), .fingerprintHash),
        row(.choice(yesOrNo + choices(of: ["ask"])), .updateHostKeys),
        row(.choice(choices(of: ["ask", "accept-new", "off"]) + yesOrOff), .strictHostKeyChecking),
        row(.choice(yesOrNo + choices(of: ["force", "auto"])), .requestTTY),
        row(.choice(choices(of: ["none", "subsystem", "default"])), .sessionType),
        row(.choice(choices(of: ["any", "inet", "inet6"])), .addressFamily),
        row(.choice(choices(of: ["yes", "no"])), .compression),
        row(.choice(yesOrNo + choices(of: ["unbound", "host-bound"])), .pubkeyAuthentication),
        row(.choice(choices(of: ConfigLogLevel.allCases.map(\.rawValue))), .logLevel),
        row(.choice(choices(of: ["default", "strict", "legacy", "interop"])), .algorithmProfile),
    ]

    /// What is understood and does nothing yet.
    private static let waiting: [Row] = [
        row(
            .flag, .exitOnForwardFailure, .clearAllForwardings, .gatewayPorts, .forwardX11, .permitLocalCommand,
            .forkAfterAuthentication, .streamLocalBindUnlink, .canonicalizeFallbackLocal, .proxyUseFdpass,
            .enableEscapeCommandline, .gssapiAuthentication, .gssapiDelegateCredentials, .hostbasedAuthentication,
            .enableSSHKeysign, .forwardX11Trusted, .gssapiKeyExchange, .gssapiTrustDns, .gssapiRenewalForcesRekey),
        row(.line, .proxyCommand, .proxyJump, .localCommand, .versionAddendum, .refuseConnection),
        row(.words, merge: .append(limit: 100), .localForward, .remoteForward, .dynamicForward),
    ]

    private static func row(
        _ syntax: OptionSyntax, merge: OptionRule.Merge = .firstWins, listLimit: Int = ConfigLimits.environmentCount,
        _ keywords: ConfigKeyword...
    ) -> Row {
        (OptionRule(syntax: syntax, merge: merge, listLimit: listLimit), keywords)
    }

    private static let yesOrNo = [("yes", "yes"), ("true", "yes"), ("no", "no"), ("false", "no")]
        .map { (word: $0.0, means: $0.1) }

    private static let yesOrOff = yesOrNo.map { (word: $0.word, means: $0.means == "no" ? "off" : $0.means) }

    private static func choices(of words: [String]) -> [(word: String, means: String)] {
        words.map { (word: String(decoding: ConfigLexer.lowercased($0.utf8), as: UTF8.self), means: $0) }
    }
}
