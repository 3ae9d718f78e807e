import Foundation
import TestSupport
import Testing

/// `--forget`, which edits known_hosts and connects to nobody.
@Suite struct ForgetTests {
    private static let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI" + String(repeating: "A", count: 43)
    private let home: TemporaryDirectory
    private let path: String

    init() throws {
        home = try TemporaryDirectory()
        path = try home.makeFolder(".ssh") + "/known_hosts"
    }

    private func text(_ names: String...) -> String {
        names.map { "\($0) \(Self.key)\n" }.joined()
    }

    private func forget(
        _ host: String, _ arguments: String..., through program: [String] = []
    ) async throws -> RunningProcess.Result {
        let known = ["-F", "none", "-o", "UserKnownHostsFile=\(path)", "-o", "GlobalKnownHostsFile=none"]
        let words = program + [try FairleadTool.path] + arguments + known + ["--forget", host]
        return try await RunningProcess.run(words[0], Array(words.dropFirst())) {
            $0.environment = plainEnvironment(home: home.path)
        }
    }

    @Test("the host's lines go, what they held and where is told, and the file as it was stays beside it")
    func forget() async throws {
        let before = text("other", "alpha,10.0.0.1", "[alpha]:2222", "@revoked alpha")
        try home.write(before, to: ".ssh/known_hosts")
        let result = try await forget("Alpha")
        #expect(result.exit == .status(0))
        #expect(result.errorText == "")
        #expect(result.outputText.hasPrefix("\(path):2: removed the key of alpha,10.0.0.1: ssh-ed25519 SHA256:"))
        #expect(result.outputText.hasSuffix("\n\(path) as it was is \(path).old\n"))
        #expect(try home.text(of: ".ssh/known_hosts") == text("other", "[alpha]:2222", "@revoked alpha"))
        #expect(try home.text(of: ".ssh/known_hosts.old") == before)
    }

    @Test(
        "a port is taken from host:port, [host]:port and -p",
        arguments: [
            (["alpha:2222"], "[alpha]:2222"), (["[alpha]:2222"], "[alpha]:2222"),
            (["alpha", "-p", "2222"], "[alpha]:2222"), (["alpha"], "alpha"), (["::1"], "::1"),
            (["[::1]:2222"], "[::1]:2222"), (["::1", "-p", "2222"], "[::1]:2222"), (["[::1]"], "::1"),
        ])
    func port(arguments: [String], line: String) async throws {
        let names = ["alpha", "[alpha]:2222", "::1", "[::1]:2222"]
        try home.write(names.map { text($0) }.joined(), to: ".ssh/known_hosts")
        let result =
            arguments.count > 1
            ? try await forget(arguments[0], arguments[1], arguments[2]) : try await forget(arguments[0])
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(try home.text(of: ".ssh/known_hosts") == names.filter { $0 != line }.map { text($0) }.joined())
    }

    @Test("the configuration says under which name a host is known, and in which files")
    func configuration() async throws {
        try home.write(
            "Host box\n  HostName 10.0.0.9\n  Port 2222\n  UserKnownHostsFile \(home.path)/a \(home.path)/b\n",
            to: "config")
        try home.write(text("[10.0.0.9]:2222", "keep"), to: "a")
        try home.write(text("[box]:2222"), to: "b")
        let result = try await FairleadTool.run(["-F", home.file("config"), "--forget", "box"], home: home.path)
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(try home.text(of: "a") == text("keep"))
        #expect(try home.text(of: "b") == "")
    }

    @Test("an alias stands for host and port, in the system's files as well, and another port's line stays")
    func alias() async throws {
        try home.write(text("desk", "[desk]:2222"), to: ".ssh/known_hosts")
        try home.write(text("desk"), to: "global")
        let result = try await forget(
            "box", "-p", "2222", "-o", "HostKeyAlias=desk", "-o", "GlobalKnownHostsFile=\(home.file("global"))")
        #expect(result.exit == .status(0))
        #expect(result.errorText.hasPrefix("fairlead: a key remains in \(home.file("global")):1, "))
        #expect(try home.text(of: ".ssh/known_hosts") == text("[desk]:2222"))
    }

    @Test("a hashed name is found, too")
    func hashed() async throws {
        try home.write(text("alpha", "beta"), to: ".ssh/known_hosts")
        try await RunningProcess.runSuccessfully("ssh-keygen", ["-H", "-f", path])
        let result = try await forget("alpha")
        #expect(result.outputText.contains(":1: removed the key of a hashed name: ssh-ed25519 SHA256:"))
        #expect(try home.text(of: ".ssh/known_hosts").split(separator: "\n").count == 1)
    }

    @Test("a host that is not on record is told, with 1, and the file is not touched; nor is there one made")
    func nothing() async throws {
        for contents in [text("other"), nil] {
            if let contents { try home.write(contents, to: ".ssh/known_hosts") } else { unlink(path) }
            let result = try await forget("alpha")
            #expect(result.exit == .status(1))
            #expect(result.outputText == "")
            #expect(result.errorText == "fairlead: no key is on record for alpha in \(path)\n")
            #expect((try? home.text(of: ".ssh/known_hosts")) == contents)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: home.path + "/.ssh").count
                    == (contents == nil ? 0 : 1))
        }
    }

    @Test("what the system's files hold is told, and left alone")
    func global() async throws {
        try home.write(text("alpha"), to: "global")
        let result = try await forget("alpha", "-o", "GlobalKnownHostsFile=\(home.file("global"))")
        #expect(result.exit == .status(1))
        #expect(result.errorText.hasPrefix("fairlead: a key remains in \(home.file("global")):1, "))
        #expect(try home.text(of: "global") == text("alpha"))
    }

    @Test("two hosts, a command, or no host at all are refused")
    func usage() async throws {
        for arguments in [
            ["--forget", "alpha", "beta"], ["beta", "--forget"], ["--forget", ""], ["--forget", "a b"],
        ] {
            let result = try await FairleadTool.run(["-F", "none"] + arguments, home: home.path)
            #expect(result.exit == .status(255))
            #expect(result.errorText.hasPrefix("fairlead: "))
        }
    }

    // Each round kills at one call more of its kind, until the edit comes to its end.
    @Test(
        "LF-04: killed at any system call, an edit leaves the old file or the new one",
        .enabled("where programs may be traced") { try await mayTrace() },
        arguments: [
            "openat", "read", "flock", "?newfstatat,?fstat,?stat", "?readlink", "write", "fchown", "fchmod", "fsync",
            "?rename,?renameat,?renameat2", "close", "?unlink,?unlinkat", "?exit_group",
        ])
    func killed(call: String) async throws {
        let before = text("alpha", "other")
        var ends: [String] = []
        for round in 1..<1000 {
            try home.write(before, to: ".ssh/known_hosts")
            let tracing = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)"]
            let killing = ["-e", "inject=\(call):signal=KILL:when=\(round)"]
            let result = try await forget("alpha", through: [try programPath("strace")] + tracing + killing)
            let after = try home.text(of: ".ssh/known_hosts")
            #expect(after == before || after == text("other"))
            if let old = try? home.text(of: ".ssh/known_hosts.old") { #expect(old == before) }
            ends.append(after)
            guard result.exit != .status(0) else { break }
        }
        #expect(ends.last == text("other"))
        #expect(ends.count > 1 && ends.count < 999)
    }

    // A file system of a few pages, in a mount name space of the tool's own; most containers let root have none.
    @Test(
        "LF-02, LF-04: a full disk and a read-only one leave the file as it was, byte for byte, and nothing beside it",
        .enabled("where root may mount") { try await mayMount() }, arguments: ["size=12k", "size=1m,ro"])
    func fullDisk(options: String) async throws {
        let disk = try home.makeFolder("disk")
        let before = text("alpha") + String(repeating: "#", count: 7000) + "\n"
        try home.write(before, to: "before")
        let script = """
            mount -t tmpfs -o size=12k none '\(disk)' && cp '\(home.file("before"))' '\(disk)/known_hosts' || exit 99
            mount -o remount,\(options) '\(disk)' || exit 98
            "$0" "$@"; status=$?
            cp '\(disk)/known_hosts' '\(home.file("after"))' && ls '\(disk)' >'\(home.file("names"))' && exit $status
            """
        let result = try await RunningProcess.run(
            "unshare",
            [
                "-m", "sh", "-c", script, try FairleadTool.path, "-F", "none", "-o",
                "UserKnownHostsFile=\(disk)/known_hosts", "--forget", "alpha",
            ])
        #expect(result.exit == .status(255), "\(result.errorText)")
        let reason = options.hasSuffix("ro") ? "Read-only file system" : "No space left on device"
        #expect(result.errorText == "fairlead: \(disk)/known_hosts: \(reason)\n")
        #expect(try home.text(of: "after") == before)
        #expect(try home.text(of: "names") == "known_hosts\n")
    }
}

/// Whether another program's system calls may be watched here.
private func mayTrace() async throws -> Bool {
    guard isInstalled("strace") else { return false }
    return try await RunningProcess.run("strace", ["-qq", "-o", "/dev/null", "true"]).exit == .status(0)
}

private func mayMount() async throws -> Bool {
    guard geteuid() == 0, isInstalled("unshare") else { return false }
    return try await RunningProcess.run("unshare", ["-m", "mount", "-t", "tmpfs", "none", "/mnt"]).exit == .status(0)
}
