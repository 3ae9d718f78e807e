import Foundation
import TestSupport
import Testing

@testable import FairleadCommand

/// What the tool tells about itself: manual page, completions, installation.
@Suite struct AnswersTests {
    private func text(_ arguments: String...) throws -> String {
        try #require(try Answers.text(for: Invocation(arguments)))
    }

    @Test("the manual page names every option with its help, and every stage's exit status")
    func manual() throws {
        let page = try text("--manual")
        func escaped(_ text: String) -> String {
            text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
        }
        for option in OptionTable.options {
            let value = option.value.map { " \\fI\(escaped($0))\\fR" } ?? ""
            #expect(page.contains(".TP\n\\fB\(escaped(option.flag))\\fR\(value)\n"), "\(option.flag)")
            #expect(page.contains(escaped(String(option.help.dropFirst())) + ".\n"), "\(option.flag)")
        }
        for row in ExitCode.table { #expect(page.contains("\(row.code) for \(row.stage)")) }
        for action in EscapeKeys.Action.allCases {
            #expect(page.contains("\\(ti" + action.key.name.replacing("^", with: "\\(ha")), "\(action)")
        }
        // Requests begin lines; nothing else may look like one.
        let requests = Set([".TH", ".SH", ".TP", ".B", ".BR", ".I", ".IR", ".br"])
        for line in page.split(separator: "\n") where line.hasPrefix(".") || line.hasPrefix("'") {
            #expect(requests.contains(String(line.prefix { $0 != " " })), "\(line)")
        }
    }

    @Test("the completions of each shell name every option", arguments: ["bash", "zsh", "fish"])
    func completions(shell: String) throws {
        let script = try text("--completions", shell)
        for option in OptionTable.options {
            let name = option.name.utf8.count == 1 ? "-s \(option.name)" : "-l \(option.name)"
            let isNamed =
                switch shell {
                case "bash":
                    script.contains(" \(option.flag) ") || script.contains("\"\(option.flag) ")
                        || script.contains(" \(option.flag)\"")
                case "zsh": script.contains("'*\(option.flag)")
                default: script.contains("complete -c fairlead \(name) ")
                }
            #expect(isNamed, "\(option.flag)")
        }
        #expect(throws: UsageError.self) { try Answers.text(for: Invocation(["--completions", "csh"])) }
    }

    @Test("bash completes options, their values, hosts of the user's files, and configuration keywords")
    func bash() async throws {
        let home = try TemporaryDirectory()
        _ = try home.makeFolder(".ssh")
        try home.write("Host web *.example !no\nHost db\n", to: ".ssh/config")
        // What would run where a shell expands it is no name.
        let trap = home.file("ran")
        try home.write(
            "[gate]:2222,10.0.0.1 ssh-ed25519 AAAA\n|1|x|y ssh-ed25519 AAAA\n$(touch>\(trap)) ssh-ed25519 AAAA\n",
            to: ".ssh/known_hosts")
        let script = try home.write(try text("--completions", "bash"), to: "completions")
        let folder = (try FairleadTool.path as NSString).deletingLastPathComponent
        func complete(_ words: String...) async throws -> [String] {
            let list = words.map { "'\($0)'" }.joined(separator: " ")
            let body =
                "compopt() { :; }; . \(script); COMP_WORDS=(fairlead \(list)); COMP_CWORD=\(words.count); "
                + "_fairlead; printf '%s\\n' \"${COMPREPLY[@]}\""
            let result = try await RunningProcess.run("bash", ["-c", body]) {
                $0.environment = plainEnvironment(home: home.path)
                $0.environment["PATH", default: "/usr/bin"] += ":" + folder
            }
            #expect(result.errorText == "")
            return result.outputText.split(separator: "\n").map(String.init)
        }
        #expect(try await complete("--ex") == ["--exit-codes"])
        #expect(try await complete("") == ["10.0.0.1", "db", "gate", "web"])
        #expect(try await complete("me@w") == ["me@web"])
        #expect(access(trap, F_OK) != 0)
        #expect(try await complete("--profile", "l") == ["legacy"])
        #expect(try await complete("-Q", "cipher-") == ["cipher-auth"])
        #expect(try await complete("-o", "StrictHostKeyC") == ["StrictHostKeyChecking="])
    }

    @Test("a real bash completes names of files with blanks and quotes in them, and goes on behind them")
    func bashFiles() async throws {
        let home = try TemporaryDirectory()
        for folder in ["files", ".ssh"] { _ = try home.makeFolder(folder) }
        for name in ["key of mine", "it's", "(odd) $name"] { try home.write("", to: "files/" + name) }
        try home.write("Host gate\n", to: ".ssh/config")
        let script = try home.write(try text("--completions", "bash"), to: "completions")
        let terminal = try PseudoTerminal(
            "bash", ["--norc", "--noprofile", "-i"],
            environment: plainEnvironment(home: home.path, ["TERM": "dumb", "PS1": "ready ", "INPUTRC": "/dev/null"]),
            directory: home.file("files"))
        try await terminal.read(until: "ready ")
        try terminal.write(". \(script); fairlead() { printf '<%s>' \"$@\"; echo .; }\n")
        for (typed, shown) in [
            ("-i ke\t -v ga\t", "<-i><key of mine><-v><gate>."), ("-F it\t", "<-F><it's>."),
            ("-E '(o\t", "<-E><(odd) $name>."), ("-i \"key\t", "<-i><key of mine>."),
            ("--exi\tx", "<--exit-codes><x>."),
        ] {
            try await terminal.read(until: "ready ")
            try terminal.write("fairlead \(typed)\n")
            try await terminal.read(until: shown)
        }
        try terminal.write("exit\n")
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("roff shows the manual page's flags, paths and escapes in the characters that one types")
    func manualAsShown() async throws {
        let page = Array(try text("--manual").utf8)
        let result = try await RunningProcess.run("groff", ["-man", "-Tutf8", "-ww", "-P-cbu", "-rLL=200n", "-rHY=0"]) {
            $0.input = .bytes(page)
        }
        #expect(result.exit == .status(0) && result.errorText == "")
        let shown = result.outputText
        let lines = Set(shown.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
        for option in OptionTable.options {
            let head = option.flag + (option.value.map { " " + $0 } ?? "")
            #expect(lines.contains { $0 == head || $0.hasPrefix(head + " ") }, "\(head)")
        }
        for action in EscapeKeys.Action.allCases {
            #expect(lines.contains { $0.hasPrefix("~" + action.key.name + " ") }, "\(action)")
        }
        for words in ["~/.ssh/config", "ssh-keygen(1)", "The agent's socket", "--exit-codes", "~~ "] {
            #expect(shown.contains(words), "\(words)")
        }
        for character in "\u{2010}\u{2212}\u{2D}\u{2018}\u{2019}\u{2C6}\u{2DC}" where character != "-" {
            #expect(!shown.contains(character))
        }
    }

    @Test("Scripts/install puts binary, manual page and completions under a prefix")
    func install() async throws {
        let root = try TemporaryDirectory()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Scripts/install").path
        let tool = try FairleadTool.path
        let result = try await RunningProcess.run(script, ["/opt/x"]) {
            $0.environment["DESTDIR"] = root.path
            $0.environment["FAIRLEAD_TOOL"] = tool
        }
        #expect(result.exit == .status(0), "\(result.errorText)")
        let prefix = root.path + "/opt/x/"
        #expect(access(prefix + "bin/fairlead", X_OK) == 0)
        for (path, start) in [
            ("share/man/man1/fairlead.1", ".TH FAIRLEAD 1"),
            ("share/bash-completion/completions/fairlead", "# Completions of fairlead for bash"),
            ("share/zsh/site-functions/_fairlead", "#compdef fairlead"),
            ("share/fish/vendor_completions.d/fairlead.fish", "# Completions of fairlead for fish"),
        ] {
            #expect(try String(contentsOfFile: prefix + path, encoding: .utf8).hasPrefix(start), "\(path)")
        }
    }
}
