import Fairlead
import Foundation
import NIOCore
import Synchronization
import TestSupport
import Testing

/// What is written to known hosts and what is read from it, with a real server and `ssh-keygen`.
@Suite(.fewAtOnce) struct KnownHostsTests {
    private func server() async throws -> any InteropServer { try await ServerProgram.openSSH.shared }

    private func configuration(
        _ path: String, _ policy: HostKeyPolicy, hashesNames: Bool = false
    ) async throws -> SSHConfiguration {
        var configuration = try await server().configuration()
        configuration.hostVerification = .knownHosts(userFiles: [path], policy: policy, hashesNames: hashesNames)
        return configuration
    }

    /// Arguments that win over the server's own.
    private func options(_ path: String, _ policy: String) -> [String] {
        ["-o", "UserKnownHostsFile=\(path)", "-o", "StrictHostKeyChecking=\(policy)"]
    }

    private func find(_ name: String, in path: String) async throws -> String {
        try await RunningProcess.run("ssh-keygen", ["-F", name, "-f", path]).outputText
    }

    private func plainKey() async throws -> String {
        try await ServerProgram.sharedOpenSSH.value.hostKey(.ed25519)
    }

    @Test("accept-new writes one line for the user alone, which ssh-keygen finds and strict then trusts")
    func acceptNew() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let path = folder.file("known_hosts")
        let first = try await server.tool(options(path, "accept-new"), ["true"])
        #expect(first.exit == .status(0))
        #expect(first.errorText.contains("Permanently added"))
        #expect(try await find("[\(server.host)]:\(server.port)", in: path).contains(try await plainKey()))
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let written = try folder.bytes(of: "known_hosts")
        #expect(written.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
        let second = try await server.tool(options(path, "yes"), ["true"])
        #expect(second.exit == .status(0))
        #expect(second.errorText == "")
        #expect(try folder.bytes(of: "known_hosts") == written)
    }

    @Test("strict refuses a host that is unknown, and writes nothing")
    func strict() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("known_hosts")
        let error = try await connectionFailure(configuration(path, .strict))
        #expect(error?.stage == .hostKey)
        #expect(error?.kind == .hostKeyUnknown)
        #expect(error?.offeredKey?.openSSHLine == (try await plainKey()))
        let result = try await server().tool(options(path, "yes"), ["true"])
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("Host key verification failed."))
        #expect(access(path, F_OK) != 0)
    }

    @Test("hashed names hide the host and are found again")
    func hashed() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let path = folder.file("known_hosts")
        try await withSSHConnection(configuration(path, .acceptNew, hashesNames: true)) { _ in }
        let text = try folder.text(of: "known_hosts")
        #expect(text.hasPrefix("|1|"))
        #expect(!text.contains(server.host))
        #expect(try await find("[\(server.host)]:\(server.port)", in: path).contains(try await plainKey()))
        try await withSSHConnection(configuration(path, .strict)) { _ in }
        let result = try await server.tool(options(path, "yes"), ["exit 3"])
        #expect(result.exit == .status(3), "\(result.errorText)")
    }

    @Test("names that ssh-keygen hashed are found")
    func hashedByOthers() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let path = try folder.write("[\(server.host)]:\(server.port) \(try await plainKey())\n", to: "known_hosts")
        try await RunningProcess.runSuccessfully("ssh-keygen", ["-H", "-f", path])
        #expect(try folder.text(of: "known_hosts").hasPrefix("|1|"))
        try await withSSHConnection(configuration(path, .strict)) { _ in }
    }

    @Test("a host known by its plain name is trusted at another port, and nothing is written")
    func plainName() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let line = "\(server.host) \(try await plainKey())\n"
        let path = try folder.write(line, to: "known_hosts")
        for policy in [HostKeyPolicy.strict, .acceptNew] {
            try await withSSHConnection(configuration(path, policy)) { _ in }
        }
        #expect(try folder.text(of: "known_hosts") == line)
    }

    @Test("a revoked key is refused under every policy", arguments: [HostKeyPolicy.strict, .acceptNew, .ask, .off])
    func revoked(policy: HostKeyPolicy) async throws {
        let folder = try TemporaryDirectory()
        let key = try await plainKey()
        let server = try await server()
        let path = try folder.write(
            "[\(server.host)]:\(server.port) \(key)\n@revoked * \(key)\n", to: "known_hosts")
        let error = try await connectionFailure(configuration(path, policy))
        #expect(error?.stage == .hostKey)
        #expect(error?.kind == .hostKeyRevoked)
    }

    @Test("the answer to the question decides, and only yes is written down")
    func question() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("known_hosts")
        let server = try await server()
        let asked = Mutex(0)
        func connect(_ answer: HostVerification.Answer) async throws {
            var configuration = server.configuration()
            configuration.hostVerification = .knownHosts(userFiles: [path], policy: .ask)
            configuration.responder = Responder(hostKey: { question in
                asked.withLock { $0 += 1 }
                return question.isRepeated ? .no : answer
            })
            try await withSSHConnection(configuration) { _ in }
        }
        for answer in [HostVerification.Answer.no, .fingerprint("SHA256:wrong")] {
            let error = await #expect(throws: SSHError.self) { try await connect(answer) }
            #expect(error?.kind == .hostKeyUnknown)
        }
        try await connect(.once)
        #expect(access(path, F_OK) != 0)
        let before = asked.withLock { $0 }
        try await connect(.yes)
        try await connect(.no)
        #expect(asked.withLock { $0 } == before + 1, "what was accepted is not asked again")
    }

    @Test("sixty-four writers at once keep every line whole")
    func writers() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.file("known_hosts")
        let lines = (0..<64).map { "host-\($0) ssh-ed25519 " + String(repeating: "A", count: 40 + $0 * 16) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for line in lines {
                group.addTask {
                    try await withCheckedThrowingContinuation { continuation in
                        Thread.detachNewThread {
                            continuation.resume(
                                with: Result { try KnownHostsFile.append(line: Array("\(line)\n".utf8), to: path) })
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let written = try folder.text(of: "known_hosts").split(separator: "\n").map(String.init)
        #expect(written.count == 64)
        #expect(Set(written) == Set(lines))
    }

    @Test("tools that learn hosts at the same time keep every line whole")
    func tools() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let path = folder.file("known_hosts")
        let options = options(path, "accept-new")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    let result = try await server.tool(options + ["-o", "HostKeyAlias=alias-\(number)"], ["true"])
                    #expect(result.exit == .status(0), "\(result.errorText)")
                }
            }
            try await group.waitForAll()
        }
        let key = try await plainKey()
        let lines = try folder.text(of: "known_hosts").split(separator: "\n").map(String.init)
        #expect(lines.count == 8)
        #expect(lines.allSatisfy { $0.hasPrefix("alias-") })
        #expect(lines.allSatisfy { $0.hasSuffix(key) })
        #expect(Set(lines).count == 8)
    }

    @Test("a last line without its end is not run into")
    func unfinishedLine() async throws {
        let folder = try TemporaryDirectory()
        let other = try await KeyPair.shared(.ed25519, of: .user).publicKey
        let path = try folder.write("other.invalid \(other)", to: "known_hosts")
        try await withSSHConnection(configuration(path, .acceptNew)) { _ in }
        let lines = try folder.text(of: "known_hosts").split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(lines.first == "other.invalid \(other)")
        #expect(lines.last?.hasSuffix(try await plainKey()) == true)
    }

    @Test("LF-02 known hosts that cannot be written are told, and the connection goes on")
    func unwritable() async throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("", to: "file") + "/known_hosts"
        let result = try await server().tool(options(path, "accept-new"), ["echo on; exit 7"])
        #expect(result.exit == .status(7))
        #expect(result.outputText == "on\n")
        #expect(result.errorText.contains("Failed to add the host to the list of known hosts (\(path))"))
    }

    /// A session with a host that is new, behind other words; what was there stays, and the session is as it would be.
    private func expectUnwritten(
        _ folder: TemporaryDirectory, _ reason: String, _ program: String, _ words: [String]
    ) async throws {
        let server = try await server()
        let line = "other.invalid \(try await KeyPair.shared(.ed25519, of: .user).publicKey)\n"
        let path = try folder.write(line, to: "known_hosts", mode: 0o444)
        let result = try await RunningProcess.run(
            program,
            words + [try FairleadTool.path] + options(path, "accept-new") + server.clientArguments(.ed25519) + [
                server.destination, "echo on; exit 7",
            ])
        #expect(result.exit == .status(7) && result.outputText == "on\n", "\(result.errorText)")
        #expect(
            result.errorText.contains("Failed to add the host to the list of known hosts (\(path)): \(reason)"),
            "\(result.errorText)")
        #expect(try folder.text(of: "known_hosts") == line)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["known_hosts"])
    }

    @Test(
        "LF-02 a disk that is full, broken or over a quota is told; the file stays as it was, the connection goes on",
        .enabled(if: geteuid() == 0 && isInstalled("strace")),
        arguments: [
            ("ENOSPC", "No space left on device"), ("EDQUOT", "Disk quota exceeded"), ("EIO", "Input/output error"),
        ])
    func failingDisk(error: String, reason: String) async throws {
        let (folder, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        let words = ["-f", "-qq", "-o", other.file("trace"), "-P", folder.file("known_hosts"), "-e", "trace=write"]
        try await expectUnwritten(folder, reason, "strace", words + ["-e", "inject=write:error=\(error)"])
        #expect(try other.text(of: "trace").contains("= -1 \(error)"))
    }

    @Test("LF-02 a file that may only be read, in a folder that may only be read, is told, and the connection goes on")
    func readOnly() async throws {
        let folder = try TemporaryDirectory()
        // Root may write everything, unless it has given that up.
        let drop = geteuid() == 0 ? ["setpriv", "--bounding-set", "-dac_override"] : []
        let script = "chmod 0500 '\(folder.path)'; \"$@\"; status=$?; chmod 0700 '\(folder.path)'; exit $status"
        try await expectUnwritten(folder, "Permission denied", "sh", ["-c", script, "sh"] + drop)
    }

    @Test(
        "LF-02 a file system that may only be read is told, and the connection goes on",
        .enabled("where root may mount") {
            guard geteuid() == 0, isInstalled("unshare") else { return false }
            return try await RunningProcess.run("unshare", ["-m", "true"]).exit == .status(0)
        })
    func readOnlyFileSystem() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.path
        let script = "mount --bind '\(path)' '\(path)' && mount -o remount,ro,bind '\(path)' && exec \"$@\""
        try await expectUnwritten(folder, "Read-only file system", "unshare", ["-m", "sh", "-c", script, "sh"])
    }

    @Test("/dev/null forgets, and works")
    func nullDevice() async throws {
        let result = try await server().tool(options("/dev/null", "accept-new"), ["exit 8"])
        #expect(result.exit == .status(8), "\(result.errorText)")
        #expect(!result.errorText.contains("Failed"))
    }

    // A file system of one page, in a mount name space of the tool's own: that takes root, as CI has it, and a system
    // that lets root have one, which most containers do not.
    @Test(
        "LF-02 a full disk leaves the file as it was, byte for byte",
        .enabled("where root may mount") {
            guard geteuid() == 0, isInstalled("unshare") else { return false }
            return try await RunningProcess.run("unshare", ["-m", "true"]).exit == .status(0)
        })
    func fullDisk() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let disk = try folder.makeFolder("disk")
        let other = try await KeyPair.shared(.ed25519, of: .user).publicKey
        let line = "other.invalid \(other)\n"
        let before = Array("#\(String(repeating: "x", count: 4096 - 20 - 2 - line.utf8.count))\n\(line)".utf8)
        try folder.write(before, to: "before")
        let script = """
            mount -t tmpfs -o size=4096 none '\(disk)' && cp '\(folder.file("before"))' '\(disk)/known_hosts' || exit 99
            "$0" "$@"; status=$?
            cp '\(disk)/known_hosts' '\(folder.file("after"))' && exit $status
            """
        let result = try await RunningProcess.run(
            "unshare",
            ["-m", "sh", "-c", script, try FairleadTool.path] + options(disk + "/known_hosts", "accept-new")
                + server.clientArguments(.ed25519) + [server.destination, "exit 7"])
        #expect(result.exit == .status(7), "\(result.errorText)")
        #expect(result.errorText.contains("No space left on device"), "\(result.errorText)")
        #expect(try folder.bytes(of: "after") == before)
    }
}
