/// The keywords that act, by name and type.
extension ResolvedOptions {
    /// `HostName`, expanded.
    public var hostName: Setting<ConfigText>? { text(.hostName) }
    /// `User`, expanded unless it came from the command line.
    public var user: Setting<ConfigText>? { text(.user) }
    /// `Port`, from 1 to 65535.
    public var port: Setting<Int>? { number(.port) }
    /// `HostKeyAlias`, in lower case.
    public var hostKeyAlias: Setting<ConfigText>? { text(.hostKeyAlias) }
    /// `AddressFamily`.
    public var addressFamily: Setting<AddressFamily>? { choice(.addressFamily) }
    /// `ConnectTimeout` in seconds; 0 for none.
    public var connectTimeoutSeconds: Setting<Int>? { number(.connectTimeout) }
    /// `ConnectionAttempts`.
    public var connectionAttempts: Setting<Int>? { number(.connectionAttempts) }
    /// `BindAddress`.
    public var bindAddress: Setting<ConfigText>? { text(.bindAddress) }
    /// `BindInterface`.
    public var bindInterface: Setting<ConfigText>? { text(.bindInterface) }
    /// `TCPKeepAlive`.
    public var tcpKeepAlive: Setting<Bool>? { flag(.tcpKeepAlive) }
    /// `ServerAliveInterval` in seconds; 0 for never.
    public var serverAliveIntervalSeconds: Setting<Int>? { number(.serverAliveInterval) }
    /// `ServerAliveCountMax`.
    public var serverAliveCountMax: Setting<Int>? { number(.serverAliveCountMax) }
    /// `Compression`.
    public var compression: Setting<Bool>? {
        first(.compression) { if case .choice(let word) = $0 { word == "yes" } else { nil } }
    }

    /// The bytes of `RekeyLimit`; 0 for the default.
    public var rekeyByteCount: Setting<Int>? { rekeyLimit(0) }
    /// The time of `RekeyLimit` in seconds; 0 for none.
    public var rekeyIntervalSeconds: Setting<Int>? { rekeyLimit(1) }
    /// `RequiredRSASize`, in bits.
    public var requiredRSASize: Setting<Int>? { number(.requiredRSASize) }
    /// `AlgorithmProfile`: `default`, `strict`, `legacy` or `interop`.
    public var algorithmProfile: Setting<String>? { word(.algorithmProfile) }
    /// `Ciphers`, as written: a list that may begin with `+`, `-` or `^`.
    public var ciphers: Setting<ConfigText>? { text(.ciphers) }
    /// `MACs`, as written: a list that may begin with `+`, `-` or `^`.
    public var macs: Setting<ConfigText>? { text(.macs) }
    /// `KexAlgorithms`, as written: a list that may begin with `+`, `-` or `^`.
    public var kexAlgorithms: Setting<ConfigText>? { text(.kexAlgorithms) }
    /// `HostKeyAlgorithms`, as written: a list that may begin with `+`, `-` or `^`.
    public var hostKeyAlgorithms: Setting<ConfigText>? { text(.hostKeyAlgorithms) }

    /// `StrictHostKeyChecking`.
    public var strictHostKeyChecking: Setting<StrictHostKeyChecking>? { choice(.strictHostKeyChecking) }
    /// `HashKnownHosts`.
    public var hashKnownHosts: Setting<Bool>? { flag(.hashKnownHosts) }
    /// `UserKnownHostsFile`, expanded; empty for `none`.
    public var userKnownHostsFiles: Setting<[ConfigText]>? { paths(.userKnownHostsFile) }
    /// `GlobalKnownHostsFile`, expanded; empty for `none`.
    public var globalKnownHostsFiles: Setting<[ConfigText]>? { paths(.globalKnownHostsFile) }
    /// `RevokedHostKeys`, expanded; empty for `none`.
    public var revokedHostKeys: Setting<[ConfigText]>? { paths(.revokedHostKeys) }
    /// `KnownHostsCommand`, its words as they are written; `nil` for `none` too.
    public var knownHostsCommand: Setting<[ConfigText]>? {
        texts(.knownHostsCommand).flatMap { $0.value.count == 1 && $0.value[0].isNone ? nil : $0 }
    }
    /// `UpdateHostKeys`: `yes`, `ask` or `no`.
    public var updateHostKeys: Setting<String>? { word(.updateHostKeys) }
    /// `FingerprintHash`: `sha256` or `md5`.
    public var fingerprintHash: Setting<String>? { word(.fingerprintHash) }

    /// `IdentityFile`, expanded, in the order of reading; `nil` if never set (the default files hold), empty for `none`.
    public var identityFiles: [Setting<ConfigText>]? {
        guard entriesByKeyword[.identityFile] != nil else { return nil }
        return settings(.identityFile).filter { !$0.value.isNone }
    }
    /// `CertificateFile`, expanded, in the order of reading.
    public var certificateFiles: [Setting<ConfigText>] { settings(.certificateFile) }
    /// `IdentityAgent`, expanded: a path, `none`, `SSH_AUTH_SOCK`, or a variable's name after `$`.
    public var identityAgent: Setting<ConfigText>? { text(.identityAgent) }
    /// `AddKeysToAgent`.
    public var addKeysToAgent: Setting<AddKeysToAgent>? {
        first(.addKeysToAgent) { if case .agentAddition(let value) = $0 { value } else { nil } }
    }
    /// `PubkeyAcceptedAlgorithms`, as written: a list that may begin with `+`, `-` or `^`.
    public var pubkeyAcceptedAlgorithms: Setting<ConfigText>? { text(.pubkeyAcceptedAlgorithms) }
    /// `KbdInteractiveAuthentication`.
    public var kbdInteractiveAuthentication: Setting<Bool>? { flag(.kbdInteractiveAuthentication) }
    /// `IdentitiesOnly`.
    public var identitiesOnly: Setting<Bool>? { flag(.identitiesOnly) }
    /// `PreferredAuthentications`, as written: names with commas between.
    public var preferredAuthentications: Setting<ConfigText>? { text(.preferredAuthentications) }
    /// `PubkeyAuthentication`.
    public var pubkeyAuthentication: Setting<PubkeyAuthentication>? { choice(.pubkeyAuthentication) }
    /// `PasswordAuthentication`.
    public var passwordAuthentication: Setting<Bool>? { flag(.passwordAuthentication) }
    /// `NumberOfPasswordPrompts`.
    public var numberOfPasswordPrompts: Setting<Int>? { number(.numberOfPasswordPrompts) }
    /// `BatchMode`.
    public var batchMode: Setting<Bool>? { flag(.batchMode) }

    /// `RequestTTY`.
    public var requestTTY: Setting<RequestTTY>? { choice(.requestTTY) }
    /// `RemoteCommand`, expanded; `nil` for `none` too.
    public var remoteCommand: Setting<ConfigText>? { unlessNone(.remoteCommand) }
    /// `SessionType`.
    public var sessionType: Setting<SessionType>? { choice(.sessionType) }
    /// `StdinNull`.
    public var stdinNull: Setting<Bool>? { flag(.stdinNull) }
    /// `SendEnv`: names and patterns, without those that were taken back.
    public var sendEnv: [Setting<ConfigText>] { settings(.sendEnv) }
    /// `SetEnv`: assignments `NAME=value`, the first for each name.
    public var setEnv: Setting<[ConfigText]>? { texts(.setEnv) }
    /// `EscapeChar`.
    public var escapeCharacter: Setting<EscapeCharacter>? {
        first(.escapeChar) { if case .escapeCharacter(let value) = $0 { value } else { nil } }
    }
    /// `LogLevel`.
    public var logLevel: Setting<ConfigLogLevel>? { choice(.logLevel) }

    /// `ProxyCommand`, as written; `nil` for `none` too.
    public var proxyCommand: Setting<ConfigText>? { unlessNone(.proxyCommand) }
    /// `ProxyJump`: the hosts on the way, the nearest first; `nil` for `none` too.
    public var proxyJump: Setting<[JumpHost]>? {
        unlessNone(.proxyJump).flatMap { jump in JumpHost.list(jump.value).map { Setting($0, source: jump.source) } }
    }
    /// `LocalCommand`, as written; `nil` for `none` too.
    public var localCommand: Setting<ConfigText>? { unlessNone(.localCommand) }
    /// `ControlPath`, expanded; `nil` for `none` too.
    public var controlPath: Setting<ConfigText>? { unlessNone(.controlPath) }
    /// `ControlPersist` in seconds, 0 for ever; `nil` for `no` too.
    public var controlPersistSeconds: Setting<Int>? {
        first(.controlPersist) { if case .numbers(let numbers) = $0 { numbers.first } else { nil } }
    }
    /// `VersionAddendum`, expanded; `nil` for `none` too.
    public var versionAddendum: Setting<ConfigText>? { unlessNone(.versionAddendum) }
    /// `IPQoS` as DSCP bytes, for sessions at a terminal and for the rest; `nil` in it leaves one to the system.
    public var ipQoS: Setting<[UInt8?]>? {
        first(.ipQoS) { if case .numbers(let classes) = $0 { classes.map { UInt8(exactly: $0) } } else { nil } }
    }
    /// `ChannelTimeout`; empty for `none`.
    public var channelTimeouts: Setting<[ChannelTimeout]>? {
        texts(.channelTimeout).map { list in
            Setting(list.value.compactMap { ChannelTimeout($0.bytes) }, source: list.source)
        }
    }
    /// `CanonicalizePermittedCNAMEs`: lists of patterns `source:target`; empty for `none`.
    public var canonicalizePermittedCNAMEs: Setting<[ConfigText]>? { paths(.canonicalizePermittedCNAMEs) }

    /// The values of `LocalForward`, `RemoteForward` or `DynamicForward`, with paths expanded; none where
    /// `ClearAllForwardings` is on.
    public func forwards(_ keyword: ConfigKeyword) -> [Setting<ForwardRule>] {
        guard flag(.clearAllForwardings)?.value != true else { return [] }
        return entries(for: keyword).compactMap { entry in
            if case .forward(let rule) = entry.value { Setting(rule, source: entry.source) } else { nil }
        }
    }

    private func unlessNone(_ keyword: ConfigKeyword) -> Setting<ConfigText>? {
        text(keyword).flatMap { $0.value.isNone ? nil : $0 }
    }

    private func settings(_ keyword: ConfigKeyword) -> [Setting<ConfigText>] {
        entries(for: keyword).compactMap { entry in
            if case .text(let text) = entry.value { Setting(text, source: entry.source) } else { nil }
        }
    }

    private func rekeyLimit(_ index: Int) -> Setting<Int>? {
        for entry in entries(for: .rekeyLimit) {
            if case .numbers(let numbers) = entry.value, index < numbers.count {
                return Setting(numbers[index], source: entry.source)
            }
        }
        return nil
    }

    private func paths(_ keyword: ConfigKeyword) -> Setting<[ConfigText]>? {
        guard let setting = texts(keyword) else { return nil }
        return Setting(setting.value.filter { !$0.isNone }, source: setting.source)
    }
}

extension ConfigText {
    /// The text with its ASCII letters in lower case.
    var lowercased: ConfigText { ConfigText(ConfigLexer.lowercased(bytes)) }

    /// Whether the text is `none`, in any case.
    var isNone: Bool { ConfigLexer.lowercased(bytes) == Array("none".utf8) }
}
