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
        let stages = ["resolve", "connect", "identification", "key exchange", "host key", "authentication", "total"]
        #expect(Set(timings.keys) == Set(stages) && timings.values.allSatisfy { $0 >= 0 })
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

    @Test("--timing tells a line for each stage, on standard error")
    func timing() async throws {
        let result = try await server().tool(["--timing"], ["echo in"])
        #expect(result.outputText == "in\n")
        let stages = result.errorText.split(separator: "\n").map { $0.split(separator: ":")[1].dropFirst() }
        #expect(stages == ["resolve", "connect", "identification", "key exchange", "host key", "authentication"])
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
        #expect(try await tool.result(within: .seconds(20)).exit == .status(4))
        #expect(try await reader.result().outputText == "1000000\n")
    }

    @Test("--return-on-exit ends with the command, whatever it left running on its streams")
    func returnsOnExit() async throws {
        let result = try await server().tool(["--return-on-exit"], ["sleep 600 & echo in; exit 4"])
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
        let server = try await server()
        let agent = try await OpenSSHAgent.start()
        try await agent.add(try await KeyPair.shared(.rsa, of: .user))
        let before = server.log.split(separator: "\n").count
        let result = try await FairleadTool.run(
            [
                "-F", "none", "-Z", "-i", server.files.keyPath(.ecdsa), "-i", "/nonexistent/key", "-p",
                String(server.port),
                server.destination,
            ], home: server.files.home
        ) { $0.environment["SSH_AUTH_SOCK"] = agent.path }
        #expect(result.exit == .status(0), "\(result.errorText)")
        let lines = result.outputText.split(separator: "\n").map(String.init)
        #expect(lines.count == 3, "\(lines)")
        #expect(lines.first?.hasPrefix(server.files.keyPath(.ecdsa) + " ECDSA SHA256:") == true)
        #expect(lines.dropFirst().first?.contains(" RSA SHA256:") == true)
        #expect(lines.last?.hasPrefix("skipped: Identity file /nonexistent/key") == true)
        #expect(server.log.split(separator: "\n").count == before)
    }
}
