import Foundation
import NIOCore
import PeerSupport
import Synchronization
import TestSupport
import Testing

/// What a tool that crashes while it holds a password leaves in files and on the terminal: nothing of it.
@Suite(.fewAtOnce, .enabled(if: MemoryScan.isPossible)) struct CrashCanaryTests {
    private static let secret = "Xq-crash-canary-77"

    /// A server that takes a password and says no more.
    private final class Silent: Sendable {
        private let heard = Mutex(false)

        var hasPassword: Bool { heard.withLock { $0 } }

        func start() async throws -> LoopbackServer {
            try await LoopbackServer.scripted { [self] in
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                configuration.judge = { [self] _, attempt in
                    guard case .password = attempt.method else { return nil }
                    heard.withLock { $0 = true }
                    return []
                }
                return configuration
            }
        }
    }

    /// Runs a line in the folder, where cores are welcome, on a terminal.
    private static func terminal(_ line: String, in folder: TemporaryDirectory) throws -> TestSupport.PseudoTerminal {
        try TestSupport.PseudoTerminal(
            "/bin/sh", ["-c", "ulimit -c unlimited; " + line],
            environment: plainEnvironment(home: folder.path, ["TERM": "xterm", "SSH_ASKPASS_REQUIRE": "never"]),
            directory: folder.path)
    }

    /// The files there that hold it.
    private static func files(in folder: TemporaryDirectory, with secret: String) throws -> [String] {
        let data = Data(secret.utf8)
        return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { name in
            FileManager.default.contents(atPath: folder.file(name))?.range(of: data) != nil
        }
    }

    @Test(
        "D13 LF-15 A tool that crashes while its password is typed, or on its way, writes no core and no word of it",
        arguments: [SIGSEGV, SIGABRT, SIGBUS], [false, true])
    func crash(number: Int32, isSent: Bool) async throws {
        let (silent, folder) = (Silent(), try TemporaryDirectory())
        let server = try await silent.start()
        let options =
            "-F none -vvv -p \(server.port) -o UserKnownHostsFile=none -o StrictHostKeyChecking=no "
            + "-o GlobalKnownHostsFile=/dev/null -o PreferredAuthentications=password"
        let terminal = try Self.terminal(
            "exec '\(FairleadTool.path)' \(options) user@\(Loopback.address) true", in: folder)
        var shown = try await terminal.read(until: "'s password: ")
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write(Self.secret + (isSent ? "\n" : ""))
        if isSent { try await poll(for: "the password") { silent.hasPassword ? () : nil } }
        // Whatever the shell allowed.
        let limits = try String(contentsOfFile: "/proc/\(terminal.identifier)/limits", encoding: .utf8)
        let cores = try #require(limits.split(separator: "\n").first { $0.hasPrefix("Max core file size") })
        #expect(cores.split(separator: " ").dropFirst(4).prefix(2) == ["0", "0"])
        terminal.send(number)
        #expect(try await terminal.waitForExit() == .signal(number))
        if !isSent { _ = try terminal.takeUnreadInput() }
        try await poll(for: "the last word") {
            terminal.pendingOutput.contains("the terminal was restored") ? () : nil
        }
        shown += terminal.pendingOutput
        #expect(!shown.contains(Self.secret))
        #expect(try Self.files(in: folder, with: Self.secret) == [])
        #expect(try !FileManager.default.contentsOfDirectory(atPath: folder.path).contains { $0.hasPrefix("core") })
    }

    private static let pattern = try? String(contentsOfFile: "/proc/sys/kernel/core_pattern", encoding: .utf8)

    @Test("D13 LF-15 A program that hides nothing is found out by the same search, where the system writes cores")
    func control() async throws {
        let folder = try TemporaryDirectory()
        let pattern = (Self.pattern ?? "").trimmingCharacters(in: .whitespacesAndNewlines)
        let terminal = try Self.terminal("echo '\(Self.secret)'; SECRET='\(Self.secret)'; kill -ABRT $$", in: folder)
        #expect(try await terminal.waitForExit() == .signal(SIGABRT))
        try await poll(for: "its word") { terminal.pendingOutput.contains(Self.secret) ? () : nil }
        // Elsewhere a program of the system takes them.
        guard !pattern.contains("/"), !pattern.hasPrefix("|"), !pattern.isEmpty else { return }
        #expect(try Self.files(in: folder, with: Self.secret).count == 1)
    }
}
