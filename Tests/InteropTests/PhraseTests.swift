import Foundation
import TestSupport
import Testing

/// What programs match in the words of ssh, and the statuses that they go by.
@Suite(.fewAtOnce) struct PhraseTests {
    private func server() async throws -> OpenSSHServer { try await ServerProgram.sharedOpenSSH.value }

    @Test("an unknown -o is named in ssh's words, with 255, and IgnoreUnknown covers it")
    func unknownOption() async throws {
        let words = ["-F", "none", "-oXyz=1", "host", "true"]
        let theirs = try await RunningProcess.run("ssh", words)
        let ours = try await FairleadTool.run(words, home: "/proc/nonexistent")
        #expect(ours.errorText == "command-line: line 0: Bad configuration option: xyz\n")
        #expect(ours.errorText == theirs.errorText.replacing("\r\n", with: "\n"))
        #expect(ours.exit == .status(255) && theirs.exit == ours.exit)
        let ignored = try await FairleadTool.run(["-oIgnoreUnknown=xyz", "-G"] + words, home: "/proc/nonexistent")
        #expect(ignored.exit == .status(0) && ignored.errorText == "")
    }

    @Test("git's question whether this is OpenSSH, by -G, is answered with 0 and lines of a lower-case key and a value")
    func probe() async throws {
        let words = ["-G", "-o", "SendEnv=GIT_PROTOCOL", "-p", "2222", "user@host"]
        let result = try await FairleadTool.run(words, home: "/proc/nonexistent")
        #expect(result.exit == .status(0) && result.errorText == "")
        let lines = result.outputText.split(separator: "\n")
        #expect(lines.count > 60 && lines.contains("port 2222") && lines.contains("user user"))
        for line in lines {
            let key = line.prefix { $0 != " " }
            #expect(key.first?.isLowercase == true && key.count < line.count, "\(line)")
        }
    }

    @Test("-V speaks on standard error alone; by the name of ssh, and with --compat, it begins as OpenSSH's does")
    func version() async throws {
        let folder = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("ssh"), withDestinationPath: try FairleadTool.path)
        for (program, words) in [
            (folder.file("ssh"), ["-V"]), (folder.file("ssh"), ["-v", "-V"]),
            (try FairleadTool.path, ["--compat", "-V"]),
        ] {
            let result = try await RunningProcess.run(program, words)
            #expect(result.exit == .status(0) && result.output.isEmpty)
            #expect(result.errorText.hasPrefix("OpenSSH_10.5-compatible "), "\(result.errorText)")
            #expect(result.errorText.count { $0 == "\n" } == 1)
        }
        let own = try await FairleadTool.run(["-V"], home: folder.path)
        #expect(own.errorText.hasPrefix("Fairlead_") && own.output.isEmpty && own.exit == .status(0))
    }

    @Test("the exit status is the command's; death by a signal is 128 and its number, and 255 as ssh has it")
    func statuses() async throws {
        let server = try await server()
        for (command, status, compatible) in [
            ("true", 0, 0), ("exit 7", 7, 7), ("exit 255", 255, 255), ("kill -TERM $$", 143, 255),
            ("kill -KILL $$", 137, 255), ("kill -HUP $$", 129, 255),
        ] as [(String, Int32, Int32)] {
            #expect(try await server.tool([], [command]).exit == .status(status), "\(command)")
            #expect(try await server.tool(["--compat"], [command]).exit == .status(compatible), "\(command)")
        }
    }

    @Test(
        "what stops a connection is told in the words that programs look for, with 255",
        arguments: ["Connection refused", "Connection closed by", "Could not resolve hostname"])
    func connectionWords(phrase: String) async throws {
        let loopback = try await LoopbackServer.saying(Array("SSH-2.0-x\r\n".utf8), thenCloses: true)
        let place =
            switch phrase {
            case "Connection refused": ["-p", "1", Loopback.address]
            case "Connection closed by": ["-p", String(loopback.port), Loopback.address]
            default: ["host.invalid"]
            }
        let result = try await FairleadTool.run(["-F", "none"] + place + ["true"], home: "/proc/nonexistent")
        #expect(result.exit == .status(255) && result.errorText.contains(phrase), "\(result.errorText)")
        let theirs = try await RunningProcess.run("ssh", ["-F", "none"] + place + ["true"])
        #expect(theirs.exit == .status(255) && theirs.errorText.contains(phrase), "\(theirs.errorText)")
    }

    @Test("a login that fails, and a host that is not known, are told in the words that programs look for, with 255")
    func loginWords() async throws {
        let server = try await server()
        let denied = try await server.tool(["-oPubkeyAuthentication=no", "-oBatchMode=yes"], ["true"])
        #expect(denied.exit == .status(255) && denied.errorText.contains("Permission denied"))
        let strange = ["-oUserKnownHostsFile=/dev/null", "-oStrictHostKeyChecking=yes"]
        let unknown = try await server.tool(strange, ["true"])
        #expect(unknown.exit == .status(255))
        // A line of its own.
        #expect(unknown.errorText.split(separator: "\n").contains("Host key verification failed."))
    }

    @Test("without a terminal to ask on, -v says so in ssh's words, once for each question")
    func noTerminal() async throws {
        let server = try await server()
        let words = ["-v", "-oBatchMode=no", "-oStrictHostKeyChecking=ask", "-oUserKnownHostsFile=/dev/null"]
        let phrase = "debug1: read_passphrase: can't open /dev/tty"
        let loud = try await server.tool(words, ["true"])
        #expect(loud.errorText.contains(phrase) && loud.exit == .status(255), "\(loud.errorText)")
        let quiet = try await server.tool(Array(words.dropFirst()), ["true"])
        #expect(!quiet.errorText.contains("read_passphrase") && quiet.exit == .status(255))
        let theirs = try await RunningProcess.run("ssh", words + server.clientArguments() + [server.destination]) {
            $0.environment = plainEnvironment(home: server.files.home)
        }
        #expect(theirs.errorText.contains(phrase), "\(theirs.errorText)")
    }

    @Test("what we only want to mention begins with Warning:, which readers of sftp's errors pass over")
    func warnings() async throws {
        let server = try await server()
        let result = try await server.tool(["-A", "-X"], ["true"])
        let lines = result.errorText.split(separator: "\n")
        #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("Warning: ") }, "\(result.errorText)")
        #expect(result.exit == .status(0))
    }
}
