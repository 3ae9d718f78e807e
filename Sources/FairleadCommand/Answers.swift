import Fairlead
import SSHConfig

/// What the tool tells about itself, without a host.
enum Answers {
    /// Nil where nothing of the kind was asked.
    static func text(for invocation: Invocation) throws(UsageError) -> String? {
        if invocation.showsHelp { return OptionTable.usage }
        if invocation.showsManual { return ManualPage.text }
        if let shell = invocation.completedShell {
            guard let text = Completions.text(for: shell) else {
                throw UsageError(message: "completions are there for bash, zsh and fish")
            }
            return text
        }
        guard let query = invocation.query else { return nil }
        guard let names = SSHConfiguration.algorithmNames(query) else {
            throw UsageError(
                message: "unsupported query \"\(ConfigText(query))\"; -Q help lists those that there are")
        }
        return names.map { $0 + "\n" }.joined()
    }
}
