import Fairlead
import NIOCore
import PeerSupport
import SSHWire
import TestSupport
import Testing

/// What honest servers do at bad moments, done on purpose.
@Suite(.fewAtOnce) struct ScriptedServerTests {
    private func server(_ change: @escaping @Sendable (inout PeerConfiguration) -> Void) async throws -> LoopbackServer
    {
        try await LoopbackServer.scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            change(&configuration)
            return configuration
        }
    }

    @Test("an honest one serves, output and end in one piece")
    func control() async throws {
        let server = try await server { _ in }
        let result = try await withSSHConnection(server.configuration) { try await $0.run("echoed") }
        #expect(result.output.text == "echoed")
        #expect(result.exitStatus == .code(0))
    }

    // Seen of dropbear 2022.83, when another session's program died at that moment.
    @Test("a session that is closed as soon as it is open is refused, not misused")
    func closedAtOnce() async throws {
        let server = try await server {
            $0.hook = { _, _, payload in
                var message = payload
                let number = message.readInteger(as: UInt8.self).map(MessageNumber.init(rawValue:))
                switch number {
                case .channelOpenConfirmation:
                    let recipient = ChannelID(rawValue: message.readInteger(as: UInt32.self) ?? 0)
                    return [.payload(payload), .message(ChannelClose(recipient: recipient))]
                // Who has closed says no more, whatever was on its way.
                case .channelSuccess, .channelData, .channelEOF, .channelRequest, .channelClose: return []
                default: return [.payload(payload)]
                }
            }
        }
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration) { try await $0.run("true") }
        }
        #expect(error?.stage == .channel)
        #expect(error?.kind == .refused)
    }

    @Test("a session that is idle before its program has begun is told to be idle, not to be closed by the server")
    func idleAtOnce() async throws {
        let server = try await server {
            $0.hook = { _, _, payload in (try? ChannelSuccess(payload: payload)) == nil ? [.payload(payload)] : [] }
            $0.program = { _ in [] }
        }
        var configuration = server.configuration
        configuration.sessionIdleTimeout = .milliseconds(100)
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(configuration) { try await $0.run("true") }
        }
        #expect(error?.stage == .channel && error?.kind == .timeout)
    }
}
