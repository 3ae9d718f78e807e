import Foundation
import TestSupport
import Testing

/// Where a person or a program that knows ssh would be surprised.
@Suite struct DropInTests {
    @Test("a file of -i that is not there is told of and passed over: the default keys are tried, as with ssh")
    func missingIdentity() async throws {
        let desk = try await Desk()
        _ = try desk.home.makeFolder(".ssh")
        let key = try String(contentsOfFile: desk.server.files.keyPath(.ed25519), encoding: .utf8)
        try desk.home.write(key, to: ".ssh/id_ed25519")
        var words = desk.arguments([]).filter { $0 != "IdentitiesOnly=yes" }
        let place = try #require(words.firstIndex(of: "-i"))
        words.removeSubrange(place...place + 1)
        words.removeAll { $0 == "-o" }
        words = words.flatMap { $0.contains("=") ? ["-o", $0] : [$0] }
        let result = try await FairleadTool.run(
            ["-i", "~/none"] + words + [desk.server.destination, "echo in"], home: desk.home.path)
        #expect(result.outputText == "in\n", "\(result.errorText)")
        #expect(result.errorText == "Warning: Identity file ~/none not accessible: No such file or directory.\n")
        let shown = try await FairleadTool.run(["-G", "-F", "none", "-i", "/none", "host"], home: desk.home.path)
        #expect(!shown.outputText.contains("/none"))
    }

    @Test("what our own settings rule out is not said to be the server's doing")
    func ownSettings() async throws {
        let desk = try await Desk()
        let ruled = try await desk.run(["-oPubkeyAcceptedAlgorithms=-ssh-ed25519"], "true")
        #expect(ruled.errorText.contains("PubkeyAcceptedAlgorithms takes no signature algorithm of the key SHA256:"))
        let unasked = try await desk.run(["-oPreferredAuthentications=password"], "true")
        #expect(unasked.errorText.contains("Permission denied (") && !unasked.errorText.contains("not tried"))
    }

    @Test("-G tells what it tells whatever the other flags ask for")
    func asked() async throws {
        let home = try TemporaryDirectory()
        for flag in [["-L", "1:h:2"], ["-D", "1"], ["-W", "h:1"], ["-J", "other"]] {
            let result = try await FairleadTool.run(["-G", "-F", "none"] + flag + ["host"], home: home.path)
            #expect(result.exit == .status(0) && result.outputText.contains("hostname host\n"), "\(result.errorText)")
        }
    }

    @Test("an Include whose pattern finds a folder passes over it")
    func includedFolder() async throws {
        let home = try TemporaryDirectory()
        _ = try home.makeFolder("parts")
        _ = try home.makeFolder("parts/folder")
        try home.write("User somebody\n", to: "parts/user")
        try home.write("Include \(home.path)/parts/*\n", to: "config")
        let result = try await FairleadTool.run(["-G", "-F", home.file("config"), "host"], home: home.path)
        #expect(result.outputText.contains("user somebody\n"), "\(result.errorText)")
    }

    @Test("a folder for known hosts is made only where it is .ssh")
    func knownHostsFolder() async throws {
        let desk = try await Desk()
        for (folder, isMade) in [("elsewhere", false), (".ssh", true)] {
            let path = desk.home.file("\(folder)/known_hosts")
            let result = try await desk.run(
                ["-oUserKnownHostsFile=\(path)", "-oStrictHostKeyChecking=accept-new"], "echo in")
            #expect(result.outputText == "in\n")
            #expect(FileManager.default.fileExists(atPath: path) == isMade, "\(result.errorText)")
            #expect(result.errorText.contains("Failed to add the host") == !isMade)
        }
    }

    @Test("the object of --json is complete or the status says that it is not; what is cut does not stop the command")
    func completeObject() async throws {
        let desk = try await Desk()
        let run = try desk.start(["--json"], "head -c 70000000 /dev/zero | tr '\\0' a; echo $? >&2") {
            $0.outputLimit = 200 << 20
        }
        let cut = try await run.result(within: .seconds(300))
        #expect(cut.exit == .status(0))
        #expect(cut.outputText.contains("\"isCut\":true") && cut.outputText.contains("\"stderr\":{\"text\":\"0\\n\"}"))
        let words = try [FairleadTool.path] + desk.arguments(["--json"]) + [desk.server.destination, "true"]
        let lost = try await RunningProcess.run("sh", ["-c", "\"$@\" >/dev/full", "sh"] + words)
        #expect(lost.exit == .status(255))
    }

    @Test("a login that fails tells what it came to know: the address, the host's key, what each stage took")
    func failedLogin() async throws {
        let desk = try await Desk()
        let denied = try await desk.run(["--json", "-oPubkeyAuthentication=no"], "true")
        for field in ["\"address\":\"127.0.0.1\"", "\"server\":\"SSH-2.0-", "\"keyExchange\":", "\"ground\":\"known\""]
        {
            #expect(denied.outputText.contains(field), "\(field) in \(denied.outputText)")
        }
        let unknown = try await desk.run(["--json", "-oUserKnownHostsFile=/dev/null"], "true")
        #expect(unknown.outputText.contains("\"ground\":\"refused\""), "\(unknown.outputText)")
        #expect(unknown.outputText.contains("\"sha256\":\"SHA256:"))
        let timed = try await desk.run(["--timing", "-oPubkeyAuthentication=no"], "true")
        for stage in ["connect", "key exchange", "total"] {
            #expect(timed.errorText.contains("fairlead: \(stage): "), "\(timed.errorText)")
        }
    }

    @Test("a key exchange that is not post-quantum is warned of where WarnWeakCrypto says yes, and nowhere else")
    func weakCrypto() async throws {
        let desk = try await Desk()
        for (value, isWarned) in [("yes", true), ("no", false), ("no-pq-kex", false)] {
            let result = try await desk.run(["-oKexAlgorithms=curve25519-sha256", "-oWarnWeakCrypto=\(value)"], "true")
            #expect(result.exit == .status(0))
            #expect(result.errorText.contains("is not post-quantum") == isWarned, "\(value): \(result.errorText)")
        }
    }

    @Test("-q says nothing at all, not even why there is no connection; without it the place is named")
    func quiet() async throws {
        let port = try Loopback.freePort()
        let home = try TemporaryDirectory()
        let words = ["-F", "none", "-p", String(port), "127.0.0.1", "true"]
        let quiet = try await FairleadTool.run(["-q"] + words, home: home.path)
        #expect(quiet.errorText == "" && quiet.exit == .status(255))
        // In ssh's place, in ssh's words.
        let asSSH = try await FairleadTool.run(["--compat"] + words, home: home.path)
        #expect(asSSH.errorText == "ssh: connect to host 127.0.0.1 port \(port): Connection refused\n")
        let listener = try RunningProcess(
            RunningProcess.Plan("socat", ["TCP-LISTEN:\(port),bind=127.0.0.1,reuseaddr", "EXEC:true"]))
        try await poll(for: "the listener") {
            try String(contentsOfFile: "/proc/net/tcp", encoding: .utf8)
                .contains(":\(String(format: "%04X", port)) 00000000:0000 0A") ? () : nil
        }
        let told = try await FairleadTool.run(words, home: home.path)
        #expect(told.errorText.contains("127.0.0.1") && told.errorText.contains(String(port)), "\(told.errorText)")
        listener.kill()
    }

    @Test("-v tells which configuration was read, which lines applied, and what was tried to log in")
    func steps() async throws {
        let desk = try await Desk()
        try desk.home.write("Host *\n  Compression no\nHost other\n", to: "config")
        let path = desk.home.file("config")
        let told = try await FairleadTool.run(
            desk.arguments(["-v"]).map { $0 == "none" ? path : $0 } + [desk.server.destination, "true"],
            home: desk.home.path)
        for line in ["\(path): read", "\(path): line 1: Host applies", "trying publickey ", "logged in by publickey"] {
            #expect(told.errorText.contains(line), "\(line) in \(told.errorText)")
        }
        #expect(!told.errorText.contains("line 3"))
    }
}
