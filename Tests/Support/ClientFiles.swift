import Foundation

/// What a client needs to log in to one test server: keys, and a known_hosts that already knows the server.
package struct ClientFiles: Sendable {
    private let directory: TemporaryDirectory

    init(in directory: TemporaryDirectory, port: Int, hostKeys: [String], userKeys: [KeyPair]) throws {
        self.directory = directory
        for key in userKeys {
            try directory.write(key.privateText, to: "id_\(key.kind.rawValue)")
            try directory.write(key.publicLine + "\n", to: "id_\(key.kind.rawValue).pub", mode: 0o644)
        }
        let lines = hostKeys.map { "[\(Loopback.address)]:\(port) \($0)\n" }
        try directory.write(lines.joined(), to: "known_hosts")
    }

    /// A private key file that the server lets in; its public half lies beside it with `.pub`.
    package func keyPath(_ kind: KeyKind) -> String {
        directory.file("id_\(kind.rawValue)")
    }

    /// A known_hosts with every host key of the server.
    package var knownHostsPath: String { directory.file("known_hosts") }

    /// A folder to give to clients as HOME.
    package var home: String { directory.path }

    /// Arguments for `ssh` and for our tool alike: nothing of the developer's is read, and nothing asks.
    package func arguments(port: Int, key: KeyKind = .ed25519) -> [String] {
        [
            "-F", "none", "-p", String(port), "-i", keyPath(key), "-o", "IdentitiesOnly=yes",
            "-o", "UserKnownHostsFile=\(knownHostsPath)", "-o", "GlobalKnownHostsFile=/dev/null",
            "-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes",
        ]
    }
}
