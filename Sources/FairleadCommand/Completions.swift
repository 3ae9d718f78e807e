import SSHConfig

/// What shells complete, written from the table of options.
enum Completions {
    static func text(for shell: String) -> String? {
        switch shell {
        case "bash": bash
        case "zsh": zsh
        case "fish": fish
        default: nil
        }
    }

    /// Hosts that the user's files name, without patterns and hashes.
    private static let hosts = """
        { cat ~/.ssh/config 2>/dev/null | awk 'tolower($1) == "host" { for (i = 2; i <= NF; i++) print $i }'
          cut -d ' ' -f 1 ~/.ssh/known_hosts 2>/dev/null | tr ',' '\\n' | tr -d '[]' | sed 's/:[0-9]*$//'
        } | grep -E '^[A-Za-z0-9][A-Za-z0-9._:%-]*$' | sort -u
        """

    private static var keywords: String {
        ConfigKeyword.allCases.map(\.name).filter { !["Host", "Match", "Include"].contains($0) }
            .map { $0 + "=" }.joined(separator: " ")
    }

    private static var bash: String {
        let values = OptionTable.options.compactMap { option -> String? in
            guard option.value != nil else { return nil }
            let action =
                switch option.values {
                // Readline's own, which knows blanks and quotes.
                case .files: "COMPREPLY=(); compopt -o default"
                case .hosts: "COMPREPLY=($(compgen -W \"$(_fairlead_hosts)\" -- \"$word\"))"
                case .queries: "COMPREPLY=($(compgen -W \"$(fairlead -Q help)\" -- \"$word\"))"
                case .words(let words): "COMPREPLY=($(compgen -W \"\(words)\" -- \"$word\"))"
                case .none where option.name == "o":
                    "COMPREPLY=($(compgen -W \"\(keywords)\" -- \"$word\")); compopt -o nospace"
                case .none: "COMPREPLY=()"
                }
            return "        \(option.flag)) \(action); return ;;"
        }
        let flags = OptionTable.options.map(\.flag).joined(separator: " ")
        return """
            # Completions of fairlead for bash.
            _fairlead_hosts() {
            \(hosts)
            }
            _fairlead() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
                case $before in
            \(values.joined(separator: "\n"))
                esac
                case $word in
                    -*) COMPREPLY=($(compgen -W "\(flags)" -- "$word")) ;;
                    *@*) COMPREPLY=($(compgen -P "${word%@*}@" -W "$(_fairlead_hosts)" -- "${word#*@}")) ;;
                    *) COMPREPLY=($(compgen -W "$(_fairlead_hosts)" -- "$word")) ;;
                esac
            }
            complete -F _fairlead fairlead

            """
    }

    private static var zsh: String {
        let options = OptionTable.options.map { option in
            let help = option.help.replacing("'", with: "'\\''").replacing("[", with: "\\[").replacing("]", with: "\\]")
            guard let value = option.value else { return "    '*\(option.flag)[\(help)]' \\" }
            let action =
                switch option.values {
                case .files: "_files"
                case .hosts: "_fairlead_hosts"
                case .queries: "(${(f)\"$(fairlead -Q help)\"})"
                case .words(let words): "(\(words))"
                case .none where option.name == "o": "(\(keywords))"
                case .none: " "
                }
            return
                "    '*\(option.flag)\(option.name.utf8.count == 1 ? "+" : "=")[\(help)]:\(value.replacing(":", with: "\\:")):\(action)' \\"
        }
        return """
            #compdef fairlead
            # Completions of fairlead for zsh.
            _fairlead_hosts() {
                local -a names
                names=(${(f)"$(\(hosts))"})
                compadd -a names
            }
            _arguments -s \\
            \(options.joined(separator: "\n"))
                '1:host:_fairlead_hosts' \\
                '*:command: '

            """
    }

    private static var fish: String {
        let options = OptionTable.options.map { option in
            let help = option.help.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
            let name = option.name.utf8.count == 1 ? "-s \(option.name)" : "-l \(option.name)"
            let action =
                switch option.values {
                case _ where option.value == nil: ""
                case .files: " -r -F"
                case .hosts: " -x -a '(__fairlead_hosts)'"
                case .queries: " -x -a '(fairlead -Q help)'"
                case .words(let words): " -x -a '\(words)'"
                case .none where option.name == "o": " -x -a '\(keywords)'"
                case .none: " -x"
                }
            return "complete -c fairlead \(name)\(action) -d '\(help)'"
        }
        return """
            # Completions of fairlead for fish.
            function __fairlead_hosts
                sh -c '\(hosts.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'
            end
            complete -c fairlead -f -a '(__fairlead_hosts)'
            \(options.joined(separator: "\n"))

            """
    }
}
