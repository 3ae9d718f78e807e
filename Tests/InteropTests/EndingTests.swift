import Fairlead
import Foundation
import NIOCore
import NIOPosix
import PeerSupport
import SSHCore
import SSHWire
import TestSupport
import Testing

/// Whatever ends a scope ends what it opened, on the server too.
@Suite(.fewAtOnce) struct EndingTests {
    private struct Enough: Error {}

    @Test("a scope that is left early ends its command", arguments: [false, true])
    func earlyReturn(throwing: Bool) async throws {
        try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            var identifier: pid_t?
            do {
                try await connection.withProcess("echo $$; exec sleep 3600") { process in
                    var chunks = process.output.makeAsyncIterator()
                    identifier = pid_t(try #require(try await chunks.next()).text.trimmingCharacters(in: .newlines))
                    if throwing { throw Enough() }
                }
            } catch is Enough {}
            let command = try #require(identifier)
            try await poll(for: "the command to end") { ProcessTree.isRunning(command) ? nil : () }
            #expect(try await connection.run("echo still").output.text == "still\n")
        }
    }

    @Test("leaving the connection's scope ends the connection on the server")
    func endOfScope() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        try await withSSHConnection(server.configuration()) { connection in
            _ = try await connection.run("true")
            #expect(!server.sessions.isEmpty)
        }
        try await poll(for: "the session to end") { server.sessions.isEmpty ? () : nil }
        try await server.waitForLog("disconnected by user")
    }

    @Test("no program that whoever embeds us starts gets a connection's socket, which would then not end with us")
    func inheritance() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        try await withSSHConnection(server.configuration()) { _ in
            let sockets = try OpenSockets.connected(to: server.port)
            #expect(sockets.count == 1 && !sockets.contains(where: OpenSockets.isInherited))
        }
        let agent = try await ScriptedAgent.start { _ in .silence }
        let questions = Task { try await SSHAgent.patient(agent.path).identities() }
        try await poll(for: "the question") { agent.questions.isEmpty ? nil : () }
        let sockets = try OpenSockets.connected(to: agent.path)
        #expect(sockets.count == 1 && !sockets.contains(where: OpenSockets.isInherited))
        questions.cancel()
        _ = await questions.result
    }

    @Test("cancelling a task closes its connection and ends its command")
    func cancellation() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let configuration = server.configuration()
        let task = Task {
            try await withSSHConnection(configuration) { try await $0.run("exec sleep 3600") }
        }
        try await server.waitForLog("Starting session: command")
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        try await poll(for: "the session to end") { server.sessions.isEmpty ? () : nil }
    }

    @Test("cancelling during the handshake closes the socket")
    func cancelledHandshake() async throws {
        let server = try await LoopbackServer.saying(Array("SSH-2.0-silent\r\n".utf8))
        let configuration = SSHConfiguration(
            host: Loopback.address, port: server.port, user: "user", hostVerification: .pinned([]), credentials: [])
        let task = Task { try await withSSHConnection(configuration) { _ in } }
        try await poll(for: "the connection") { server.openConnectionCount == 1 ? () : nil }
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        try await poll(for: "the socket to close") { server.openConnectionCount == 0 ? () : nil }
    }

    @Test("cancelling a question about a password closes the connection", .enabled(if: ThrowawayUser.isPossible))
    func cancelledQuestion() async throws {
        let user = try await ThrowawayUser.create()
        let server = try await OpenSSHServer { $0.user = user }
        var configuration = server.configuration()
        let (questions, asked) = AsyncStream.makeStream(of: Void.self)
        configuration.credentials = [.password()]
        configuration.responder = Responder(password: { _ in
            asked.yield()
            try await Task.sleep(for: .seconds(600))
            return nil
        })
        let task = Task { [configuration] in try await withSSHConnection(configuration) { _ in } }
        for await _ in questions { break }
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
        try await poll(for: "the session to end") { server.sessions.isEmpty ? () : nil }
    }

    @Test("a server killed in mid-transfer is a lost connection", arguments: [false, true])
    func killedServer(uploading: Bool) async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration()) { connection in
                try await connection.withProcess(uploading ? "cat >/dev/null" : "cat /dev/zero") { process in
                    let piece = ByteBuffer(repeating: 7, count: 1 << 20)
                    var chunks = process.output.makeAsyncIterator()
                    for count in 0... {
                        if count == 8 { server.stop() }
                        if uploading { try await process.input.write(piece) } else { _ = try await chunks.next() }
                    }
                }
            }
        }
        #expect(error?.stage == .lost)
    }

    @Test("the tool tells of a server killed in mid-transfer, with 255")
    func killedServerOfTool() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let client = try server.startTool([], ["cat /dev/zero"]) { $0.outputLimit = 1 << 20 }
        try await poll(for: "some output") { client.outputByteCount > 4 << 20 ? () : nil }
        server.stop()
        let result = try await client.result()
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("onnection"), "\(result.errorText)")
    }

    @Test("a peer that lies and resets the connection at once is told of by its lie")
    func resetAfterLie() async throws {
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let ours = loops.next()
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                let hasLied = Flag()
                configuration.hook = { _, _, payload in
                    guard (try? ServiceAccept(payload: payload)) != nil else { return [.payload(payload)] }
                    // The client finds both, the lie and the end.
                    let isHeld = DispatchSemaphore(value: 0)
                    ours.execute {
                        isHeld.signal()
                        Thread.sleep(forTimeInterval: 0.3)
                    }
                    isHeld.wait()
                    hasLied.set()
                    return [.message(ChannelClose(recipient: ChannelID(rawValue: 0)))]
                }
                let handler = PeerHandler(ScriptedPeer(configuration)) { _, channel in
                    if hasLied.isSet { FaultyServer.perform(.reset, on: channel) }
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration, on: ours) { _ in }
        }
        #expect(error?.kind == .protocolViolation, "\(error.map { "\($0)" } ?? "")")
        try await loops.shutdownGracefully()
    }
}
