import Foundation

/// tinysshd behind tcpserver on a loopback port.
///
/// It has Ed25519 and ChaCha20 only, and no strict key exchange on Debian 12. Like dropbear it reads the user's own authorized_keys, so it takes root and a throwaway user.
package final class TinySSHServer: Sendable {
    package let files: ClientFiles
    package let user: ThrowawayUser
    private let directory: TemporaryDirectory
    private let server: Server

    /// Whether it can run here; for `.enabled(if:)`.
    package static var isPossible: Bool {
        ThrowawayUser.isPossible && isInstalled("tinysshd", "tinysshd-makekey", "tcpserver")
    }

    package init() async throws {
        let user = try await ThrowawayUser.create()
        self.user = user
        let directory = try TemporaryDirectory(isPublic: true)
        self.directory = directory
        let userKey = try await KeyPair.shared(.ed25519, of: .user)
        try user.authorize([userKey])
        let keys = directory.file("keys")
        try await RunningProcess.runSuccessfully("tinysshd-makekey", ["-q", keys])
        let tinysshd = try programPath("tinysshd")
        server = try await Server.start { port in
            var plan = RunningProcess.Plan("tcpserver", ["-HRDl0", Loopback.address, String(port)])
            plan.arguments += [tinysshd, "-v", keys]
            plan.environment = plainEnvironment(home: directory.path)
            return plan
        }
        let hostKey = try Self.hostKey(in: keys)
        files = try ClientFiles(in: directory, port: server.port, hostKeys: [hostKey.publicKey], userKeys: [userKey])
    }

    package var host: String { Loopback.address }
    package var port: Int { server.port }
    package var log: String { server.log }
    package var destination: String { "\(user.name)@\(host)" }

    package func clientArguments() -> [String] {
        files.arguments(port: port)
    }

    package func stop() {
        server.stop()
    }

    /// The public key file holds the bare 32 bytes; known_hosts wants them as strings behind their type's name.
    private static func hostKey(in folder: String) throws -> KeyPair {
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: folder + "/ed25519.pk")))
        let type = Array("ssh-ed25519".utf8)
        let blob = [0, 0, 0, UInt8(type.count)] + type + [0, 0, 0, UInt8(bytes.count)] + bytes
        let line = "ssh-ed25519 " + Data(blob).base64EncodedString()
        return KeyPair(kind: .ed25519, privateText: "", publicLine: line)
    }
}
