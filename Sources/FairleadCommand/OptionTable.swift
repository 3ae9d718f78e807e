import SSHConfig

/// One option of the command line: the parser and the help read the same table.
struct CommandOption: Sendable {
    enum Meaning: Hashable, Sendable {
        /// Takes the value of a configuration keyword.
        case keyword(ConfigKeyword)
        /// Gives a configuration keyword this value.
        case setting(ConfigKeyword, String)
        /// `-o KEY=VALUE`.
        case option
        case configurationFile
        /// Twice means: even without a local terminal.
        case requestTerminal
        case refuseTerminal
        case noInput
        case subsystem
        case verbose
        case quiet
        case version
        case help
        case query
        case forget
        case hostKey
        /// One of ssh's that we do not have yet.
        case notYet
    }

    /// One letter, or the name of a long option.
    let name: String
    /// The value's name in the help, if the option takes one.
    let value: String?
    let meaning: Meaning
    let help: String

    init(_ name: String, takes value: String? = nil, _ meaning: Meaning, _ help: String = "") {
        self.name = name
        self.value = value
        self.meaning = meaning
        self.help = help
    }

    /// As it is written.
    var flag: String { (name.utf8.count == 1 ? "-" : "--") + name }
}

/// The options of the command line.
enum OptionTable {
    static let options: [CommandOption] = [
        CommandOption("4", .setting(.addressFamily, "inet"), "use IPv4 addresses only"),
        CommandOption("6", .setting(.addressFamily, "inet6"), "use IPv6 addresses only"),
        CommandOption("B", takes: "interface", .keyword(.bindInterface), "connect from this interface's address"),
        CommandOption("b", takes: "address", .keyword(.bindAddress), "connect from this address"),
        CommandOption("C", .setting(.compression, "yes"), "compress"),
        CommandOption("c", takes: "ciphers", .keyword(.ciphers), "offer these ciphers; -Q cipher lists them"),
        CommandOption("e", takes: "char", .keyword(.escapeChar), "escape character of a terminal session, or none"),
        CommandOption("F", takes: "file", .configurationFile, "read this configuration instead; none for none"),
        CommandOption(
            "forget", takes: "host", .forget, "take host, host:port or [host]:port off known_hosts"),
        CommandOption("h", .help, "show this help"),
        CommandOption("help", .help, "show this help"),
        CommandOption("host-key", takes: "hash", .hostKey, "accept no other host key than this fingerprint's"),
        CommandOption("i", takes: "file", .keyword(.identityFile), "log in with this private key"),
        CommandOption("l", takes: "user", .keyword(.user), "log in as this user"),
        CommandOption("m", takes: "macs", .keyword(.macs), "offer these MACs; -Q mac lists them"),
        CommandOption("n", .noInput, "take no standard input"),
        CommandOption("o", takes: "key=value", .option, "set an option as in ssh_config(5)"),
        CommandOption("p", takes: "port", .keyword(.port), "connect to this port"),
        CommandOption(
            "profile", takes: "name", .keyword(.algorithmProfile), "default, strict, legacy or interop algorithms"),
        CommandOption("Q", takes: "query", .query, "list the algorithms that there are; -Q help lists the queries"),
        CommandOption("q", .quiet, "say nothing but errors"),
        CommandOption("s", .subsystem, "the command is the name of a subsystem"),
        CommandOption("T", .refuseTerminal, "ask for no terminal"),
        CommandOption("t", .requestTerminal, "ask for a terminal; -tt even without one here"),
        CommandOption("V", .version, "show the version"),
        CommandOption("v", .verbose, "tell what happens; more with -vv and -vvv"),
    ]

    /// Options of ssh that are known and not there yet, and whether they take a value.
    static let notYet: [Character: Bool] = {
        let plain = "AafGgKkMNXxYyZ".map { ($0, false) }
        let withValue = "DEIJLOPRSWw".map { ($0, true) }
        return Dictionary(plain + withValue) { first, _ in first }
    }()

    /// The option of a letter or of a long name.
    static func option(_ name: String) -> CommandOption? {
        if let option = options.first(where: { $0.name == name }) { return option }
        guard name.count == 1, let letter = name.first, let takesValue = notYet[letter] else { return nil }
        return CommandOption(name, takes: takesValue ? "value" : nil, .notYet)
    }

    static var usage: String {
        var text = "usage: fairlead [options] [user@]host [command ...]\n\n"
        for option in options {
            let head = "  " + option.flag + (option.value.map { " " + $0 } ?? "")
            text += head + String(repeating: " ", count: max(1, 18 - head.count)) + option.help + "\n"
        }
        return text
    }
}
