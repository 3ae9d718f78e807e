/// The options as `ssh -G` prints them.
extension ResolvedOptions {
    /// All options that `ssh -G` prints, in its order, with its defaults; several lines for a keyword whose values add up.
    ///
    /// - Parameter lists: What stands for keywords that name algorithms, where the caller has worked it out; one that is
    ///   neither here nor set is left out.
    /// - Returns: The lines, each as its lower-case key and its value.
    public func dump(lists: [ConfigKeyword: ConfigText] = [:]) -> [(key: String, value: ConfigText)] {
        [("host", originalHost)]
            + Self.rows.flatMap { row in
                (lists[row.keyword].map { [$0] } ?? dumped(row.keyword) ?? row.defaults).map { (row.key, $0) }
            }
    }

    /// `nil` where the default holds.
    private func dumped(_ keyword: ConfigKeyword) -> [ConfigText]? {
        let isCleared = Self.clearable.contains(keyword) && flag(.clearAllForwardings)?.value == true
        let entries = isCleared ? [] : entries(for: keyword)
        switch keyword {
        case .user where entries.isEmpty: return [tokens.local.user]
        case .hostName: return [host]
        case .userKnownHostsFile where entries.isEmpty:
            return [ConfigText(["known_hosts", "known_hosts2"].map { "\(home)/.ssh/\($0)" }.joined(separator: " "))]
        // A jump host's pipe passes no descriptors.
        case .proxyUseFdpass where proxyJump != nil: return ["no"]
        case .updateHostKeys: return [ConfigText(updatesHostKeys)]
        case .rekeyLimit where !entries.isEmpty:
            return [ConfigText("\(rekeyByteCount?.value ?? 0) \(rekeyIntervalSeconds?.value ?? 0)")]
        case .proxyJump: return proxyJump?.value.last.map { [dumped($0)] }
        case .setEnv: return setEnv?.value
        case _ where entries.isEmpty: return nil
        default: return entries.map { dumped($0) }.filter { !$0.isNone || !Self.hidesNone.contains(keyword) }
        }
    }

    private var home: String { tokens.local.home.string ?? "" }

    /// As in ssh, asking is given up where nobody would see the question, and the default depends on the files.
    private var updatesHostKeys: String {
        let files = userKnownHostsFiles?.value
        let isOwnFile = files == nil || files == [ConfigText("\(home)/.ssh/known_hosts")]
        let isVerified = [nil, "no"].contains(word(.verifyHostKeyDNS)?.value)
        guard let wish = word(.updateHostKeys)?.value else { return isOwnFile && isVerified ? "true" : "false" }
        let isUnseen =
            controlPersistSeconds != nil && controlPath != nil || hasCommand || remoteCommand != nil
            || requestTTY?.value == .no || [.quiet, .fatal, .error].contains(logLevel?.value)
        return wish == "ask" && isUnseen ? "false" : Self.truth[wish] ?? wish
    }

    private func dumped(_ entry: ConfigEntry) -> ConfigText {
        let keyword = entry.keyword
        let staysWritten = [.identityFile, .certificateFile, .globalKnownHostsFile].contains(keyword)
        switch staysWritten ? entry.unexpanded : entry.value {
        case .flag(let isOn): return isOn ? "yes" : "no"
        case .choice(let word): return ConfigText(Self.dumped(word, of: keyword))
        case .number(let number):
            switch keyword {
            case .streamLocalBindMask: return ConfigText("0" + String(number, radix: 8))
            case .obscureKeystrokeTiming: return ConfigText([0: "no", 20: "yes"][number] ?? "interval:\(number)")
            default: return ConfigText(String(number))
            }
        case .numbers(let numbers):
            guard keyword == .controlPersist else { return Self.dumpedClasses(numbers) }
            return numbers.first.map { $0 == 0 ? "yes" : ConfigText(String($0)) } ?? "no"
        case .text(let text): return text
        case .texts where keyword == .knownHostsCommand: return entry.written
        case .texts(let texts):
            let separator = UInt8(ascii: keyword == .tunnelDevice ? ":" : " ")
            return ConfigText(texts.map(\.bytes).joined(separator: [separator]))
        case .escapeCharacter(.none): return "none"
        case .escapeCharacter(.byte(let byte)): return Self.visible(byte)
        case .agentAddition(.no): return "false"
        case .agentAddition(.ask): return "ask"
        case .agentAddition(.yes(let seconds)): return ConfigText(seconds == 0 ? "true" : "\(seconds)")
        case .agentAddition(.confirm(let seconds)): return ConfigText(seconds == 0 ? "confirm" : "confirm \(seconds)")
        case .forward(let rule): return rule.dumped(hasTarget: keyword != .dynamicForward)
        case .unset: return ""
        }
    }

    /// As in ssh: the hosts before the last as written.
    private func dumped(_ last: JumpHost) -> ConfigText {
        let written = text(.proxyJump)?.value.bytes ?? []
        var text = Array(written.prefix((written.lastIndex(of: UInt8(ascii: ",")) ?? -1) + 1))
        if let user = last.user { text += user.bytes + [UInt8(ascii: "@")] }
        let isAddress = last.host.bytes.contains(58) || last.host.bytes.allSatisfy { "0123456789.".utf8.contains($0) }
        text += isAddress ? Array("[".utf8) + last.host.bytes + Array("]".utf8) : last.host.bytes
        return ConfigText(text + Array((last.port.map { ":\($0)" } ?? "").utf8))
    }

    private static let truth = ["yes": "true", "no": "false", "off": "false"]

    private static func dumped(_ word: String, of keyword: ConfigKeyword) -> String {
        switch keyword {
        case .fingerprintHash, .syslogFacility: word.uppercased()
        case .logLevel: ["QUIET": "SILENT", "DEBUG1": "DEBUG"][word] ?? word
        case .sessionType, .compression, .warnWeakCrypto: word
        default: truth[word] ?? word
        }
    }

    /// As `vis(3)` writes a byte.
    private static func visible(_ byte: UInt8) -> ConfigText {
        let low = byte & 0x7F
        let isControl = low < 0x20 || low == 0x7F
        let prefix = byte >= 0x80 ? (isControl ? "\\M^" : "\\M-") : isControl ? "\\^" : byte == 0x5C ? "\\" : ""
        return ConfigText(Array(prefix.utf8) + [isControl ? low ^ 0x40 : low])
    }

    private static func dumpedClasses(_ classes: [Int]) -> ConfigText {
        let names = classes.map { value in
            // Two digits, always.
            OptionSyntax.qualityNames.first { $0.value == value }?.name
                ?? "0x" + String(value + 256, radix: 16).dropFirst()
        }
        return ConfigText(names.joined(separator: " "))
    }

    private static let clearable: Set<ConfigKeyword> = [.localForward, .remoteForward, .dynamicForward, .tunnel]
    private static let hidesNone: Set<ConfigKeyword> = [
        .localCommand, .remoteCommand, .proxyCommand, .controlPath, .pkcs11Provider, .securityKeyProvider,
        .revokedHostKeys,
        .knownHostsCommand, .versionAddendum,
    ]

    private typealias Row = (key: String, keyword: ConfigKeyword, defaults: [ConfigText])

    /// Each key, and its default after a blank; a `;` stands between several lines.
    private static let rows: [Row] = defaults.split(separator: "|").compactMap { row in
        let parts = row.split(separator: " ", maxSplits: 1)
        guard case .keyword(let keyword)? = OptionTable.look(up: ConfigLexer.lowercased(parts[0].utf8)) else {
            return nil
        }
        let values = parts.count < 2 ? [] : parts[1].split(separator: ";").map { ConfigText(String($0)) }
        return (String(parts[0]), keyword, values)
    }

    private static let defaults = """
        user|hostname|port 22|addressfamily any|batchmode no|canonicalizefallbacklocal yes|canonicalizehostname false|\
        checkhostip no|compression no|controlmaster false|enablesshkeysign no|clearallforwardings no|\
        exitonforwardfailure no|fingerprinthash SHA256|forwardx11 no|forwardx11trusted no|gatewayports no|\
        gssapiauthentication no|gssapikeyexchange no|gssapidelegatecredentials no|gssapitrustdns no|\
        gssapirenewalforcesrekey no|gssapiclientidentity|gssapiserveridentity|gssapikexalgorithms|hashknownhosts no|\
        hostbasedauthentication no|identitiesonly no|kbdinteractiveauthentication yes|\
        nohostauthenticationforlocalhost no|passwordauthentication yes|permitlocalcommand no|proxyusefdpass no|\
        pubkeyauthentication true|requesttty auto|sessiontype default|stdinnull no|forkafterauthentication no|\
        streamlocalbindunlink no|stricthostkeychecking ask|tcpkeepalive yes|tunnel false|verifyhostkeydns false|\
        visualhostkey no|updatehostkeys|enableescapecommandline no|warnweakcrypto yes|canonicalizemaxdots 1|\
        connectionattempts 1|forwardx11timeout 1200|numberofpasswordprompts 3|serveralivecountmax 3|\
        serveraliveinterval 0|requiredrsasize 1024|bindaddress|bindinterface|ciphers|controlpath|hostkeyalgorithms|\
        hostkeyalias|hostbasedacceptedalgorithms|identityagent|ignoreunknown|kbdinteractivedevices|kexalgorithms|\
        casignaturealgorithms|localcommand|remotecommand|loglevel INFO|macs|pkcs11provider|\
        securitykeyprovider internal|preferredauthentications|pubkeyacceptedalgorithms|revokedhostkeys|\
        xauthlocation /usr/bin/xauth|knownhostscommand|tag|versionaddendum|refuseconnection|dynamicforward|\
        localforward|remoteforward|\
        identityfile ~/.ssh/id_rsa;~/.ssh/id_ecdsa;~/.ssh/id_ecdsa_sk;~/.ssh/id_ed25519;~/.ssh/id_ed25519_sk|\
        canonicaldomains none|certificatefile|globalknownhostsfile /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2|\
        userknownhostsfile|sendenv|setenv|logverbose none|channeltimeout none|permitremoteopen any|\
        addkeystoagent false|forwardagent no|connecttimeout none|tunneldevice any:any|\
        canonicalizePermittedcnames none|controlpersist no|escapechar ~|ipqos ef none|rekeylimit 0 0|\
        streamlocalbindmask 0177|syslogfacility USER|obscurekeystroketiming yes|proxyjump|proxycommand
        """
}

extension ForwardRule {
    fileprivate func dumped(hasTarget: Bool) -> ConfigText {
        ConfigText(listen.dumped + (hasTarget ? [UInt8(ascii: " ")] + connect.dumped : []))
    }
}

extension ForwardRule.Endpoint {
    fileprivate var dumped: [UInt8] {
        switch self {
        case .port(nil, let port): Array(String(port).utf8)
        case .port(let host?, let port): Array("[".utf8) + host.bytes + Array("]:\(port)".utf8)
        case .path(let path): path.bytes
        case .socks: Array("[socks]:0".utf8)
        }
    }
}
