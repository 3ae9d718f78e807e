import Fairlead
import NIOCore

func kernel(of host: String, port: Int, user: String, home: String) async throws -> String {
    let configuration = SSHConfiguration(
        host: host, port: port, user: user, hostVerification: .knownHosts(userFiles: [home + "/.ssh/known_hosts"]),
        credentials: [.keyFile(home + "/.ssh/id_ed25519")])
    return try await withSSHConnection(configuration) { String(buffer: try await $0.run("uname -sr").output) }
}
