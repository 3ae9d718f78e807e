import Foundation
import TestSupport
import Testing

/// The tool's two processes, going to the background, and the signals that it was told not to heed.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct BackgroundTests {
    /// A shell script, with the tool's command line as its arguments and no terminal.
    private func script(
        _ desk: Desk, _ text: String, _ options: [String], _ command: String...
    ) async throws -> RunningProcess.Result {
        var plan = RunningProcess.Plan(
            "bash",
            ["-c", text, "bash", try FairleadTool.path] + desk.arguments(options) + [desk.server.destination] + command)
        plan.environment = plainEnvironment(home: desk.home.path)
        return try await RunningProcess(plan).result()
    }

    @Test(
        "~& logs the remote shell out and leaves: the terminal is given back, and what still runs there is waited for")
    func goingAway() async throws {
        let desk = try await Desk()
        let gate = desk.home.file("gate")
        let terminal = try desk.script(
            "\"$@\"; echo left $?; stty -a; touch '\(gate)'; cat", ["-t"],
            "echo begun; cat >'\(gate).typed'; until [ -e '\(gate)' ]; do sleep 0.05; done; touch '\(gate).done'")
        try await terminal.read(until: "begun")
        try await terminal.waitUntilRaw()
        try terminal.write("word\r~&")
        try await terminal.read(until: "~& [backgrounded]")
        try await terminal.read(until: "left 0")
        try await poll(for: "the command's end") { access(gate + ".done", F_OK) == 0 ? () : nil }
        #expect(try desk.home.text(of: "gate.typed") == "word\n")
        #expect(try terminal.settings == terminal.initialSettings)
        terminal.kill()
    }

    @Test("a session with escapes has one thin process before it, of one thread; one without has none")
    func leader() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        let tasks = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(terminal.identifier)/task")
        #expect(tasks.count == 1)
        #expect(ProcessTree.descendants(of: terminal.identifier).count == 1)
        try terminal.write("~.")
        try await terminal.expectEnd(.status(255))
        let plain = try desk.start([], "echo up; cat") { $0.input = .pipe }
        try await plain.waitForOutput("up")
        #expect(ProcessTree.descendants(of: plain.identifier).isEmpty)
        plain.send(SIGTERM)
        #expect(try await plain.result().exit == .status(255))
    }

    @Test("the thread that was copied does nothing more, for the runtime's locks know it by its original's number")
    func copiedThread() async throws {
        let desk = try await Desk()
        let terminal = try await desk.sitRaw("cat")
        let worker = try #require(terminal.worker)
        func wakings() throws -> Substring? {
            let status = try String(contentsOfFile: "/proc/\(worker)/task/\(worker)/status", encoding: .utf8)
            return status.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt_switches") }
        }
        var before: Substring?
        try await poll(for: "the thread's rest") {
            let now = try wakings()
            defer { before = now }
            return now == before ? () : nil
        }
        for letter in ["p", "q", "r", "s", "t"] {
            try terminal.write(letter)
            try await terminal.read(until: letter)
        }
        #expect(try before != nil && wakings() == before)
        try terminal.write("~.")
        terminal.kill()
    }

    @Test("escapes work where a terminal is asked for and a program types (-tt)")
    func typedByProgram() async throws {
        let desk = try await Desk()
        let process = try desk.start(["-tt"], "echo begun; cat") { $0.input = .pipe }
        try await process.waitForOutput("begun")
        process.write("~.")
        #expect(try await process.result().exit == .status(255))
    }

    @Test("signals that were ignored when the tool was started do nothing to it (nohup, sftp)")
    func ignoredSignals() async throws {
        let desk = try await Desk()
        for (options, command) in [([], "echo up; exec cat"), (["-v", "-N"], "")] as [([String], String)] {
            var plan = RunningProcess.Plan(
                "bash",
                ["-c", "trap '' HUP INT QUIT; exec \"$@\"", "bash", try FairleadTool.path] + desk.arguments(options)
                    + [desk.server.destination] + (command.isEmpty ? [] : [command]))
            plan.environment = plainEnvironment(home: desk.home.path)
            plan.input = .pipe
            let process = try RunningProcess(plan)
            if command.isEmpty {
                try await process.waitForError("logged in, without a session")
            } else {
                try await process.waitForOutput("up")
            }
            for number in [SIGHUP, SIGINT, SIGQUIT] { process.send(number) }
            // Held back, they would be pending; the one that is heeded comes behind them.
            process.send(SIGTERM)
            #expect(try await process.result().exit == .status(command.isEmpty ? 0 : 255))
            #expect(ProcessTree.isRunning(process.identifier) == false)
        }
    }

    @Test("Ctrl-C at sftp's prompt leaves the connection alone")
    func sftpInterrupted() async throws {
        let desk = try await Desk()
        let terminal = try PseudoTerminal(
            "sftp",
            ["-S", try FairleadTool.path] + desk.arguments([]).map { $0 == "-p" ? "-P" : $0 } + [
                desk.server.destination
            ],
            environment: plainEnvironment(home: desk.home.path, ["TERM": "xterm"]))
        try await terminal.read(until: "sftp> ")
        // It says so before it makes the terminal raw and asks it for a key; what comes in between asks nothing.
        try await terminal.waitForSettings { !$0.isCanonical }
        try await poll(for: "sftp to wait for a key") { ProcessTree.isAtWork(terminal.identifier) ? nil : () }
        try terminal.write([3])
        try await terminal.read(until: "sftp> ")
        try terminal.write("pwd\r")
        try await terminal.read(until: "Remote working directory")
        try terminal.write("bye\r")
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("-f reads its configuration once: a pipe as -F, and a Match exec that runs once")
    func readOnce() async throws {
        let desk = try await Desk()
        let count = desk.home.file("count")
        try desk.home.write("Match exec \"echo x >>'\(count)'\"\n  RemoteCommand echo piped\n", to: "config")
        let result = try await script(desk, "exec \"$@\" -f -F <(cat '\(desk.home.file("config"))')", [])
        #expect(result.outputText == "piped\n", "\(result.errorText)")
        #expect(try desk.home.text(of: "count") == "x\n")
    }

    @Test("-f lets go of the standard streams: who reads them is not kept waiting")
    func releasedStreams() async throws {
        let desk = try await Desk()
        let result = try await script(
            desk, "x=$(\"$@\" 2>&1); echo \"<$x> $?\"", ["-f", "-N"])
        #expect(result.outputText == "<> 0\n", "\(result.errorText)")
        desk.server.stop()
    }

    @Test("who ignores the end of children does not change what -f and Match exec come to")
    func ignoredChildren() async throws {
        let desk = try await Desk()
        let failed = try await script(
            desk, "trap '' CHLD; exec \"$@\"", ["-f", "-oPubkeyAuthentication=no", "-oBatchMode=yes"], "true")
        #expect(failed.exit == .status(255))
        try desk.home.write("Match exec true\n  HostKeyAlias somebody\n", to: "config")
        let shown = try await script(
            desk, "trap '' CHLD; exec \"$@\" -G -F '\(desk.home.file("config"))'", [])
        #expect(shown.outputText.contains("hostkeyalias somebody\n"))
    }

    @Test("TM-04 what the tool has started ends with it: a program for passwords, a command for keys, LocalCommand")
    func children() async throws {
        let desk = try await Desk(password: "pass word")
        let script = try desk.home.write(
            "#!/bin/sh\necho $$ >'\(desk.home.file("child"))'\nexec sleep 3600\n", to: "child.sh", mode: 0o755)
        let local = try await Desk()
        for (desk, options) in [
            (desk, desk.withPassword),
            (local, ["-oKnownHostsCommand=\(script)"]),
            (local, ["-oPermitLocalCommand=yes", "-oLocalCommand=exec \(script)"]),
        ] {
            let process = try desk.start(options, "true") {
                $0.environment["SSH_ASKPASS"] = script
                $0.environment["SSH_ASKPASS_REQUIRE"] = "force"
            }
            let path = (script as NSString).deletingLastPathComponent + "/child"
            let child = try await poll(for: "the child", soFar: { process.errorText }) {
                (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { pid_t($0.dropLast()) }
            }
            try FileManager.default.removeItem(atPath: path)
            process.send(SIGTERM)
            _ = try await process.result()
            try await poll(for: "the child's end, with \(options)") { ProcessTree.isRunning(child) ? nil : () }
        }
    }

    @Test("TM-04 what the tool starts ends with it even where the signal comes from the program's first line")
    func childThatEndsUs() async throws {
        let desk = try await Desk()
        let child = desk.home.file("child")
        let command = "echo $$ >'\(child)'; kill -TERM $PPID; exec sleep 3600"
        for _ in 0..<20 {
            let process = try desk.start(["-oPermitLocalCommand=yes", "-oLocalCommand=\(command)"], "true")
            _ = try await process.result()
            let identifier = try #require(pid_t(try desk.home.text(of: "child").dropLast()))
            try await poll(for: "the child's end") { ProcessTree.isRunning(identifier) ? nil : () }
        }
    }

    @Test("a window that changed before anybody watched is told of")
    func earlyResize() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "until [ \"$(stty size)\" = '50 120' ]; do sleep 0.05; done; echo seen")
        try terminal.resize(columns: 120, rows: 50)
        try await terminal.read(until: "seen")
        try await terminal.expectEnd(.status(0))
    }
}
