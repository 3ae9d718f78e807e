import Foundation
import TestSupport
import Testing

/// What scripts ask for: results that programs read, codes for each stage, words sent as they are, and no waiting for what
/// a command left behind.
@Suite(.fewAtOnce) struct ScriptingTests {
    private func server() async throws -> OpenSSHServer { try await ServerProgram.sharedOpenSSH.value }

    private func json(_ result: RunningProcess.Result) throws -> [String: Any] {
        #expect(result.output.count { $0 == 0x0A } == 1 && result.output.last == 0x0A)
        let object = try JSONSerialization.jsonObject(with: Data(result.output))
        return try #require(object as? [String: Any])
    }

    @Test("--json tells the result, how long each stage took, the host's key and the algorithms")
    func jsonResult() async throws {
        let server = try await server()
        let result = try await server.tool(["--json"], ["printf 'ä\\n'; printf '\\377' >&2; cat; exit 3"]) {
            $0.input = .bytes(Array("typed".utf8))
        }
        #expect(result.exit == .status(3) && result.errorText == "")
        let object = try json(result)
        #expect(object["schema"] as? Int == 1 && object["stage"] as? String == "done")
        #expect(object["exitStatus"] as? Int == 3 && object["signal"] == nil && object["error"] == nil)
        #expect((object["stdout"] as? [String: Any])?["text"] as? String == "ä\ntyped")
        #expect((object["stderr"] as? [String: Any])?["base64"] as? String == "/w==")
        let timings = try #require(object["timings"] as? [String: Double])
        let stages = ["resolve", "connect", "identification", "key exchange", "host key", "authentication"]
        #expect(Set(timings.keys) == Set(stages + ["session", "total"]) && timings.values.allSatisfy { $0 >= 0 })
        let key = try #require(object["hostKey"] as? [String: Any])
        #expect((key["sha256"] as? String)?.hasPrefix("SHA256:") == true && key["ground"] as? String == "known")
        #expect((object["algorithms"] as? [String: Any])?["keyExchange"] as? String != "")
        #expect(object["user"] as? String == server.user && object["authentication"] as? String == "publickey")
    }

    @Test("--json tells death by a signal, and a failure with its stage and kind")
    func jsonEndings() async throws {
        let server = try await server()
        let killed = try json(try await server.tool(["--json"], ["kill -TERM $$"]))
        #expect((killed["signal"] as? [String: Any])?["name"] as? String == "TERM")
        #expect(killed["exitStatus"] == nil && killed["stage"] as? String == "done")
        let refused = try await FairleadTool.run(
            ["-F", "none", "--json", "-p", "1", Loopback.address, "true"], home: server.files.home)
        #expect(refused.exit == .status(255))
        let object = try json(refused)
        #expect(object["stage"] as? String == "connect" && object["exitStatus"] == nil)
        #expect(((object["error"] as? [String: Any])?["message"] as? String)?.contains("Connection refused") == true)
    }

    @Test(
        "what the command line or the configuration gets wrong is told as asked: an object, a code of its stage, or a line",
        arguments: [
            (["-z"], "unknown option -z; fairlead --help tells the options"),
            (["-oNoSuchKey=1"], "command-line: line 0: Bad configuration option: nosuchkey"),
            (["-oPort=0"], "command-line: line 0: Bad value \"0\" for Port"),
            (["-F", "CONFIG"], "CONFIG: line 2: Bad configuration option: colour"),
            (["-oProxyJump=h"], "command-line: line 0: proxies and jump hosts are not supported yet"),
        ])
    func faults(words: [String], sentence: String) async throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("Host *\nColour red\n", to: "config")
        let words = words.map { $0.replacing("CONFIG", with: path) }
        let message = sentence.replacing("CONFIG", with: path)
        // Behind what is wrong, too, and also on the other side of the host.
        let lines = [
            ["--json", "--exit-codes"] + words + ["host", "true"], words + ["host", "--json", "--exit-codes", "x"],
        ]
        for line in lines {
            let result = try await FairleadTool.run(line, home: folder.path)
            #expect(result.exit == .status(240) && result.errorText == "")
            let object = try json(result)
            #expect(object["stage"] as? String == "usage" && object["schema"] as? Int == 1 && object["host"] == nil)
            let error = try #require(object["error"] as? [String: Any])
            #expect(error["kind"] as? String == "misuse")
            #expect((error["message"] as? String)?.hasPrefix(message) == true, "\(error)")
        }
        let plain = try await FairleadTool.run(words + ["host", "x", "--json", "--exit-codes"], home: folder.path)
        #expect(plain.exit == .status(255) && plain.output.isEmpty && plain.errorText.contains(message))
    }

    @Test("a missing host, and a value that is missing at the end, are told in an object, too")
    func missingWords() async throws {
        for line in [["--json"], ["--json", "-p"], ["host", "--json", "-p"]] {
            let result = try await FairleadTool.run(line, home: "/proc/nonexistent")
            #expect(result.exit == .status(255) && result.errorText == "")
            #expect(try json(result)["stage"] as? String == "usage")
        }
    }

    @Test(
        "--json is refused where there is no command's result to tell, in one sentence",
        arguments: [
            (["-N"], []), (["-f"], ["true"]), (["-oForkAfterAuthentication=yes"], ["true"]), (["-Z"], ["true"]),
            (["-t"], ["true"]), (["-tt"], ["true"]), (["-oRequestTTY=force"], ["true"]), ([], []), (["-T"], []),
            (["-oSessionType=none"], ["true"]),
        ])
    func jsonRefusals(options: [String], command: [String]) async throws {
        let server = try await server()
        let result = try await server.tool(["--json"] + options, command)
        let object = try json(result)
        let message = (object["error"] as? [String: Any])?["message"] as? String
        #expect(message?.hasPrefix("--json tells the result of a command, and ") == true, "\(object)")
        #expect(result.exit == .status(255) && result.errorText == "" && object["stage"] as? String == "usage")
    }

    @Test("--json tells of a subsystem and of RemoteCommand; LocalCommand runs, and its output is not in the way")
    func jsonPrograms() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["Subsystem told echo by a subsystem"] }
        let folder = try TemporaryDirectory()
        let local = ["-oPermitLocalCommand=yes", "-oLocalCommand=echo wrong; echo here > \(folder.file("ran"))"]
        let remote = try await server.tool(["--json", "-T", "-oRemoteCommand=echo there"] + local, [])
        #expect((try json(remote)["stdout"] as? [String: Any])?["text"] as? String == "there\n")
        #expect(try folder.text(of: "ran") == "here\n")
        let told = try await server.tool(["--json", "-s"], ["told"])
        #expect((try json(told)["stdout"] as? [String: Any])?["text"] as? String == "by a subsystem\n")
    }

    @Test("--exit-codes tells the stages apart, and leaves the command's own status alone")
    func exitCodes() async throws {
        let server = try await server()
        let home = server.files.home
        func status(_ options: [String]) async throws -> ExitOfProcess {
            try await FairleadTool.run(["-F", "none", "--exit-codes"] + options, home: home).exit
        }
        #expect(try await status(["host.invalid", "true"]) == .status(241))
        #expect(try await status(["-p", "1", Loopback.address, "true"]) == .status(242))
        let strange = ["-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=yes"]
        #expect(try await server.tool(["--exit-codes"] + strange, ["true"]).exit == .status(246))
        #expect(
            try await server.tool(["--exit-codes", "-o", "PubkeyAuthentication=no", "-oBatchMode=yes"], ["true"]).exit
                == .status(247))
        #expect(try await server.tool(["--exit-codes"], ["exit 241"]).exit == .status(241))
    }

    @Test("--timing tells a line for each stage and for all together, on standard error")
    func timing() async throws {
        let result = try await server().tool(["--timing"], ["echo in"])
        #expect(result.outputText == "in\n")
        let stages = result.errorText.split(separator: "\n").map { $0.split(separator: ":")[1].dropFirst() }
        let expected = [
            "resolve", "connect", "identification", "key exchange", "host key", "authentication", "session", "total",
        ]
        #expect(stages.map(String.init) == expected)
    }

    @Test("--return-on-exit ends though what the command left behind never stops talking")
    func endlessOutput() async throws {
        let result = try await server().tool(["--return-on-exit"], ["yes & exit 4"])
        #expect(result.exit == .status(4))
    }

    @Test("--return-on-exit waits for a slow reader of what came, and no longer")
    func slowReader() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let ends = try makePipe()
        var plan = RunningProcess.Plan(
            try FairleadTool.path,
            ["--return-on-exit"] + server.clientArguments() + [
                server.destination, "sleep 30 & head -c 1000000 /dev/zero; exit 4",
            ])
        plan.environment = plainEnvironment(home: folder.path)
        plan.output = .descriptor(ends.writer)
        let tool = try RunningProcess(plan)
        close(ends.writer)
        // The reader comes when the moment that is left after the exit is long over.
        try await Task.sleep(for: .seconds(2))
        plan = RunningProcess.Plan("wc", ["-c"])
        plan.input = .descriptor(ends.reader)
        let reader = try RunningProcess(plan)
        close(ends.reader)
        #expect(try await tool.result().exit == .status(4))
        #expect(try await reader.result().outputText == "1000000\n")
    }

    @Test("--return-on-exit ends with the command, whatever it left running on its streams")
    func returnsOnExit() async throws {
        let result = try await server().tool(["--return-on-exit"], ["sleep 3600 & echo in; exit 4"])
        #expect(result.outputText == "in\n")
        #expect(result.exit == .status(4))
    }

    @Test("--argv: every word arrives as it was given, whatever is in it")
    func words() async throws {
        let words = ["", "a b", "it's", "$HOME `id`", "*", "a\nb", "\\", "\"", "~", "-n", "ä", "!x", "a=b"]
        let result = try await server().tool(["--argv"], ["printf", "%s|"] + words)
        #expect(result.outputText == words.map { $0 + "|" }.joined())
    }

    @Test("-E writes what is told to a file, behind what it holds")
    func logFile() async throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("before\n", to: "log")
        let result = try await server().tool(["-v", "-E", path], ["echo in"])
        #expect(result.outputText == "in\n" && result.errorText == "")
        let text = try folder.text(of: "log")
        #expect(text.hasPrefix("before\n") && text.contains("debug1: "))
        let failed = try await server().tool(["-E", folder.path], ["true"])
        #expect(failed.exit == .status(255) && failed.errorText.contains("Couldn't open logfile"))
    }

    @Test("-Z lists the keys that would be tried, in their order, and logs in nowhere")
    func keys() async throws {
        // Its own, whose log nobody else writes to.
        let server = try await OpenSSHServer { $0.lines = ["LogLevel VERBOSE"] }
        let agent = try await OpenSSHAgent.start()
        try await agent.add(try await KeyPair.shared(.rsa, of: .user))
        let result = try await FairleadTool.run(
            [
                "-F", "none", "-Z", "-i", server.files.keyPath(.ecdsa), "-oIdentityFile=/proc/nonexistent/key", "-p",
                String(server.port),
                server.destination,
            ], home: server.files.home
        ) { $0.environment["SSH_AUTH_SOCK"] = agent.path }
        #expect(result.exit == .status(0), "\(result.errorText)")
        let lines = result.outputText.split(separator: "\n").map(String.init)
        #expect(lines.count == 3, "\(lines)")
        #expect(lines.first?.hasPrefix(server.files.keyPath(.ecdsa) + " ECDSA SHA256:") == true)
        #expect(lines.dropFirst().first?.contains(" RSA SHA256:") == true)
        #expect(lines.last?.hasPrefix("skipped: Identity file /proc/nonexistent/key") == true)
        // The one that comes behind is told of, and is the first from a client of ours.
        _ = try await server.tool([], ["true"])
        try await poll(for: "a login") { server.log.contains("Accepted publickey") ? () : nil }
        #expect(server.log.components(separatedBy: "Accepted publickey").count == 2)
        #expect(server.log.components(separatedBy: "SSH-2.0-").count <= 2)
    }
}
