import Foundation
import TestSupport
import Testing

/// Words are bytes: what is not UTF-8 travels as it is, or is refused in a sentence, and never means something else.
@Suite(.fewAtOnce) struct ByteWordsTests {
    private static let strange: [UInt8] = [0x61, 0xFF, 0xE4, 0x62]

    /// Runs the tool with words that a shell makes of these texts, where `$x` is the strange bytes.
    private func run(
        _ options: String, _ command: String, on server: OpenSSHServer, after assignment: String = ":"
    ) async throws -> RunningProcess.Result {
        let script = #"""
            x=$(printf 'a\377\344b'); \#(assignment); tool=$1; shift; exec "$tool" \#(options) "$@" \#(command)
            """#
        let words = [try FairleadTool.path] + server.clientArguments() + [server.destination]
        return try await RunningProcess.run("sh", ["-c", script, "sh"] + words) {
            $0.environment = plainEnvironment(home: server.files.home)
        }
    }

    @Test(
        "the words of a command, RemoteCommand, a command in the background and words in quotes arrive byte for byte",
        arguments: [
            ("", #""printf '%s' '$x'""#), (#"-o "RemoteCommand=printf '%%s' '$x'""#, ""),
            ("--argv", #"printf %s "$x""#), ("-f", #""printf '%s' '$x'""#),
        ])
    func command(options: String, command: String) async throws {
        let result = try await run(options, command, on: try await ServerProgram.sharedOpenSSH.value)
        #expect(result.output == Self.strange, "\(result.errorText)")
        #expect(result.exit == .status(0))
    }

    @Test("a subsystem's name arrives byte for byte")
    func subsystem() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let result = try await run("-s", #""$x""#, on: server)
        #expect(result.exit == .status(255) && result.errorText.contains("subsystem"))
        // The server's log shows in octal what it may not show as it is.
        try await server.waitForLog(#"subsystem request for a\377\344b"#)
    }

    @Test("values of SendEnv and SetEnv arrive byte for byte", arguments: ["SendEnv=WORD", "SetEnv=WORD=$x"])
    func environment(option: String) async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["AcceptEnv *"] }
        let result = try await run("-o \(option)", #"'printf %s "$WORD"'"#, on: server, after: "export WORD=$x")
        #expect(result.output == Self.strange && result.exit == .status(0), "\(result.errorText)")
    }

    @Test("-G shows the bytes of a value as ssh -G does")
    func dump() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let ours = try await run(#"-G -o "RemoteCommand=echo $x""#, "", on: server)
        let script = #"ssh -G -F none -o "RemoteCommand=echo $(printf 'a\377\344b')" host"#
        let theirs = try await RunningProcess.run("sh", ["-c", script])
        for result in [ours, theirs] {
            let lines = result.output.split(separator: 0x0A)
            #expect(lines.contains(ArraySlice("remotecommand echo ".utf8 + Self.strange)), "\(result.errorText)")
        }
    }

    @Test(
        "a name of a file or a host that is not UTF-8 is refused in a sentence",
        arguments: [
            #"-F "$x""#, #"-E "$x""#, #"-i "$x""#, #"-l "$x""#, #"-o "UserKnownHostsFile=$x""#,
            #"-o "GlobalKnownHostsFile=$x""#, #"-o "CertificateFile=$x""#, #"-o "PreferredAuthentications=$x""#,
            "-o 'IdentityFile=${WORD}'", #"--term "$x""#, #""$x@host""#, #""$x""#,
        ])
    func refused(option: String) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        // A file of -i that is not there is passed over whatever it is called.
        let result = try await run(option, "true", on: server, after: "export WORD=$x; cd \"$HOME\"; touch \"$x\"")
        #expect(result.exit == .status(255))
        let text = result.errorText
        #expect(text.contains(#"a\xff\xe4b"#) && text.hasSuffix("is not UTF-8\n"), "\(text)")
        let home = try await run("", "true", on: server, after: #"export HOME="/home/$x""#)
        #expect(home.exit == .status(255) && home.errorText == "fairlead: HOME: /home/a\\xff\\xe4b is not UTF-8\n")
    }

    @Test("an Include that finds a file of such a name is refused, not passed over")
    func included() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("Include \(folder.path)/d*\n", to: "config")
        let script = "printf 'Port 7\\n' > \"$2/d$(printf '\\377')\" && exec \"$1\" -F \"$2/config\" -G host"
        let result = try await RunningProcess.run("sh", ["-c", script, "sh", try FairleadTool.path, folder.path])
        #expect(result.exit == .status(255) && result.errorText.contains("not UTF-8"), "\(result.errorText)")
    }
}
