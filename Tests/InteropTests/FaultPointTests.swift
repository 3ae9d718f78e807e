import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

/// A connection that is reset, ended or forgotten at any point of a whole session, over real sockets.
@Suite(.fewAtOnce) struct FaultPointTests {
    /// What the server says, and how far that takes the client.
    private static let session: [(number: UInt8, stage: SSHError.Stage)] = [
        (0, .keyExchange), (20, .keyExchange), (31, .keyExchange), (21, .authentication), (7, .authentication),
        (6, .authentication), (53, .authentication), (51, .authentication), (52, .lost), (91, .lost), (99, .lost),
        (94, .lost), (20, .lost), (31, .lost), (21, .lost), (94, .lost), (95, .lost), (93, .lost), (94, .lost),
        (98, .lost), (96, .lost), (97, .lost),
    ]
    private static let points = FaultPoint.all(in: session.count)

    private static func stage(at point: FaultPoint) -> SSHError.Stage {
        point.packetCount == 0 ? .identification : session[point.packetCount - 1].stage
    }

    /// Refuses a key, takes a password, speaks on both streams, changes keys, and gives back what it gets.
    private static func honest() throws -> PeerConfiguration {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.judge = { _, attempt in
            guard case .signed = attempt.method else { return nil }
            return [.banner(Array("not so".utf8)), .failure(["password"], isPartial: false)]
        }
        configuration.program = { _ in
            [.output([1]), .rekey, .output([2]), .error([3]), .echoInput, .exitStatus(0), .endOfOutput, .close]
        }
        return configuration
    }

    private static func client(of server: LoopbackServer) throws -> SSHConfiguration {
        var configuration = server.configuration
        let key = try PrivateKey(TestKeys.ed25519(seed: 3), commentBytes: [])
        configuration.credentials.insert(.privateKey(key), at: 0)
        return configuration
    }

    private static func session(
        _ configuration: SSHConfiguration
    ) async throws -> Result<CommandResult, any Error> {
        try await watched("a session") {
            try await withSSHConnection(configuration) { try await $0.run("all", input: ByteBuffer(bytes: [4])) }
        }
    }

    @Test("The session of these tests says what the table lists, and works")
    func table() async throws {
        let noted = NotedNumbers()
        let server = try await LoopbackServer.scripted {
            var configuration = try Self.honest()
            configuration.noteNumbers { noted.add($0) }
            return configuration
        }
        let result = try await Self.session(Self.client(of: server)).get()
        #expect(result.output == ByteBuffer(bytes: [1, 2, 4]) && result.errorOutput == ByteBuffer(bytes: [3]))
        #expect(noted.all == Self.session.map(\.number))
        #expect(Self.points.count >= 40)
        FaultReport.write(
            "Points over sockets: \(Self.points.count), each with a reset, with an end; in process two more, and black holes"
        )
    }

    @Test(
        "NW-01 NW-02 PK-30 A reset or an end at any point, and inside of any packet, is one error of the right stage",
        arguments: points, [FaultyServer.Fault.reset, .end])
    func ends(_ point: FaultPoint, _ fault: FaultyServer.Fault) async throws {
        let faulty = try await FaultyServer.start(fault, at: point) { try Self.honest() }
        var configuration = try Self.client(of: faulty.server)
        faulty.watch(&configuration)
        switch try await Self.session(configuration) {
        case .success(let result):
            // Only the close of the channel is missing: all that the command had to say is there.
            #expect(point.packetCount == Self.session.count - 1)
            #expect(result.output == ByteBuffer(bytes: [1, 2, 4]) && result.exitStatus == .code(0))
        case .failure(let error):
            let error = error as? SSHError
            #expect(error?.stage == Self.stage(at: point))
            // Whether the system tells of a reset, and of which, depends on what was just being sent; amid a KEXINIT, nothing.
            let isKexInit = point == FaultPoint(packetCount: 1, isInside: true)
            let resets: [SSHError.Kind] =
                [.system(errno: ECONNRESET)] + (isKexInit ? [] : [.system(errno: EPIPE), .closed])
            #expect(
                error.map { fault == .end ? $0.kind == .closed : resets.contains($0.kind) } == true,
                "\(String(describing: error))")
        }
        try await poll(for: "the sockets to close") { faulty.server.openConnectionCount == 0 ? () : nil }
    }

    @Test(
        "NW-03 A black hole is a time-out of the right stage, as soon as the configuration says",
        arguments: [0, 1, 2, 3, 9, 10, 16, 18])
    func blackHole(packetCount: Int) async throws {
        let point = FaultPoint(packetCount: packetCount, isInside: true)
        let faulty = try await FaultyServer.start(.blackHole, at: point) { try Self.honest() }
        var configuration = try Self.client(of: faulty.server)
        // It covers the time up to the first keys.
        if packetCount < 4 { configuration.connectTimeout = .seconds(packetCount == 0 ? 3 : 10) }
        configuration.serverAliveInterval = .milliseconds(300)
        configuration.serverAliveCountMax = 2
        let error = try await Self.session(configuration).error as? SSHError
        #expect(error?.kind == .timeout)
        #expect(error?.stage == Self.stage(at: point))
        try await poll(for: "the sockets to close") { faulty.server.openConnectionCount == 0 ? () : nil }
    }
}

private final class NotedNumbers: Sendable {
    private let numbers = Mutex<[UInt8]>([])

    var all: [UInt8] { numbers.withLock { $0 } }

    func add(_ number: UInt8) { numbers.withLock { $0.append(number) } }
}
