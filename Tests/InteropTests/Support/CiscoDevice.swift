import Fairlead
import SSHCrypto
import TestSupport
import Testing

/// A server with the lists, the identification and the manners of a Cisco device of 2020, behind a relay that records.
struct CiscoDevice {
    static let keyExchanges = ["diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1"]
    static let ciphers = ["aes128-ctr", "aes192-ctr", "aes256-ctr"]
    static let macs = ["hmac-sha2-256", "hmac-sha2-512", "hmac-sha1", "hmac-sha1-96"]
    private static let password = "cisco words"

    let server: AsyncSSHServer
    let relay: RecordingRelay

    init(segment: Int? = nil) async throws {
        server = try await AsyncSSHServer(hostKeys: [.rsa]) {
            ($0.version, $0.bare, $0.password) = ("Cisco-1.25", true, Self.password)
            ($0.kex, $0.hostKeyAlgorithms) = (Self.keyExchanges, ["ssh-rsa"])
            ($0.ciphers, $0.macs, $0.compressions) = (Self.ciphers, Self.macs, ["none"])
            $0.groupSizes = [2048]
        }
        relay = try await RecordingRelay.start(to: server.port, segment: segment)
    }

    /// Logs in through the relay, by password as one does there; with the legacy profile, unless the test changes it.
    func login<Value: Sendable>(
        _ change: (inout SSHConfiguration) throws -> Void = { _ in },
        _ body: @Sendable (SSHConnection) async throws -> Value
    ) async throws -> Value {
        var configuration = SSHConfiguration(
            host: Loopback.address, port: relay.port, user: "admin", hostVerification: .custom { _ in true },
            credentials: [.password(Secret(copying: Self.password.utf8))])
        configuration.profile = .legacy
        try change(&configuration)
        defer { withExtendedLifetime(self) {} }
        return try await withSSHConnection(configuration) { try await body($0) }
    }

    /// Logs in, expects that to fail, and gives the error.
    func failure(_ change: (inout SSHConfiguration) throws -> Void) async -> SSHError? {
        await #expect(throws: SSHError.self) { try await login(change) { _ in } }
    }

    /// What was said in the clear, by us and by the device.
    func conversation() async throws -> (client: PlainPackets, device: PlainPackets) {
        let recording = try await relay.finishedRecording()
        return (PlainPackets(recording.clientToServer), PlainPackets(recording.serverToClient))
    }
}
