import Fairlead

/// Runs a command so many times at once, each on a channel of its own of one connection.
///
///     ManyChannels COUNT USER KEY KNOWN_HOSTS HOST PORT COMMAND
@main enum ManyChannels {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count == 7, let count = Int(words[0]), let port = Int(words[5]) else {
            return print("usage: ManyChannels COUNT USER KEY KNOWN_HOSTS HOST PORT COMMAND")
        }
        let configuration = SSHConfiguration(
            host: words[4], port: port, user: words[1], hostVerification: .knownHosts(userFiles: [words[3]]),
            credentials: [.keyFile(words[2])])
        let succeeded = try await withSSHConnection(configuration) { connection in
            await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<count {
                    group.addTask { (try? await connection.run(words[6]))?.exitStatus.isSuccess == true }
                }
                var succeeded = 0
                for await isSuccess in group where isSuccess { succeeded += 1 }
                return succeeded
            }
        }
        print("\(succeeded) of \(count) succeeded")
    }
}
