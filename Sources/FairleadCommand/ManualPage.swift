import SSHConfig

/// The manual page, written from the table of options.
enum ManualPage {
    static var text: String {
        let options = OptionTable.options.map { option in
            ".TP\n\\fB\(escaped(option.flag))\\fR" + (option.value.map { " \\fI\(escaped($0))\\fR" } ?? "")
                + "\n\(sentence(option.help))\n"
        }
        return Self.characters.reduce(head + options.joined() + tail) { $0.replacing($1.0, with: $1.1) }
    }

    /// What roff would show as another character than it is, or as an accent (groff_char(7)).
    private static let characters = [("~", "\\(ti"), ("^", "\\(ha"), ("'", "\\(aq"), ("`", "\\(ga")]

    /// What `man` would take for a request or for another hyphen.
    private static func escaped(_ text: String) -> String {
        let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return text.hasPrefix(".") ? "\\&" + text : text
    }

    private static func sentence(_ text: String) -> String {
        escaped((text.first?.uppercased() ?? "") + text.dropFirst()) + "."
    }

    private static let head = #"""
        .TH FAIRLEAD 1 "" "\#(Main.version)" "User Commands"
        .SH NAME
        fairlead \- log in to another computer, or run a command there (SSH\-2)
        .SH SYNOPSIS
        \fBfairlead\fR [\fIoptions\fR] [\fIuser\fB@\fR]\fIhost\fR [\fIcommand\fR ...]
        .br
        \fBfairlead\fR [\fIoptions\fR] \fBssh://\fR[\fIuser\fB@\fR]\fIhost\fR[\fB:\fIport\fR] [\fIcommand\fR ...]
        .SH DESCRIPTION
        Logs in to a host and gives a shell there, or runs the command. The letters are those of
        .BR ssh (1),
        and
        .I ~/.ssh/config
        and
        .I /etc/ssh/ssh_config
        are read as in
        .BR ssh_config (5);
        whatever is called for by the name of
        .B ssh
        can be given this program instead. Options may stand before and after the host; \fB\-\-\fR ends them. The
        command's words are joined by single spaces and read by a shell there.
        .SH OPTIONS

        """#

    private static let tail = #"""
        .SH ESCAPES
        In a terminal session, at the beginning of a line, where the escape character is not changed by \fB\-e\fR:
        \#(EscapeKeys.Action.allCases.map { ".TP\n\\fB~\($0.key.name)\\fR\n\(sentence($0.key.help))" }.joined(separator: "\n"))
        .TP
        \fB~~\fR
        Send the escape character itself.
        .SH NOTES
        Whatever ends it, it leaves the terminal as it was. Only where all its processes are killed by
        .B SIGKILL
        at once, nobody is left to do that:
        .B stty sane
        (or
        .BR reset (1)),
        typed blindly, does.
        .SH EXIT STATUS
        The remote command's. Death by a signal is 128 and the signal's number, or 255 with \fB\-\-compat\fR or by the
        name of
        .BR ssh .
        Everything that is ours is 255; with \fB\-\-exit\-codes\fR it is
        \#(ExitCode.table.map { "\($0.code) for \($0.stage)" }.joined(separator: ", ")).
        .SH ENVIRONMENT
        .TP
        .B SSH_AUTH_SOCK
        The agent's socket.
        .TP
        .BR SSH_ASKPASS ", " SSH_ASKPASS_REQUIRE ", " DISPLAY
        The program that asks where there is no terminal, and when it is asked: \fBnever\fR, \fBprefer\fR or \fBforce\fR.
        .TP
        .BR TERM ", " LANG ", " LC_*
        Sent to the server.
        .TP
        .BR HOME ", " SHELL
        Where the user's files are; what runs \fBProxyCommand\fR and its like.
        .SH FILES
        .TP
        .IR ~/.ssh/config ", " /etc/ssh/ssh_config
        The configuration; of two values the first stands.
        .TP
        .IR ~/.ssh/known_hosts ", " /etc/ssh/ssh_known_hosts
        The keys of known hosts.
        .TP
        .I ~/.local/state/fairlead/logins
        How logins went, so that the next one takes fewer round trips; under \fBXDG_STATE_HOME\fR where that is set.
        .TP
        .IR ~/.ssh/id_ed25519 ", " id_ecdsa ", " id_rsa
        The keys that are tried where none is named.
        .SH SEE ALSO
        .BR ssh (1),
        .BR ssh_config (5),
        .BR ssh\-keygen (1),
        .BR ssh\-agent (1)

        """#
}
