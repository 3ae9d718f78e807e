import Fairlead
import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import TestSupport
import Testing

/// What the library makes of a session's requests that a server refuses.
@Suite(.fewAtOnce) struct RefusedRequestTests {
    /// Refuses the replies of these numbers, counted from the first that follows the confirmation.
    private static func server(refusing refused: Set<Int>) async throws -> LoopbackServer {
        try await .scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            configuration.program = { _ in [.output(Array("out".utf8)), .exitStatus(3), .endOfOutput, .close] }
            configuration.hook = { peer, step, own in
                guard let granted = try? ChannelSuccess(payload: own) else { return [.payload(own)] }
                let requests = peer.channels.values.flatMap(\.requests).filter(\.wantsReply)
                guard refused.contains(requests.count - 1) else { return [.payload(own)] }
                return [.message(ChannelFailure(recipient: granted.recipient))]
            }
            return configuration
        }
    }

    @Test("CH-21 a process whose terminal is refused runs, and tells that it has none", arguments: [true, false])
    func terminal(isRefused: Bool) async throws {
        let server = try await Self.server(refusing: isRefused ? [0] : [])
        try await withSSHConnection(server.configuration) { connection in
            try await connection.withProcess("x", environment: ["A": "b"], terminal: .init()) { process in
                #expect(process.hasTerminal == !isRefused)
                let output = try await process.output.collect(upTo: 100)
                let status = try await process.exitStatus
                #expect(output.text == "out" && status == .code(3))
            }
            try await connection.withProcess("x") { #expect(!$0.hasTerminal) }
        }
    }

    @Test("CH-21 a refused program ends the session with a typed error in ssh's words, not the connection")
    func programs() async throws {
        let server = try await Self.server(refusing: [0, 1, 2])
        try await withSSHConnection(server.configuration) { connection in
            func refusal(_ body: () async throws -> Void) async -> SSHError? {
                await #expect(throws: SSHError.self) { try await body() }
            }
            let errors = [
                await refusal { try await connection.withShell { _ in } },
                await refusal { try await connection.withProcess("x") { _ in } },
                await refusal { try await connection.withSubsystem("x") { _ in } },
            ]
            for (index, name) in ["shell", "exec", "subsystem"].enumerated() {
                #expect(errors[index]?.stage == .channel && errors[index]?.kind == .refused)
                #expect(errors[index]?.message == "\(name) request failed on channel \(index)")
            }
            let result = try await connection.run("x")
            #expect(result.output.text == "out")
        }
    }
}
