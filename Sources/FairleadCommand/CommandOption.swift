import SSHConfig

/// One option of the command line: parser, help, manual page and completions read the same table.
struct CommandOption: Sendable {
    enum Meaning: Sendable {
        /// Gives a configuration keyword a value, unless an option before it did.
        case keyword(ConfigKeyword)
        /// Gives a configuration keyword a value, whatever an `-o` says.
        case over(ConfigKeyword)
        /// The same with a fixed value.
        case set(ConfigKeyword, String)
        /// `-o KEY=VALUE`.
        case option
        /// A field of the invocation with the value, or without one.
        case text(any WritableKeyPath<Invocation, String?> & Sendable)
        case list(any WritableKeyPath<Invocation, [String]> & Sendable)
        case flag(any WritableKeyPath<Invocation, Bool> & Sendable)
        /// The keyword's first value of these, and the next one each time that the option is given again.
        case raise(ConfigKeyword, [String])
        /// Read over, as ssh does or for what we do not have.
        case nothing
        /// One sentence, and no connection.
        case refused(String)
    }

    /// What a shell can complete a value from.
    enum Values: Sendable { case none, files, hosts, queries, words(String) }

    /// One letter, or the name of a long option.
    let name: String
    /// The value's name in the help, if the option takes one.
    let value: String?
    let values: Values
    let meaning: [Meaning]
    let help: String

    init(
        _ name: String, takes value: String? = nil, of values: Values = .none, _ meaning: Meaning..., help: String
    ) {
        self.name = name
        self.value = value
        self.values = values
        self.meaning = meaning
        self.help = help
    }

    /// As it is written.
    var flag: String { (name.utf8.count == 1 ? "-" : "--") + name }
}
