/// One option of the command line: the parser and the help read the same table.
struct CommandOption: Sendable {
    enum Meaning: Hashable, Sendable {
        /// Takes a value and stands for a configuration keyword.
        case keyword(String)
        /// `-o KEY=VALUE`.
        case option
        case configurationFile
        case identityFile
        /// Twice means: even without a local terminal.
        case requestTerminal
        case refuseTerminal
        case noInput
        case subsystem
        case verbose
        case quiet
        case version
        case help
        case addressFamily(String)
        case escapeCharacter
        /// One of ssh's that we do not have yet.
        case notYet
    }

    let letter: Character
    /// The value's name in the help, if the option takes one.
    let value: String?
    let meaning: Meaning
    let help: String
}

/// The options of the command line.
enum OptionTable {
    static let options: [CommandOption] = [
        CommandOption(letter: "4", value: nil, meaning: .addressFamily("inet"), help: "use IPv4 addresses only"),
        CommandOption(letter: "6", value: nil, meaning: .addressFamily("inet6"), help: "use IPv6 addresses only"),
        CommandOption(
            letter: "e", value: "char", meaning: .escapeCharacter,
            help: "escape character of a terminal session, or none"),
        CommandOption(
            letter: "F", value: "file", meaning: .configurationFile,
            help: "read this configuration instead; none for none"),
        CommandOption(letter: "h", value: nil, meaning: .help, help: "show this help"),
        CommandOption(letter: "i", value: "file", meaning: .identityFile, help: "log in with this private key"),
        CommandOption(letter: "l", value: "user", meaning: .keyword("User"), help: "log in as this user"),
        CommandOption(letter: "n", value: nil, meaning: .noInput, help: "take no standard input"),
        CommandOption(letter: "o", value: "key=value", meaning: .option, help: "set an option as in ssh_config(5)"),
        CommandOption(letter: "p", value: "port", meaning: .keyword("Port"), help: "connect to this port"),
        CommandOption(letter: "q", value: nil, meaning: .quiet, help: "say nothing but errors"),
        CommandOption(letter: "s", value: nil, meaning: .subsystem, help: "the command is the name of a subsystem"),
        CommandOption(letter: "T", value: nil, meaning: .refuseTerminal, help: "ask for no terminal"),
        CommandOption(
            letter: "t", value: nil, meaning: .requestTerminal, help: "ask for a terminal; -tt even without one here"),
        CommandOption(letter: "V", value: nil, meaning: .version, help: "show the version"),
        CommandOption(letter: "v", value: nil, meaning: .verbose, help: "tell what happens; more with -vv and -vvv"),
    ]

    /// Options of ssh that are known and not there yet, and whether they take a value.
    static let notYet: [Character: Bool] = [
        "A": false, "a": false, "B": true, "b": true, "C": false, "c": true, "D": true, "E": true, "f": false,
        "G": false,
        "g": false, "I": true, "J": true, "K": false, "k": false, "L": true, "M": false, "m": true, "N": false,
        "O": true,
        "P": true, "Q": true, "R": true, "S": true, "W": true, "w": true, "X": false, "x": false, "Y": false,
        "y": false,
        "Z": false,
    ]

    static func option(_ letter: Character) -> CommandOption? {
        if let option = options.first(where: { $0.letter == letter }) { return option }
        guard let takesValue = notYet[letter] else { return nil }
        return CommandOption(letter: letter, value: takesValue ? "value" : nil, meaning: .notYet, help: "")
    }

    static var usage: String {
        var text = "usage: fairlead [options] [user@]host [command ...]\n\n"
        for option in options {
            let head = "  -\(option.letter)" + (option.value.map { " " + $0 } ?? "")
            text += head + String(repeating: " ", count: max(1, 18 - head.count)) + option.help + "\n"
        }
        return text
    }
}
