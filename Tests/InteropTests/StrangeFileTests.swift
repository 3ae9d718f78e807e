import Foundation
import TestSupport
import Testing

/// The tool before files that are none, that have no end or that belong to others, where it reads its own.
@Suite(.fewAtOnce) struct StrangeFileTests {
    enum Place: String, CaseIterable, Sendable {
        /// The user's own configuration, which the tool finds by itself.
        case home
        /// The file of `-F`.
        case chosen
        case key, knownHosts
    }

    /// What stands at the path.
    enum Thing: String, CaseIterable, Sendable {
        case fifo, endless, directory, loop, gigabyte, unreadable, writable, foreign

        /// Why it is not read, in the system's words or ours; nil where it is.
        func reason(at place: Place) -> String? {
            switch (self, place) {
            // Who names a pipe has something in mind: for ten seconds the tool waits for it.
            case (.fifo, .chosen): "Connection timed out"
            case (.endless, .chosen): "the file is too large"
            case (.fifo, _), (.endless, _): "not a regular file"
            // As in ssh, where it is found and not named.
            case (.directory, .home): nil
            case (.directory, _): "Is a directory"
            case (.loop, _): "Too many levels of symbolic links"
            case (.gigabyte, _): "the file is too large"
            case (.unreadable, _): "Permission denied"
            // Ruling 25: a configuration runs programs, and a private key of ours is for us.
            case (.writable, .home), (.foreign, .home): "Bad owner or permissions on "
            case (.writable, .key): "bad permissions: mode 0620 lets others read this private key; run: chmod 600 "
            case (.writable, _), (.foreign, _): nil
            }
        }

        func make(_ path: String, _ contents: String) throws {
            var isMade: Bool
            switch self {
            case .fifo: isMade = mkfifo(path, 0o600) == 0
            case .endless: isMade = symlink("/dev/zero", path) == 0
            case .directory: isMade = mkdir(path, 0o700) == 0
            case .loop: isMade = symlink(path, path) == 0
            case .gigabyte, .unreadable, .writable, .foreign:
                isMade = FileManager.default.createFile(
                    atPath: path, contents: Data(contents.utf8), attributes: [.posixPermissions: 0o600])
            }
            switch self {
            case .gigabyte: isMade = isMade && truncate(path, 1 << 30) == 0
            case .unreadable: isMade = isMade && chmod(path, 0) == 0
            case .writable: isMade = isMade && chmod(path, 0o620) == 0
            case .foreign: isMade = isMade && chmod(path, 0o644) == 0 && chown(path, 65534, 65534) == 0
            default: break
            }
            try #require(isMade)
        }
    }

    /// Runs the tool with so little memory that it cannot hold what has no end, and where it is root, without root's leave to
    /// read everything.
    private func run(_ arguments: [String], home: String) async throws -> RunningProcess.Result {
        // A sanitizer maps terabytes for itself.
        let limit = sanitizerOptions.isEmpty ? "ulimit -d 786432 && " : ""
        let drop = geteuid() == 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"] : []
        return try await RunningProcess.run(
            "sh", ["-c", limit + "exec \"$@\"", "sh"] + drop + [try FairleadTool.path] + arguments
        ) { $0.environment = plainEnvironment(home: home) }
    }

    private func path(_ place: Place, in home: TemporaryDirectory) throws -> String {
        if place == .home { try home.makeFolder(".ssh") }
        return home.file(place == .home ? ".ssh/config" : "strange")
    }

    private func arguments(_ place: Place, _ path: String, _ server: OpenSSHServer) throws -> [String] {
        var options = ["-oBatchMode=yes", "-oIdentityAgent=none", "-p", String(server.port)]
        // Of several values the first counts.
        if place == .knownHosts { options.append("-oUserKnownHostsFile=\(path)") }
        options += ["-oUserKnownHostsFile=\(server.files.knownHostsPath)", "-oStrictHostKeyChecking=yes"]
        if place != .home { options += ["-F", place == .chosen ? path : "none"] }
        options += ["-oIdentitiesOnly=yes", "-i", place == .key ? path : server.files.keyPath(.ed25519)]
        return options + [server.destination, "echo in"]
    }

    private static let cases = Place.allCases.flatMap { place in
        Thing.allCases.filter { $0 != .foreign || geteuid() == 0 }.map { (place, $0) }
    }

    @Test(
        "G4: what is no file, has no end, or is not to be read there, ends soon in a sentence that names it, and 255",
        .enabled(if: geteuid() != 0 || isInstalled("setpriv")), arguments: cases)
    func strange(place: Place, thing: Thing) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let home = try TemporaryDirectory()
        let path = try path(place, in: home)
        let contents =
            switch place {
            case .home, .chosen: "User \(server.user)\n"
            case .key: try await KeyPair.shared(.ed25519, of: .user).privateText
            case .knownHosts: try String(contentsOfFile: server.files.knownHostsPath, encoding: .utf8)
            }
        try thing.make(path, contents)
        let result = try await run(try arguments(place, path, server), home: home.path)
        guard let reason = thing.reason(at: place) else {
            #expect(result.exit == .status(0) && result.outputText == "in\n", "\(result.errorText)")
            return
        }
        #expect(result.exit == .status(255) && result.output.isEmpty, "\(result.exit): \(result.errorText)")
        let lines = result.errorText.split(separator: "\n")
        #expect(lines.contains { $0.contains(path) && $0.contains(reason) }, "\(result.errorText)")
        switch place {
        case .home, .chosen: #expect(lines.count == 1)
        case .key: #expect(lines.last?.contains("Permission denied (publickey") == true)
        case .knownHosts: #expect(lines.last == "Host key verification failed.")
        }
    }

    @Test(
        "LF-11 ruling 25: a configuration that others can write is refused, with what mends it",
        arguments: [0o666, 0o620])
    func writableConfiguration(mode: mode_t) async throws {
        let home = try TemporaryDirectory()
        try home.makeFolder(".ssh")
        let path = try home.write("Port 7\n", to: ".ssh/config", mode: mode)
        let refused = try await FairleadTool.run(["-G", "host"], home: home.path)
        #expect(refused.exit == .status(255) && refused.output.isEmpty)
        #expect(refused.errorText.hasSuffix("Bad owner or permissions on \(path); run: chmod go-w \(path)\n"))
        // And it does.
        try await RunningProcess.runSuccessfully("chmod", ["go-w", path])
        #expect(try await FairleadTool.run(["-G", "host"], home: home.path).outputText.contains("\nport 7\n"))
    }

    @Test("LF-08 a private key behind a link is judged by its own mode, and another user's that we may read is taken")
    func keyOfAnother() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let home = try TemporaryDirectory()
        let text = try await KeyPair.shared(.ed25519, of: .user).privateText
        let link = home.file("link")
        try #require(symlink("key", link) == 0)
        for (mode, isTaken) in [(0o600, true), (0o400, true), (0o644, false), (0o640, false)] as [(mode_t, Bool)] {
            let path = try home.write(text, to: "key", mode: mode)
            for name in [path, link] {
                let result = try await run(try arguments(.key, name, server), home: home.path)
                #expect(result.exit == .status(isTaken ? 0 : 255), "\(String(mode, radix: 8)): \(result.errorText)")
                if isTaken { continue }
                #expect(result.errorText.contains("Load key \"\(name)\": bad permissions"), "\(result.errorText)")
                #expect(result.errorText.contains("run: chmod 600 \(name)"), "\(result.errorText)")
            }
            // Secrets that a container is given belong to somebody else (ruling 25).
            guard geteuid() == 0, mode == 0o644 else { continue }
            try #require(chown(path, 65534, 65534) == 0)
            let result = try await run(try arguments(.key, link, server), home: home.path)
            #expect(result.exit == .status(0), "\(result.errorText)")
            try #require(chown(path, 0, 0) == 0)
        }
    }
}
