import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// What is left of a session whose scope, or whose connection, is gone: nothing.
@Suite(.fewAtOnce) struct AbandonedSessionTests {
    /// Looks at a connection without holding it.
    private final class Witness: @unchecked Sendable {
        weak var connection: SSHConnection?
    }

    private static let descriptors = SessionDescriptors(input: nil, output: 1, errorOutput: 2)

    private static var threadNames: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").compactMap {
                try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)
            }
        }
    }

    @Test("a task that outlives its command's scope is told of the end")
    func outlivingTask() async throws {
        try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            let (waiting, begins) = AsyncStream.makeStream(of: Void.self)
            let task = try await connection.withProcess("exec sleep 3600") { process in
                let task = Task {
                    begins.yield()
                    return try await process.exitStatus
                }
                for await _ in waiting { break }
                // The task's turn on the connection's loop comes before the end of this scope.
                try await process.resize(to: .init(columns: 1, rows: 1))
                return task
            }
            let ended = Task { try await task.value }
            let winner = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    _ = try? await ended.value
                    return true
                }
                group.addTask {
                    try? await Task.sleep(for: .seconds(60))
                    return false
                }
                let first = await group.next() ?? false
                task.cancel()
                return first
            }
            #expect(winner)
        }
    }

    @Test("a connection that is lost during a joined session leaves nothing behind", arguments: [false, true])
    func lostConnection(isStarted: Bool) async throws {
        let server = try await LoopbackServer.scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            let farewell = Emission.message(Disconnect(reason: .byApplication, description: "enough"))
            configuration.program = { _ in [] }
            configuration.hook = { _, step, own in
                guard own.getInteger(at: own.readerIndex, as: UInt8.self) == 99 else { return [.payload(own)] }
                return isStarted ? [.payload(own), farewell] : [farewell]
            }
            return configuration
        }
        let witness = Witness()
        // Nothing comes, so that a thread must wait for it.
        let ends = try makePipe()
        defer { for end in [ends.reader, ends.writer] { close(end) } }
        let descriptors = SessionDescriptors(input: ends.reader, output: 1, errorOutput: 2)
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration) { connection in
                witness.connection = connection
                let session = try await JoinedSession(
                    on: connection, program: .command(Array("true".utf8)), environment: [:], terminal: nil,
                    descriptors: descriptors)
                await session.begin()
                _ = try await session.finish()
            }
        }
        #expect(error?.stage == .lost)
        try await poll(for: "the connection to go") { witness.connection == nil ? () : nil }
        // Such threads are those of joined sessions alone, and no other in this program lasts.
        try await poll(for: "the threads to go") { try Self.threadNames.contains { $0.hasPrefix("TP-") } ? nil : () }
    }
}
