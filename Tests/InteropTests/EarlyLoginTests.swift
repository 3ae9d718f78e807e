import Foundation
import NIOCore
import PeerSupport
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

@testable import Fairlead

/// A session that travels along with the login (ruling 29), with real servers and with one that dislikes it.
@Suite(.fewAtOnce) struct EarlyLoginTests {
    private static let memory = ".local/state/fairlead/logins"

    private func fingerprint(_ kind: KeyKind) async throws -> String {
        try PublicKey(line: Array(try await KeyPair.shared(kind, of: .user).publicLine.utf8)).fingerprint.sha256
    }

    /// Logs in with two keys, of which the server takes the first, while the second is remembered.
    ///
    /// How many connections the server tells of each time; `stale` is what the second login is to make.
    private func loginWithStaleMemory(
        _ server: any InteropServer, connection: String, stale staleCount: Int
    ) async throws -> [Int] {
        let home = try TemporaryDirectory()
        func connections(atLeast expected: Int) async throws -> Int {
            // What the server has said may not have been read yet; what comes too late counts for the next time.
            try await poll(for: "the server's log") {
                let count = server.log.components(separatedBy: connection).count - 1
                return count >= expected ? count : nil
            }
        }
        // One looked whether the server was there.
        var before = try await connections(atLeast: 1)
        func login(_ expected: Int) async throws -> Int {
            let result = try await server.tool(
                ["-i", server.files.keyPath(.ed25519), "-i", server.files.keyPath(.ecdsa)], ["echo in"]
            ) {
                $0.environment = plainEnvironment(home: home.path)
            }
            #expect(result.exit == .status(0) && result.outputText == "in\n")
            #expect(result.errorText == "")
            let count = try await connections(atLeast: before + expected)
            defer { before = count }
            return count - before
        }
        var counts = [try await login(1)]
        let (good, stale) = (try await fingerprint(.ed25519), try await fingerprint(.ecdsa))
        let kept = try home.text(of: Self.memory)
        #expect(kept.contains("\(good) alone "))
        try home.write(kept.replacing(good, with: stale), to: Self.memory)
        counts.append(try await login(staleCount))
        #expect(try home.text(of: Self.memory) == kept)
        counts.append(try await login(1))
        return counts
    }

    @Test("OpenSSH answers that it does not know it where the remembered key no longer does, and the login goes on")
    func openSSH() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.authorizedKeys = [.ed25519] }
        #expect(try await loginWithStaleMemory(server, connection: "Connection from ", stale: 1) == [1, 1, 1])
    }

    @Test("dropbear hangs up there: one polite second try", .enabled(if: DropbearServer.isPossible))
    func dropbear() async throws {
        let server = try await DropbearServer()
        try server.user.authorize([try await KeyPair.shared(.ed25519, of: .user)])
        #expect(try await loginWithStaleMemory(server, connection: "Child connection from ", stale: 2) == [1, 2, 1])
    }

    private final class Flag: Sendable {
        let value = Mutex(true)
    }

    /// What was sent and received, by name.
    private final class Record: Sendable {
        private let names = Mutex<[String]>([])
        func add(_ record: MessageRecord) { names.withLock { $0.append(record.name) } }
        func take() -> [String] {
            names.withLock { names in
                defer { names = [] }
                return names
            }
        }
    }

    /// Whether a channel was opened before the server had let us in, on the last connection.
    private func isEarly(_ names: [String]) throws -> Bool {
        let open = try #require(names.lastIndex(of: "CHANNEL_OPEN"))
        return try open < #require(names.lastIndex(of: "USERAUTH_SUCCESS"))
    }

    private func configuration(
        _ server: LoopbackServer, _ folder: TemporaryDirectory, _ record: Record
    ) throws -> SSHConfiguration {
        var configuration = server.configuration
        let key = try PublicKey(TestKeys.ed25519().verificationKey)
        configuration.hostVerification = .pinned([key.fingerprint.sha256])
        configuration.credentials = [
            .privateKey(try PrivateKey(TestKeys.ed25519(seed: 4), commentBytes: [])),
            .password(Secret(copying: "correct horse".utf8)),
        ]
        configuration.memoryPath = folder.file("logins")
        configuration.opensSessionEarly = true
        configuration.onMessage = { record.add($0) }
        return configuration
    }

    private func server(
        _ change: @escaping @Sendable (_ number: Int, inout PeerConfiguration) -> Void = { _, _ in }
    ) async throws -> LoopbackServer {
        let count = Mutex(0)
        return try await LoopbackServer.scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            configuration.acceptedKeys = [try TestKeys.ed25519(seed: 4).verificationKey.blob]
            let number = count.withLock {
                $0 += 1
                return $0
            }
            change(number, &configuration)
            return configuration
        }
    }

    private func run(_ configuration: SSHConfiguration) async throws {
        let result = try await withSSHConnection(configuration) { try await $0.run("said") }
        #expect(result.output.text == "said" && result.exitStatus == .code(0))
    }

    @Test("a server that hangs up on it though the key is right is not given it again")
    func disliked() async throws {
        let server = try await server { number, configuration in
            guard number == 2 else { return }
            configuration.judge = { _, _ in
                [.payload(Disconnect(reason: .protocolError, description: "not yet").payload)]
            }
        }
        let folder = try TemporaryDirectory()
        let record = Record()
        let configuration = try configuration(server, folder, record)
        try await run(configuration)
        #expect(try !isEarly(record.take()))
        #expect(try folder.text(of: "logins").contains(" alone "))
        try await run(configuration)
        #expect(server.connectionCount == 3)
        #expect(try !isEarly(record.take()))
        #expect(try folder.text(of: "logins").contains(" late "))
        try await run(configuration)
        #expect(server.connectionCount == 4)
        #expect(try !isEarly(record.take()))
        #expect(try folder.text(of: "logins").contains(" late "))
    }

    @Test("a server that hangs up for good is tried twice, and no more")
    func hangsUp() async throws {
        let server = try await server { number, configuration in
            guard number > 1 else { return }
            configuration.judge = { _, _ in
                [.payload(Disconnect(reason: .protocolError, description: "never").payload)]
            }
        }
        let folder = try TemporaryDirectory()
        let configuration = try configuration(server, folder, Record())
        try await run(configuration)
        #expect(await connectionFailure(configuration)?.kind == .disconnected(code: 2))
        #expect(server.connectionCount == 3)
        withExtendedLifetime(folder) {}
    }

    @Test("the first session takes it, the next ones open their own; what nobody takes is closed")
    func taken() async throws {
        let server = try await server()
        let record = Record()
        let folder = try TemporaryDirectory()
        let configuration = try configuration(server, folder, record)
        try await run(configuration)
        #expect(try !isEarly(record.take()))
        try await withSSHConnection(configuration) { connection in
            for _ in 0..<3 {
                let result = try await connection.run("said")
                #expect(result.output.text == "said")
            }
        }
        let names = record.take()
        #expect(names.count(where: { $0 == "CHANNEL_OPEN" }) == 3)
        #expect(try isEarly(Array(names.prefix { $0 != "CHANNEL_REQUEST" })))
        try await withSSHConnection(configuration) { connection in
            while await !connection.hasOpenSession { await Task.yield() }
        }
        let unused = record.take()
        #expect(unused.suffix(2) == ["CHANNEL_CLOSE", "DISCONNECT"])
        #expect(!unused.contains("CHANNEL_REQUEST"))
        withExtendedLifetime(folder) {}
    }

    @Test("one that the server refuses costs nothing: the session is asked for again")
    func refused() async throws {
        let server = try await server { number, configuration in
            guard number == 2 else { return }
            let isFirst = Flag()
            configuration.hook = { _, step, payload in
                let isNow = isFirst.value.withLock { isFirst in
                    defer { isFirst = isFirst && step != .channelReply }
                    return isFirst && step == .channelReply
                }
                guard isNow else { return [.payload(payload)] }
                return [
                    .message(
                        ChannelOpenFailure(
                            recipient: ChannelID(rawValue: 0), reason: 4, description: "not so soon"))
                ]
            }
        }
        let record = Record()
        let folder = try TemporaryDirectory()
        let configuration = try configuration(server, folder, record)
        try await run(configuration)
        _ = record.take()
        try await withSSHConnection(configuration) { connection in
            while await connection.earlySession != nil { await Task.yield() }
            let result = try await connection.run("said")
            #expect(result.output.text == "said")
        }
        #expect(record.take().count(where: { $0 == "CHANNEL_OPEN" }) == 2)
        withExtendedLifetime(folder) {}
    }

    @Test(
        "none where the memory says that more was wanted, where nothing is said of it, where idle sessions end, or where nobody could be asked again"
    )
    func none() async throws {
        let server = try await server()
        let folder = try TemporaryDirectory()
        let record = Record()
        let plain = try configuration(server, folder, record)
        var silent = plain
        silent.opensSessionEarly = false
        var limited = plain
        limited.sessionIdleTimeout = .seconds(60)
        try await run(plain)
        _ = record.take()
        var asked = plain
        asked.hostVerification = .custom { _ in true }
        for configuration in [silent, limited, asked] {
            try await run(configuration)
            #expect(try !isEarly(record.take()))
        }
        try await run(plain)
        #expect(try isEarly(record.take()))
        try folder.write(folder.text(of: "logins").replacing(" alone ", with: " more "), to: "logins")
        try await run(plain)
        #expect(try !isEarly(record.take()))
        #expect(try folder.text(of: "logins").contains(" alone "))
    }
}

extension SSHConnection {
    fileprivate var hasOpenSession: Bool { sessions.values.contains(where: \.isOpen) }
}
