import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

/// Servers that go away where an answer, or the end of a program, is awaited.
@Suite(.fewAtOnce) struct LastWordTests {
    private static let faults = [FaultyServer.Fault.end, .reset]

    /// What was tried on a server, in order.
    private final class Attempts: Sendable {
        private let passwords = Mutex<[[UInt8]]>([])

        var all: [[UInt8]] { passwords.withLock { $0 } }

        func add(_ password: [UInt8]) { passwords.withLock { $0.append(password) } }
    }

    /// Takes a password or an answer, and goes away instead of a word about it.
    private func leaving(_ fault: FaultyServer.Fault, _ attempts: Attempts) async throws -> LoopbackServer {
        try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                let isOver = Flag()
                configuration.judge = { _, attempt in
                    switch attempt.method {
                    case .password(let password): attempts.add(password)
                    case .answers(let answers): attempts.add(answers.flatMap(\.self))
                    case .other: return [.payload(Self.question.payload)]
                    default: return [.failure(["password", "keyboard-interactive"], isPartial: false)]
                    }
                    isOver.set()
                    return []
                }
                var hasLeft = false
                let handler = PeerHandler(ScriptedPeer(configuration)) { _, channel in
                    guard isOver.isSet, !hasLeft else { return }
                    hasLeft = true
                    FaultyServer.perform(fault, on: channel)
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    private static let question = UserauthInfoRequest(
        name: ByteBuffer(), instruction: ByteBuffer(),
        prompts: [.init(text: ByteBuffer(string: "Code: "), echoes: false)])

    /// What a program may log in with: the secret is sent at once, after a key that is refused, or for a question.
    enum Way: String, CaseIterable, Sendable { case password, afterKey, answer }

    @Test(
        "AU-24 A server that takes the password and goes away has it once: it is sent on no other connection",
        arguments: faults, Way.allCases)
    func passwordOnce(fault: FaultyServer.Fault, way: Way) async throws {
        let attempts = Attempts()
        let server = try await leaving(fault, attempts)
        var configuration = server.configuration
        let key = try PrivateKey(TestKeys.ed25519(seed: 3), commentBytes: [])
        switch way {
        case .password: break
        case .afterKey: configuration.credentials.insert(.privateKey(key), at: 0)
        case .answer:
            configuration.credentials = [.keyboardInteractive()]
            configuration.responder = Responder(challenge: { _ in [Secret(copying: "correct horse".utf8)] })
        }
        // A second one, which another connection could be given.
        configuration.credentials.append(.password(Secret(copying: "battery staple".utf8)))
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .authentication)
        let resets: [SSHError.Kind] = [.system(errno: ECONNRESET), .system(errno: EPIPE), .closed]
        #expect(error.map { fault == .end ? $0.kind == .closed : resets.contains($0.kind) } == true, "\(error as Any)")
        #expect(server.connectionCount == 1 && attempts.all == [Array("correct horse".utf8)])
    }

    private func tool(_ server: LoopbackServer, _ askpass: Askpass) async throws -> RunningProcess.Result {
        let home = try TemporaryDirectory()
        return try await FairleadTool.run(
            [
                "-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oIdentityAgent=none",
                "-p", String(server.port), "user@" + Loopback.address, "said",
            ], home: home.path
        ) { $0.environment.merge(askpass.environment) { $1 } }
    }

    @Test("AU-24 nor does the tool ask for it again", arguments: faults)
    func askedOnce(fault: FaultyServer.Fault) async throws {
        let attempts = Attempts()
        let server = try await leaving(fault, attempts)
        let askpass = try Askpass(["correct horse", "correct horse"])
        let result = try await tool(server, askpass)
        #expect(result.exit == .status(255) && result.output.isEmpty)
        #expect(askpass.asked.count == 1 && attempts.all == [Array("correct horse".utf8)])
        #expect(server.connectionCount == 1)
    }

    private static let silence = "the server closed the session without an exit status"

    /// Serves a program that says something and has no exit status: it is closed, or the connection goes.
    private func statusless(_ fault: FaultyServer.Fault?) async throws -> LoopbackServer {
        try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                let isOver = Flag()
                configuration.program = { command in
                    if fault != nil { isOver.set() }
                    return [.output(command)] + (fault == nil ? [.close] : [])
                }
                var hasLeft = false
                let handler = PeerHandler(ScriptedPeer(configuration)) { _, channel in
                    guard let fault, isOver.isSet, !hasLeft else { return }
                    hasLeft = true
                    FaultyServer.perform(fault, on: channel)
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    @Test("CH-17 Of a session that is closed without a status the tool says so, and its status is 255")
    func noStatus() async throws {
        let server = try await statusless(nil)
        let result = try await tool(server, Askpass(["correct horse"]))
        #expect(result.exit == .status(255) && result.outputText == "said")
        #expect(result.errorText.contains("fairlead: \(Self.silence)\n"), "\(result.errorText)")
        let status = try await withSSHConnection(server.configuration) { try await $0.run("said").exitStatus }
        #expect(status == .unknown)
    }

    @Test(
        "CH-17 A connection that is lost before the status is told apart: another sentence, and 255", arguments: faults)
    func lost(fault: FaultyServer.Fault) async throws {
        let server = try await statusless(fault)
        let result = try await tool(server, Askpass(["correct horse"]))
        #expect(result.exit == .status(255))
        #expect(!result.errorText.contains(Self.silence), "\(result.errorText)")
        // Which of the two a reset is, depends on what was just being sent.
        let sentences =
            ["Connection closed by remote host"] + (fault == .end ? [] : ["Connection reset", "Broken pipe"])
        #expect(sentences.contains { result.errorText.contains($0) }, "\(result.errorText)")
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration) { try await $0.run("said") }
        }
        #expect(error?.stage == .lost)
    }

    @Test("D15 A command of a MiB is the caller's mistake, which ends nothing; one of none is a command")
    func commandSizes() async throws {
        let server = try await LoopbackServer.scripted { PeerConfiguration(hostKey: try TestKeys.ed25519()) }
        try await withSSHConnection(server.configuration) { connection in
            let error = await #expect(throws: SSHError.self) {
                try await connection.run(String(repeating: "x", count: 1 << 20))
            }
            #expect(error?.kind == .misuse)
            let result = try await connection.run("")
            #expect(result.output.readableBytes == 0 && result.exitStatus == .code(0))
        }
    }
}
