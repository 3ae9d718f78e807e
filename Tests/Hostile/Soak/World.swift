import Fairlead
import Foundation
import TestSupport

/// A server, and before it a relay for each worker that may hurt what passes.
final class World: Sendable {
    private let server: OpenSSHServer
    let relays: [FaultRelay]

    init(workerCount: Int) async throws {
        let user = ThrowawayUser.isPossible ? try await ThrowawayUser.create() : nil
        server = try await OpenSSHServer {
            $0.user = user
            $0.lines = ["MaxStartups 200", "MaxSessions 100", "LogLevel ERROR"]
        }
        let port = server.port
        relays = try (0..<workerCount).map { _ in try FaultRelay(to: port) }
    }

    func configuration(through relay: FaultRelay) -> SSHConfiguration {
        var configuration = SSHConfiguration(
            host: server.host, port: relay.port, user: server.user,
            hostVerification: .knownHosts(userFiles: [server.files.knownHostsPath]),
            credentials: [.keyFile(server.files.keyPath(.ed25519))])
        configuration.hostKeyAlias = "[\(server.host)]:\(server.port)"
        // Keys change many times in each transfer.
        configuration.rekeyByteCount = 1 << 20
        configuration.connectTimeout = .seconds(20)
        configuration.serverAliveInterval = .seconds(2)
        configuration.serverAliveCountMax = 2
        return configuration
    }

    /// Ends one of the server's processes, whosever it is.
    func killSession(_ choice: Int) {
        let sessions = server.sessions
        if !sessions.isEmpty { kill(sessions[choice % sessions.count], SIGKILL) }
    }

    func warmUp(_ work: Work) async throws {
        guard let relay = relays.first else { return }
        try await withSSHConnection(configuration(through: relay)) { try await work.perform(on: $0, 7) }
    }

    func stop() { server.stop() }
}
