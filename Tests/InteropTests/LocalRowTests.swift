import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import TestSupport
import Testing

/// Rows LF of what the files and programs of this machine may do, and the one of a server that takes no signature of ours.
@Suite(.fewAtOnce) struct LocalRowTests {
    @Test("AU-23 a server that takes no signature algorithm of ours is named with the key, and nothing is signed")
    func noAlgorithm() async throws {
        let server = try await LoopbackServer.scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            configuration.extensions = [
                .init(name: ExtInfo.serverSignatureAlgorithms, value: ByteBuffer(string: "x-sig@example.org"))
            ]
            configuration.judge = { _, attempt in
                if case .signed = attempt.method { Issue.record("something was signed") }
                return [.failure(["publickey"], isPartial: false)]
            }
            return configuration
        }
        var configuration = server.configuration
        configuration.credentials = [
            .privateKey(
                try PrivateKey.parse(.init(copying: Array(try await KeyPair.shared(.rsa, of: .user).privateText.utf8))))
        ]
        let error = try #require(await connectionFailure(configuration))
        #expect(error.kind == .denied)
        #expect(
            error.attempts.contains { $0.contains("RSA SHA256:") && $0.contains("takes no signature of its kind") },
            "\(error.attempts)")
    }

    @Test("LF-09 nor can the path of a file that is no key, the name of a configuration or an algorithm in it")
    func escapedFaults() async throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("no key", to: "lo\u{1B}]2;owned\u{7}cked")
        let server = try await ServerProgram.sharedOpenSSH.value
        for options in [["-i", path], ["-oCiphers=\u{1B}[31m"], ["-oBindAddress=\u{1B}[31m"], ["-F", path]] {
            let result = try await FairleadTool.run(
                ["-v"] + options + [
                    "-oStrictHostKeyChecking=no", "-oBatchMode=yes", "-p", String(server.port), server.destination,
                    "true",
                ],
                home: folder.path)
            let harmless = result.error.allSatisfy { 0x20...0x7E ~= $0 || $0 == 0x0A || $0 == 0x09 }
            #expect(harmless && result.errorText.contains("\\x1b"), "\(options): \(result.errorText)")
        }
    }

    @Test("LF-09 neither a key's path nor its comment can write to the terminal")
    func escapedNames() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let folder = try TemporaryDirectory()
        let path = folder.file("lo\u{1B}[31mcked")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen",
            ["-q", "-t", "ecdsa", "-m", "PKCS8", "-N", "pass phrase", "-C", "com\u{1B}[31mment", "-f", path])
        // It says nothing of itself before it is open.
        unlink(path + ".pub")
        let terminal = try TestSupport.PseudoTerminal(
            FairleadTool.path,
            [
                "-oBatchMode=no", "-oNumberOfPasswordPrompts=0", "-F", "none", "-oIdentityAgent=none", "-i", path, "-p",
                String(server.port), "-oUserKnownHostsFile=\(server.files.knownHostsPath)", server.destination, "true",
            ],
            environment: plainEnvironment(home: folder.path, ["TERM": "xterm"]))
        var shown = try await terminal.read(until: "lo\\x1b[31mcked': ")
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write("pass phrase\n")
        shown += try await terminal.read(until: "Permission denied")
        #expect(try await terminal.waitForExit() == .status(255))
        #expect(!shown.contains("\u{1B}"))
        var configuration = server.configuration()
        try await RunningProcess.runSuccessfully(
            "ssh-keygen",
            ["-q", "-t", "ed25519", "-N", "pass phrase", "-C", "com\u{1B}[31mment", "-f", folder.file("key")])
        let text = try folder.bytes(of: "key")
        let key = try PrivateKey.parse(Secret(copying: text), passphrase: Secret(copying: "pass phrase".utf8))
        configuration.credentials = [.privateKey(key)]
        let error = try #require(await connectionFailure(configuration))
        #expect(!error.attempts.isEmpty && !error.attempts.joined().contains("\u{1B}"), "\(error.attempts)")
    }

    @Test("LF-11 HOME counts where it is an absolute path; else the password file's home does")
    func home() async throws {
        let entry = try #require(getpwuid(getuid())?.pointee.pw_dir).map { String(cString: $0) } ?? "/"
        for (value, expected) in [("/some/where", "/some/where"), ("relative", entry), ("", entry), (nil, entry)]
            as [(String?, String)]
        {
            let result = try await RunningProcess.run(try FairleadTool.path, ["-F", "none", "-G", "host"]) {
                $0.environment["HOME"] = value
            }
            #expect(
                result.outputText.contains("\nuserknownhostsfile \(expected)/.ssh/known_hosts "), "\(value ?? "unset")")
        }
    }

    @Test("LF-13 a log that cannot be written leaves the session alone: standard error closed, or on a full disk")
    func deadLog() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let words =
            [try FairleadTool.path, "-vvv"] + server.clientArguments() + [server.destination, "echo in; exit 3"]
        for redirection in ["2>&-", "2>/dev/full"] {
            let result = try await RunningProcess.run("sh", ["-c", "\"$@\" " + redirection, "sh"] + words)
            #expect(result.outputText == "in\n" && result.exit == .status(3), "\(redirection)")
        }
        let logged = try await server.tool(["-vvv", "-E", "/dev/full"], ["echo in; exit 3"])
        #expect(logged.outputText == "in\n" && logged.exit == .status(3))
    }

    @Test(
        "D16 LF-14 an askpass program that is not there, may not run, is killed, or says nothing or too much is no answer",
        arguments: [
            ("missing", "", "No such file"), ("not executable", "#!/bin/sh\necho x\n", "Permission denied"),
            ("killed", "#!/bin/sh\nkill -9 $$\n", ""), ("refusing", "#!/bin/sh\necho x; exit 1\n", ""),
            ("endless", "#!/bin/sh\nexec yes | tr -d '\\n'\n", "the answer is too long"),
            ("empty", "#!/bin/sh\nexit 0\n", ""), ("an empty line", "#!/bin/sh\necho\n", ""),
            // The password stands before it, and is not taken for the answer; sshd hangs up on such a one.
            ("a NUL", "#!/bin/sh\nprintf 'x\\0y\\n'\n", ""),
            ("NULs", "#!/bin/sh\nexec cat /dev/zero\n", "the answer is too long"),
        ])
    func askpass(name: String, script: String, told: String) async throws {
        let user = try await ThrowawayUser.create(password: "x")
        let server = try await OpenSSHServer { $0.user = user }
        let folder = try TemporaryDirectory()
        let path = folder.file("askpass")
        if !script.isEmpty { try folder.write(script, to: "askpass", mode: name == "not executable" ? 0o644 : 0o755) }
        let result = try await server.tool(["-oBatchMode=no", "-oPubkeyAuthentication=no"], ["true"]) {
            $0.environment["SSH_ASKPASS"] = path
            $0.environment["SSH_ASKPASS_REQUIRE"] = "force"
        }
        #expect(result.exit == .status(255))
        let end = name == "a NUL" ? "during authentication" : "Permission denied ("
        #expect(
            result.errorText.contains(end) && (told.isEmpty || result.errorText.contains(told)),
            "\(result.errorText)")
        if !told.isEmpty { #expect(result.errorText.contains("fairlead: \(path): ")) }
        #expect(!server.log.contains("Accepted"))
    }
    @Test(
        "D16 LF-14 an askpass program that hangs has nothing to read, and ends with us", arguments: [SIGINT, SIGTERM])
    func hangingAskpass(number: Int32) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let folder = try TemporaryDirectory()
        let script = """
            #!/bin/sh
            cd '\(folder.path)' && readlink /proc/$$/fd/0 >input && echo $$ >new && mv new process
            exec sleep 3600

            """
        let path = try folder.write(script, to: "askpass", mode: 0o755)
        let tool = try server.startTool(
            ["-oBatchMode=no", "-oStrictHostKeyChecking=ask", "-oUserKnownHostsFile=\(folder.file("none"))"], ["true"]
        ) {
            $0.environment["SSH_ASKPASS"] = path
            $0.environment["SSH_ASKPASS_REQUIRE"] = "force"
        }
        let child = try await poll(for: "the askpass program") {
            (try? folder.text(of: "process")).flatMap { pid_t($0.dropLast()) }
        }
        #expect(try folder.text(of: "input") == "/dev/null\n")
        tool.send(number)
        #expect(try await tool.result().exit == .signal(number))
        try await poll(for: "its end") { ProcessTree.isRunning(child) ? nil : () }
    }
}
