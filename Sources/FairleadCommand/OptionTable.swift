import SSHConfig

/// The options of the command line: ssh's letters, and long names of ours.
enum OptionTable {
    static let options: [CommandOption] = letters + names

    private static let letters: [CommandOption] = [
        CommandOption("1", .refused("SSH protocol 1 is no longer supported"), help: "protocol 1, which is gone"),
        CommandOption("2", .nothing, help: "protocol 2, which is the only one"),
        CommandOption("4", .set(.addressFamily, "inet"), help: "use IPv4 addresses only"),
        CommandOption("6", .set(.addressFamily, "inet6"), help: "use IPv6 addresses only"),
        CommandOption("A", .set(.forwardAgent, "yes"), help: "forward the agent (not yet: goes on without)"),
        CommandOption("a", .set(.forwardAgent, "no"), help: "do not forward the agent"),
        CommandOption(
            "B", takes: "interface", .over(.bindInterface), help: "connect from this interface's address"),
        CommandOption("b", takes: "address", .over(.bindAddress), help: "connect from this address"),
        CommandOption("C", .set(.compression, "yes"), help: "compress"),
        CommandOption("c", takes: "ciphers", .over(.ciphers), help: "offer these ciphers; -Q cipher lists them"),
        CommandOption("D", takes: "port", forwards, help: "forward as a SOCKS server (not yet)"),
        CommandOption("E", takes: "file", of: .files, .text(\.logFile), help: "append what is told to this file"),
        CommandOption(
            "e", takes: "char", .over(.escapeChar), help: "escape character of a terminal session, or none"),
        CommandOption(
            "F", takes: "file", of: .files, .text(\.configurationFile),
            help: "read this configuration instead; none for none"),
        CommandOption(
            "f", .set(.forkAfterAuthentication, "yes"), .set(.stdinNull, "yes"),
            help: "go to the background once logged in"),
        CommandOption("G", .flag(\.showsConfiguration), help: "show the configuration for the host, and end"),
        CommandOption("g", .set(.gatewayPorts, "yes"), help: "let others use forwarded ports"),
        CommandOption("h", .flag(\.showsHelp), help: "show this help"),
        CommandOption(
            "I", takes: "module", of: .files, .refused("keys in PKCS#11 modules are used through an agent: ssh-add -s"),
            help: "log in with a PKCS#11 module's keys (not supported)"),
        CommandOption("i", takes: "file", of: .files, .keyword(.identityFile), help: "log in with this private key"),
        CommandOption(
            "J", takes: "hosts", of: .hosts, .over(.proxyJump), help: "go by way of these hosts (not yet)"),
        CommandOption(
            "K", .set(.gssapiAuthentication, "yes"), .set(.gssapiDelegateCredentials, "yes"),
            help: "log in by Kerberos (not supported: goes on without)"),
        CommandOption("k", .set(.gssapiDelegateCredentials, "no"), help: "give no Kerberos credentials away"),
        CommandOption("L", takes: "forward", forwards, help: "forward a local port (not yet)"),
        CommandOption("l", takes: "user", .keyword(.user), help: "log in as this user"),
        CommandOption(
            "M", .raise(.controlMaster, ["yes", "ask"]), help: "share the connection (not yet: goes on alone)"),
        CommandOption("m", takes: "macs", .over(.macs), help: "offer these MACs; -Q mac lists them"),
        CommandOption("N", .set(.sessionType, "none"), .set(.requestTTY, "no"), help: "start no remote command"),
        CommandOption("n", .set(.stdinNull, "yes"), help: "take no standard input"),
        CommandOption(
            "O", takes: "command", of: .words("check exit stop forward cancel proxy conninfo channels"),
            .refused("connection sharing is not supported yet: there is no master to command"),
            help: "command a shared connection's master (not yet)"),
        CommandOption("o", takes: "key=value", .option, help: "set an option as in ssh_config(5)"),
        CommandOption("P", takes: "tag", .keyword(.tag), help: "give the tag that Match tagged looks for"),
        CommandOption("p", takes: "port", .keyword(.port), help: "connect to this port"),
        CommandOption(
            "Q", takes: "query", of: .queries, .text(\.query),
            help: "list algorithms; -Q help lists the queries"),
        CommandOption("q", .set(.logLevel, "QUIET"), help: "say nothing, not even what ends us"),
        CommandOption("R", takes: "forward", forwards, help: "forward a remote port (not yet)"),
        CommandOption(
            "S", takes: "path", of: .files, .over(.controlPath), help: "socket of a shared connection (not yet)"),
        CommandOption("s", .set(.sessionType, "subsystem"), help: "the command is the name of a subsystem"),
        CommandOption("T", .set(.requestTTY, "no"), help: "ask for no terminal"),
        CommandOption(
            "t", .raise(.requestTTY, ["yes", "force"]), help: "ask for a terminal; -tt even without one here"),
        CommandOption("V", .flag(\.showsVersion), help: "show the version"),
        CommandOption(
            "v", .raise(.logLevel, ["DEBUG1", "DEBUG2", "DEBUG3"]),
            help: "tell what happens; -vv and -vvv tell the same"),
        CommandOption(
            "W", takes: "host:port", forwards, help: "forward standard input and output (not yet)"),
        CommandOption(
            "w", takes: "tunnels", .refused("network tunnels are not supported"),
            help: "forward a network device (not supported)"),
        CommandOption("X", .set(.forwardX11, "yes"), help: "forward X11 (not supported: goes on without)"),
        CommandOption("x", .set(.forwardX11, "no"), help: "do not forward X11"),
        CommandOption(
            "Y", .set(.forwardX11, "yes"), .set(.forwardX11Trusted, "yes"),
            help: "forward X11 freely (not supported: goes on without)"),
        CommandOption("y", .nothing, help: "read over; what is told goes to standard error"),
        CommandOption("Z", .flag(\.showsKeys), help: "list the keys that would be tried, and end"),
    ]

    private static let forwards = CommandOption.Meaning.refused("port forwarding is not supported yet")

    private static let names: [CommandOption] = [
        CommandOption(
            "argv", .flag(\.quotesCommand), help: "quote the command's words for a POSIX shell"),
        CommandOption("compat", .flag(\.isCompatible), help: "behave as when called by the name of ssh"),
        CommandOption(
            "completions", takes: "shell", of: .words("bash zsh fish"), .text(\.completedShell),
            help: "write completions for bash, zsh or fish"),
        CommandOption(
            "exit-codes", .flag(\.tellsStages), help: "exit with a code for each stage that failed, not 255"),
        CommandOption(
            "forget", takes: "host", of: .hosts, .text(\.forgottenHost),
            help: "take host, host:port or [host]:port off known_hosts"),
        CommandOption("help", .flag(\.showsHelp), help: "show this help"),
        CommandOption(
            "host-key", takes: "hash", .list(\.hostKeys), help: "accept no other host key than this fingerprint's"),
        CommandOption("json", .flag(\.writesJSON), help: "print the result, and how it came about, as JSON"),
        CommandOption("manual", .flag(\.showsManual), help: "write the manual page to standard output"),
        CommandOption(
            "no-memory", .flag(\.remembersNothing), help: "leave the file alone that keeps how logins went"),
        CommandOption(
            "profile", takes: "name", of: .words("default strict legacy interop"), .keyword(.algorithmProfile),
            help: "default, strict, legacy or interop algorithms"),
        CommandOption(
            "return-on-exit", .flag(\.returnsOnExit),
            help: "end with the command, whatever it left running"),
        CommandOption(
            "term", takes: "name", .text(\.terminalName), help: "call the terminal by this name"),
        CommandOption("timing", .flag(\.tellsTiming), help: "tell how long each phase took"),
        CommandOption("version", .flag(\.showsVersion), help: "show the version"),
        CommandOption(
            "why", takes: "keyword", .text(\.questionedKeyword),
            help: "tell which file and line set this option, and end"),
        CommandOption(
            "window", takes: "bytes", .text(\.window), help: "let a session's receive window grow to this: 16M"),
    ]

    /// The option of a letter or of a long name.
    static func option(_ name: String) -> CommandOption? { options.first { $0.name == name } }

    static var usage: String {
        var text = "usage: fairlead [options] [user@]host [command ...]\n\n"
        for option in options {
            let head = "  " + option.flag + (option.value.map { " " + $0 } ?? "")
            text += head + String(repeating: " ", count: max(1, 22 - head.count)) + option.help + "\n"
        }
        return text
    }
}
