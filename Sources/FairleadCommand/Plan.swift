import Fairlead
import SSHConfig

/// Flags and configuration, as one value: everything that is about to be done.
struct Plan: Sendable {
    var connection: SSHConfiguration
    var program: SessionProgram
    var wantsTerminal: Bool
    /// Whether there is no session without it.
    var requiresTerminal = false
    var takesInput: Bool
    var escapeCharacter: UInt8?
    var environment: [[UInt8]: [UInt8]]
    var verbosity: Verbosity
    var hostKeyScreen: HostKeyScreen
    /// The host as it was asked for, for messages.
    var hostName: String
    var standsInForSSH: Bool
    /// What `--term` or `SetEnv TERM=` calls the terminal; nil for its own name.
    var terminalName: String?
    /// Between the moments at which keys leave; nil where they leave as they are typed.
    var keystrokeInterval: Duration?
    /// What runs here once we are logged in (`LocalCommand`).
    var localCommand: String?
    /// Whether we go to the background once we are logged in (`-f`).
    var goesToBackground = false
    /// Whether there is a session at all; with `-N` there is none.
    var hasSession = true
    /// Whether `~C` opens a command line.
    var hasCommandLine = false
    /// Whether what is typed may hold escapes.
    var hasEscapes: Bool { wantsTerminal && takesInput && hasSession && escapeCharacter != nil }
    var output = OutputStyle()
    /// Whether the keys that would be tried are listed, and no more (`-Z`).
    var listsKeys = false
}

/// How the result is told.
struct OutputStyle: Hashable, Sendable {
    /// One JSON object on standard output.
    var isJSON = false
    /// A line for each phase on standard error.
    var tellsTiming = false
    /// An exit status for each stage that failed.
    var tellsStages = false
    /// The end of the command is ours, whatever still holds its streams.
    var returnsOnExit = false
}

/// Makes the plan.
struct Planner {
    let invocation: Invocation
    let user: PlatformTerminal.LocalUser
    let options: ResolvedOptions
    let verbosity: Verbosity

    /// Reads the configuration that holds for the host.
    init(_ invocation: Invocation) throws {
        self.invocation = invocation
        user = try PlatformTerminal.localUser
        let local = LocalIdentity(
            user: ConfigText(user.name), userID: user.userID, home: ConfigText(user.home),
            hostName: ConfigText(PlatformTerminal.localHostName))
        options = try ConfigReader.resolver(for: local, chosen: invocation.configurationFile).resolve(
            host: ConfigText(invocation.host), command: invocation.command,
            commandLineOptions: invocation.options.filter { [user] in Self.isUsable($0, home: user.home) },
            files: ConfigReader.files(invocation.configurationFile, home: user.home))
        verbosity = Verbosity(options.logLevel?.value)
    }

    /// A file of `-i` that is not there is as if it had not been named, as in ssh.
    private static func isUsable(_ option: CommandLineOption, home: String) -> Bool {
        guard case .value(.identityFile, let path) = option else { return true }
        let isInHome = path.bytes.starts(with: "~/".utf8)
        if PlatformTerminal.isThere(isInHome ? Array(home.utf8) + path.bytes.dropFirst() : path.bytes) { return true }
        Console.say("Warning: Identity file \(path) not accessible: \(PlatformTerminal.errorText).")
        return false
    }

    func plan() throws -> Plan {
        try refuseWhatIsMissing()
        let program = try program()
        if invocation.writesJSON { try checkForJSON(program) }
        let environment = environment
        var plan = Plan(
            connection: try configuration(), program: program, wantsTerminal: wantsTerminal(program),
            takesInput: takesInput, escapeCharacter: escapeCharacter, environment: environment, verbosity: verbosity,
            hostKeyScreen: try hostKeyScreen(), hostName: invocation.host,
            standsInForSSH: Main.standsInForSSH || invocation.isCompatible)
        // For sessions at a terminal, and for the rest; by default only the former are expedited, as in ssh 10.
        let classes = options.ipQoS?.value ?? [0xB8, nil]
        plan.connection.trafficClass = plan.wantsTerminal ? classes.first ?? nil : classes.last ?? nil
        plan.requiresTerminal = [.yes, .force].contains(options.requestTTY?.value)
        plan.terminalName =
            try invocation.terminalName ?? environment[Array("TERM".utf8)].map { try text(ConfigText($0)) }
        plan.output = OutputStyle(
            isJSON: invocation.writesJSON, tellsTiming: invocation.tellsTiming, tellsStages: invocation.tellsStages,
            returnsOnExit: invocation.returnsOnExit)
        plan.listsKeys = invocation.showsKeys
        plan.hasSession = options.sessionType?.value != SessionType.none
        plan.goesToBackground = options.flag(.forkAfterAuthentication)?.value == true
        guard !plan.goesToBackground || plan.program != .shell || !plan.hasSession else {
            throw UsageError(message: "Cannot fork into background without a command to execute.")
        }
        if options.flag(.permitLocalCommand)?.value == true {
            plan.localCommand = try options.localCommand.map {
                try expanded($0.value, .localCommand, "\($0.source): LocalCommand")
            }
        }
        let interval = options.number(.obscureKeystrokeTiming)?.value ?? 20
        plan.keystrokeInterval = interval > 0 ? .milliseconds(interval) : nil
        plan.hasCommandLine = options.flag(.enableEscapeCommandline)?.value == true
        return plan
    }

    /// A route that we cannot take must not quietly become a direct connection; what only adds to one is said, and gone
    /// without, and where a file merely allows it, it is not worth a word (interop ruling 40).
    private func refuseWhatIsMissing() throws {
        if let refusal = invocation.refusal { throw refusal }
        if let setting = options.text(.refuseConnection) {
            throw UsageError(message: "\(setting.source): connection refused: \(setting.value)")
        }
        if let source = options.proxyCommand?.source ?? options.proxyJump?.source {
            throw UsageError(message: "\(source): proxies and jump hosts are not supported yet")
        }
        for keyword in [ConfigKeyword.localForward, .remoteForward, .dynamicForward] {
            guard let source = options.forwards(keyword).first?.source else { continue }
            let sentence = "\(source): port forwarding (\(keyword.name)) is not supported yet"
            if options.flag(.exitOnForwardFailure)?.value == true { throw UsageError(message: sentence) }
            verbosity.say(.warning, sentence)
        }
        for (keyword, what) in [
            (ConfigKeyword.forwardAgent, "agent forwarding is not supported yet"),
            (.forwardX11, "X11 is not supported"),
            (.gssapiAuthentication, "Kerberos is not supported"),
        ] where options.sources(of: keyword.name)?.first?.isCommandLine == true {
            if let setting = options.flag(keyword), !setting.value { continue }
            verbosity.say(.warning, "\(what); going on without")
        }
    }

    private func program() throws -> SessionProgram {
        let command = (invocation.command ?? options.remoteCommand?.value)?.bytes
        if options.sessionType?.value == .subsystem {
            guard let command else { throw UsageError(message: "a subsystem needs a name") }
            return .subsystem(command)
        }
        if invocation.command != nil, options.remoteCommand != nil {
            throw UsageError(message: "Cannot execute command-line and remote command.")
        }
        return command.map(SessionProgram.command) ?? .shell
    }

    /// One object tells what a command came to, and keeps its streams apart.
    private func checkForJSON(_ program: SessionProgram) throws(UsageError) {
        let isBackground = options.flag(.forkAfterAuthentication)?.value == true
        for (isAsked, reason) in [
            (options.sessionType?.value == SessionType.none, "-N (SessionType none) runs none"),
            (isBackground, "-f (ForkAfterAuthentication) does not wait for its end"),
            (invocation.showsKeys, "-Z runs none"),
            (
                options.requestTTY.map { $0.value != .no && $0.value != .auto } ?? false,
                "a terminal (RequestTTY) mixes its streams; -T asks for none"
            ),
            (program == .shell, "there is none to run"),
        ] where isAsked {
            throw UsageError(message: "--json tells the result of a command, and \(reason)")
        }
    }

    private var takesInput: Bool { options.stdinNull?.value != true }

    private func wantsTerminal(_ program: SessionProgram) -> Bool {
        let hasTerminal = takesInput && PlatformTerminal.isTerminal(0)
        switch options.requestTTY?.value ?? .auto {
        case .no: return false
        case .force: return true
        case .yes:
            if !hasTerminal, verbosity.shows(.note) {
                Console.say("Pseudo-terminal will not be allocated because stdin is not a terminal.")
            }
            return hasTerminal
        case .auto: return hasTerminal && program == .shell
        }
    }

    private var escapeCharacter: UInt8? {
        switch options.escapeCharacter?.value {
        case .byte(let byte): byte
        case nil: UInt8(ascii: "~")
        case EscapeCharacter.none?: nil
        }
    }

    /// What `SendEnv` and `SetEnv` say; the locale travels where the system's configuration has it so, as Debian's.
    private var environment: [[UInt8]: [UInt8]] {
        var sent: [[UInt8]: [UInt8]] = [:]
        let patterns = options.sendEnv.map(\.value)
        let inherited = PlatformTerminal.environment.filter { variable in
            let name = Array(variable.bytes.prefix { $0 != UInt8(ascii: "=") })
            return patterns.contains { NamePattern.matches($0.bytes, name) }
        }
        for assignment in inherited + (options.setEnv?.value ?? []) {
            let name = assignment.bytes.prefix { $0 != UInt8(ascii: "=") }
            guard name.endIndex < assignment.bytes.endIndex else { continue }
            sent[Array(name)] = Array(assignment.bytes[name.endIndex...].dropFirst())
        }
        return sent
    }

    func configuration() throws -> SSHConfiguration {
        let prompts = Prompts(
            isBatch: options.batchMode?.value == true, screen: try hostKeyScreen(), verbosity: verbosity)
        var configuration = SSHConfiguration(
            host: try text(options.host), port: options.port?.value ?? 22,
            user: try options.user.map { try text($0.value) } ?? user.name, hostVerification: try hostVerification(),
            credentials: try credentials())
        try setMethods(&configuration)
        configuration.hostKeyAlias = try options.hostKeyAlias.map { try text($0.value) }
        // Zero is none, as in ssh.
        configuration.connectTimeout = options.connectTimeoutSeconds.flatMap {
            $0.value > 0 ? .seconds($0.value) : nil
        }
        configuration.addressFamily =
            switch options.addressFamily?.value ?? .any {
            case .any: .any
            case .inet: .ipv4
            case .inet6: .ipv6
            }
        configuration.connectionAttempts = options.connectionAttempts?.value ?? 1
        configuration.bindAddress = try options.bindAddress.map { try text($0.value) }
        configuration.bindInterface = try options.bindInterface.map { try text($0.value) }
        configuration.usesTCPKeepAlive = options.tcpKeepAlive?.value ?? true
        configuration.versionAddendum = try options.versionAddendum.map { try text($0.value) }
        configuration.warnsOfWeakCrypto = options.word(.warnWeakCrypto)?.value == "yes"
        configuration.responder = prompts
        watchHostKey(&configuration, prompts.screen)
        configuration.log(to: verbosity.say)
        if verbosity.showsBanners { configuration.onBanner = { Console.say("  " + $0) } }
        setTransport(&configuration)
        try setWindow(&configuration)
        try selectAlgorithms(&configuration)
        return configuration
    }

    /// A command with its tokens and variables filled in.
    func expanded(_ value: ConfigText, _ tokens: TokenExpansion.Tokens, _ place: String) throws -> String {
        do {
            return try text(
                TokenExpansion.expand(value, tokens: tokens, context: options.tokens) {
                    PlatformTerminal.environment($0)
                })
        } catch let fault as TokenExpansion.Fault {
            throw UsageError(message: "\(place): \(fault)")
        }
    }

    func text(_ value: ConfigText) throws -> String {
        guard let text = value.string else { throw UsageError(message: "\(value) is not UTF-8") }
        return text
    }
}
