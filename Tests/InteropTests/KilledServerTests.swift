import Fairlead
import Foundation
import NIOCore
import PeerSupport
import TestSupport
import Testing

/// A server's processes that are killed at any moment of logins and of transfers both ways.
@Suite(.fewAtOnce, .serialized) struct KilledServerTests {
    private static let command = "head -c 300000 /dev/zero; cat; exit 7"
    private static let input = ByteBuffer(repeating: 9, count: 300_000)

    // In a process of its own, for the descriptors of this one are everybody's.
    @Test("NW-18 A server that is killed, again and again, leaves a typed error each time, and nothing else")
    func killed() async {
        await #expect(processExitsWith: .success) {
            let server = try await OpenSSHServer.withoutProfile()
            let relay = try FaultRelay(to: server.port)
            var configuration = server.configuration()
            (configuration.port, configuration.hostKeyAlias) = (relay.port, "[\(server.host)]:\(server.port)")
            _ = try await Self.session(configuration).get()
            let byteCount = relay.largestByteCount
            #expect(byteCount > 300_000)
            var generator = SplitMix(state: 18)
            var lostCount = 0
            var before = ProcessCounts()
            var round = 0
            // Where all was on its way already, nobody misses the server.
            while lostCount < FaultReport.count(of: 100, sample: 40), round < 300 {
                round += 1
                // Half of them during the login, which has few bytes.
                let limit = round % 2 == 0 ? 3000 : byteCount / 2
                let place = Int.random(in: 0..<limit, using: &generator)
                relay.change {
                    $0.byteCount = place
                    $0.action = { for session in server.sessions { kill(session, SIGKILL) } }
                }
                switch try await Self.session(configuration) {
                case .success(let result):
                    #expect(result.exitStatus == .code(7) && result.output.readableBytes == 600_000)
                case .failure(let error):
                    lostCount += 1
                    let error = try #require(error as? SSHError)
                    let isReset = error.kind == .system(errno: ECONNRESET) || error.kind == .system(errno: EPIPE)
                    #expect(error.kind == .closed || isReset, "at byte \(place): \(error.stage) \(error.kind)")
                }
                try await poll(for: "the sessions to go") { server.sessions.isEmpty ? () : nil }
                if round == 10 { before = try await ProcessCounts.settled() }
            }
            #expect(round < 300)
            let after = try await ProcessCounts.settled(below: before)
            #expect(after.descriptors <= before.descriptors && after.threads <= before.threads, "\(before) \(after)")
            server.stop()
            FaultReport.write(
                "Server killed: \(round) sessions, \(lostCount) lost, \(before) after ten, \(after) at the end")
        }
    }

    private static func session(_ configuration: SSHConfiguration) async throws -> Result<CommandResult, any Error> {
        try await watched("a session with a server that is killed") {
            try await withSSHConnection(configuration) { try await $0.run(command, input: input) }
        }
    }
}
