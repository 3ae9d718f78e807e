import Fairlead
import Foundation
import Synchronization
import TestSupport
import Testing

/// No password, passphrase or private key is left in a process that has logged in, in what it logs, or in what it hands to
/// others; canaries planted elsewhere are found by the same search.
@Suite(.fewAtOnce, .enabled(if: MemoryScan.isPossible && ThrowawayUser.isPossible)) struct CanaryTests {
    /// A word that nothing else in any process holds.
    private static func canary(_ purpose: String) -> String {
        "\(purpose)-" + (0..<12).map { _ in String(UInt8.random(in: 97...122), radix: 36) }.joined()
    }

    /// The tool on a terminal with all it can log, logged in, with a command that goes on.
    private struct Session {
        let server: OpenSSHServer
        let terminal: TestSupport.PseudoTerminal
        let planted: [String: [UInt8]]
        let handed: TemporaryDirectory
        private(set) var shown = ""

        init(_ server: OpenSSHServer, _ options: [String], _ environment: [String: String] = [:]) async throws {
            self.server = server
            handed = try TemporaryDirectory()
            let (argument, variable) = (canary("argument"), canary("variable"))
            planted = ["an argument": Array(argument.utf8), "a variable": Array(variable.utf8)]
            // A program that the tool starts writes down what it was given.
            let script = try handed.write(
                "#!/bin/sh\nprintf '%s\\n' \"$@\" >'\(handed.path)/arguments'\nenv >'\(handed.path)/environment'\n",
                to: "command", mode: 0o755)
            terminal = try TestSupport.PseudoTerminal(
                FairleadTool.path,
                ["-vvv", "-oBatchMode=no", "-oKnownHostsCommand=\(script) %H", "-oSetEnv=CANARY=\(argument)"] + options
                    + server.clientArguments() + [server.destination, "echo logged-$((1 + 1)); cat"],
                environment: plainEnvironment(
                    home: handed.path, environment.merging(["TERM": "xterm", "PLANTED": variable]) { $1 }))
        }

        mutating func answer(_ prompt: String, _ text: String) async throws {
            shown += try await terminal.read(until: prompt)
            try await terminal.waitForSettings { !$0.echoes }
            try terminal.write(text + "\n")
        }

        /// Looks for secrets in the memory, in the log, and in what the child was given.
        mutating func expectClean(_ secrets: [String: [UInt8]]) async throws {
            shown += try await terminal.read(until: "logged-2")
            let all = secrets.merging(planted) { $1 }
            let found = try await MemoryScan.occurrences(of: all, in: terminal.identifier)
            #expect(Set(found.keys) == Set(planted.keys), "in memory: \(found)")
            let log = Array((shown + terminal.pendingOutput).utf8)
            let given = try handed.bytes(of: "arguments") + (try handed.bytes(of: "environment"))
            #expect(
                log.contains(Array(server.files.knownHostsPath.utf8)) && given.contains(planted["a variable"] ?? []))
            for (name, secret) in secrets {
                #expect(!log.contains(secret), "\(name) is in the log")
                #expect(!given.contains(secret), "\(name) was given to a child")
            }
        }
    }

    @Test("D13 LF-15 a password is nowhere once it has let its user in; planted words are found")
    func password() async throws {
        let password = Self.canary("password")
        let user = try await ThrowawayUser.create(password: password)
        let server = try await OpenSSHServer { $0.user = user }
        var session = try await Session(server, ["-oPreferredAuthentications=password"])
        try await session.answer("'s password: ", password)
        try await session.expectClean(["the password": Array(password.utf8)])
    }

    @Test(
        "D13 LF-15 an answer to a server's own question is nowhere once it has let its user in",
        .enabled(if: PAMServer.isPossible))
    func interactive() async throws {
        let pam = try await PAMServer(methods: "keyboard-interactive", asksForCode: false)
        var session = try await Session(pam.server, ["-oPreferredAuthentications=keyboard-interactive"])
        try await session.answer("Password: ", pam.user.password)
        try await session.expectClean(["the answer": Array(pam.user.password.utf8)])
    }

    @Test("D13 LF-15 what an askpass program said is nowhere once it has let its user in")
    func askpass() async throws {
        let password = Self.canary("password")
        let user = try await ThrowawayUser.create(password: password)
        let server = try await OpenSSHServer { $0.user = user }
        let askpass = try Askpass([password])
        var session = try await Session(server, ["-oPreferredAuthentications=password"], askpass.environment)
        try await session.expectClean(["the password": Array(password.utf8)])
    }

    @Test("D13 LF-15 a private key that an agent was given is nowhere else afterwards", arguments: KeyKind.allCases)
    func agent(kind: KeyKind) async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let agent = try await OpenSSHAgent.start()
        var session = try await Session(
            server, ["-i", server.files.keyPath(kind), "-oAddKeysToAgent=yes"], ["SSH_AUTH_SOCK": agent.path])
        try await session.expectClean(try await KeyPair.shared(kind, of: .user).secretParts)
        #expect(try await agent.publicLines().count == 1)
    }

    @Test(
        "D13 LF-15 a private key and its file's text are nowhere once it has let its user in",
        arguments: KeyKind.allCases)
    func key(kind: KeyKind) async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let pair = try await KeyPair.shared(kind, of: .user)
        var session = try await Session(server, ["-i", server.files.keyPath(kind)])
        var secrets = try pair.secretParts
        // The lines after the first hold the public half, which is no secret; the last ones the private half.
        let lines = pair.privateText.split(separator: "\n").dropFirst().dropLast().suffix(2)
        for (number, line) in lines.enumerated() where line.count >= 24 { secrets["line \(number)"] = Array(line.utf8) }
        try await session.expectClean(secrets)
    }

    @Test(
        "D13 LF-15 a passphrase and the key behind it are nowhere once they have let their user in",
        arguments: ["RFC4716", "PEM", "PKCS8", "PPK"])
    func passphrase(format: String) async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let passphrase = Self.canary("passphrase")
        let pair = try await KeyPair.shared(.ecdsa, of: .user)
        let folder = try TemporaryDirectory()
        let path = try folder.write(pair.privateText, to: "locked")
        if format == "PPK" {
            let word = try folder.write(passphrase, to: "word")
            try await RunningProcess.runSuccessfully(
                "puttygen", [path, "-O", "private", "-o", path, "--new-passphrase", word])
        } else {
            try await RunningProcess.runSuccessfully(
                "ssh-keygen", ["-q", "-p", "-a", "1", "-m", format, "-P", "", "-N", passphrase, "-f", path])
        }
        var session = try await Session(server, ["-i", path])
        try await session.answer("Enter passphrase for key ", passphrase)
        try await session.expectClean(pair.secretParts.merging(["the passphrase": Array(passphrase.utf8)]) { $1 })
    }
}

/// The same of a program that uses the library, when all is closed.
@Suite(.serialized, .enabled(if: MemoryScan.isPossible && ThrowawayUser.isPossible)) struct LibraryCanaryTests {
    enum Means: String, CaseIterable, Codable, Sendable { case password, keyFile, privateKey }

    @Test(
        "D13 a secret that a program gave the library is nowhere after close, and was there before",
        arguments: Means.allCases)
    func library(means: Means) async throws {
        let password = (0..<20).map { _ in String(UInt8.random(in: 97...122), radix: 36) }.joined()
        let user = try await ThrowawayUser.create(password: password)
        let server = try await OpenSSHServer { $0.user = user }
        let pair = try await KeyPair.shared(.ecdsa, of: .user)
        let desk = try TemporaryDirectory()
        try desk.write(password, to: "password")
        try desk.write(pair.privateText, to: "key")
        let secrets = means == .password ? ["password": Array(password.utf8)] : try pair.secretParts
        let finds = Finds()
        // A thread of its own: who waits for an exit test may keep the tests' threads to himself.
        Thread.detachNewThread {
            for stage in ["connected", "closed"] { finds.add(secrets, at: stage, in: desk) }
        }
        let program = CanaryProgram(
            means: means, folder: desk.path, port: server.port, user: server.user,
            knownHostsPath: server.files.knownHostsPath)
        await #expect(processExitsWith: .success) { [program = program as CanaryProgram] in
            try await program.run()
        }
        // A file is read when it is needed and not kept; what the program itself gave stays as long as it says.
        #expect((finds.found["connected"]?.isEmpty ?? true) == (means == .keyFile), "\(finds.found)")
        #expect(finds.found["closed"] == [:])
    }

    /// What was found at each stage that the program went through.
    private final class Finds: Sendable {
        private let counts = Mutex<[String: [String: Int]]>([:])

        var found: [String: [String: Int]] { counts.withLock { $0 } }

        func add(_ secrets: [String: [UInt8]], at stage: String, in desk: TemporaryDirectory) {
            for _ in 0..<60_000 {
                if let process = pid_t((try? desk.text(of: stage)) ?? "") {
                    let found = try? MemoryScan.occurrencesNow(of: secrets, in: process)
                    counts.withLock { $0[stage] = found }
                    _ = try? desk.write("", to: "after-" + stage)
                    return
                }
                usleep(2000)
            }
        }
    }
}

/// A program that logs in, and says in its folder how far it is; it never holds a secret itself.
struct CanaryProgram: Codable, Sendable {
    var means: LibraryCanaryTests.Means
    var folder: String
    var port: Int
    var user: String
    var knownHostsPath: String

    func run() async throws {
        try await session()
        try await pause(at: "closed")
    }

    private func session() async throws {
        let credential: Credential =
            switch means {
            case .password: .password(try secret("password"))
            case .keyFile: .keyFile(folder + "/key")
            case .privateKey: .privateKey(try PrivateKey.parse(try secret("key")))
            }
        let configuration = SSHConfiguration(
            host: Loopback.address, port: port, user: user,
            hostVerification: .knownHosts(userFiles: [knownHostsPath]), credentials: [credential])
        try await withSSHConnection(configuration) { connection in
            _ = try await connection.run("true")
            try await pause(at: "connected")
        }
    }

    private func secret(_ name: String) throws -> Secret {
        let file = open(folder + "/" + name, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 8192)
        defer {
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            bytes.deallocate()
        }
        let count = read(file, bytes.baseAddress, bytes.count)
        guard count > 0 else { throw SupportError.commandFailed("no secret") }
        return Secret(copying: UnsafeBufferPointer(rebasing: bytes[..<count]))
    }

    private func pause(at stage: String) async throws {
        try Data(String(getpid()).utf8).write(to: URL(fileURLWithPath: folder + "/" + stage), options: .atomic)
        try await poll(for: "leave to go on", within: .seconds(120)) {
            access(folder + "/after-" + stage, F_OK) == 0 ? () : nil
        }
    }
}

extension [UInt8] {
    fileprivate func contains(_ part: [UInt8]) -> Bool {
        Data(self).range(of: Data(part)) != nil
    }
}
