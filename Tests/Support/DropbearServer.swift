import Foundation

/// dropbear on a loopback port.
///
/// It reads `~/.ssh/authorized_keys` of the user who logs in, and nothing can make it look
/// elsewhere; so clients log in as a throwaway user, and that takes root.
package final class DropbearServer: Sendable {
    package let files: ClientFiles
    package let user: ThrowawayUser
    private let directory: TemporaryDirectory
    private let server: Server
    private let hostKeys: [KeyPair]

    /// Whether it can run here; for `.enabled(if:)`.
    package static var isPossible: Bool { ThrowawayUser.isPossible && isInstalled("dropbear", "dropbearkey") }

    /// Starts it with more flags of its own: `-I 5`, `-j`, `-W 65536`.
    package init(_ arguments: [String] = [], hostKeys kinds: [KeyKind] = [.ed25519, .ecdsa, .rsa]) async throws {
        let user = try await ThrowawayUser.create()
        self.user = user
        let directory = try TemporaryDirectory(isPublic: true)
        self.directory = directory
        let userKeys = try await KeyPair.shared(of: .user)
        try user.authorize(userKeys)
        var hostKeys: [KeyPair] = []
        for kind in kinds { hostKeys.append(try await Self.generateHostKey(kind, in: directory)) }
        self.hostKeys = hostKeys
        server = try await Server.start { port in
            var plan = RunningProcess.Plan("dropbear", ["-F", "-E", "-m", "-P", directory.file("pid")])
            plan.arguments += kinds.flatMap { ["-r", directory.file("host_\($0.rawValue)")] }
            plan.arguments += ["-p", "\(Loopback.address):\(port)"] + arguments
            plan.environment = plainEnvironment(home: directory.path)
            return plan
        }
        files = try ClientFiles(
            in: directory, port: server.port, hostKeys: hostKeys.map(\.publicKey), userKeys: userKeys)
    }

    package var host: String { Loopback.address }
    package var port: Int { server.port }
    package var log: String { server.log }
    package var isRunning: Bool { server.isRunning }
    package var sessions: [pid_t] { server.sessions }
    package var destination: String { "\(user.name)@\(host)" }

    package func hostKey(_ kind: KeyKind) throws -> String {
        guard let pair = hostKeys.first(where: { $0.kind == kind }) else {
            throw SupportError.serverFailed("no host key of kind \(kind)")
        }
        return pair.publicKey
    }

    package func clientArguments(_ key: KeyKind = .ed25519) -> [String] {
        files.arguments(port: port, key: key)
    }

    package func stop() {
        server.stop()
    }

    /// dropbear has a file format of its own, and its tool makes it.
    private static func generateHostKey(_ kind: KeyKind, in directory: TemporaryDirectory) async throws -> KeyPair {
        let path = directory.file("host_\(kind.rawValue)")
        let size = kind.bitCount.map { ["-s", String($0)] } ?? []
        try await RunningProcess.runSuccessfully("dropbearkey", ["-t", kind.type, "-f", path] + size)
        let shown = try await RunningProcess.runSuccessfully("dropbearkey", ["-y", "-f", path])
        let lines = shown.outputText.split(separator: "\n").map(String.init)
        guard let line = lines.first(where: { $0.hasPrefix("ssh-") || $0.hasPrefix("ecdsa-") }) else {
            throw SupportError.commandFailed("dropbearkey shows no public key")
        }
        return KeyPair(kind: kind, privateText: "", publicLine: line)
    }
}
