import Fairlead

/// Runs one command on many hosts from one process, and tells how it ended on each.
///
///     ManyLogins LIMIT USER KEY KNOWN_HOSTS COMMAND HOST[:PORT]...
///
/// No more than LIMIT connections are open at once. They share the library's event loops, one for each core, so that
/// their number is no number of threads; while they wait for the network, nothing is held but what each of them knows.
@main enum ManyLogins {
    static func main() async {
        guard let plan = Plan(CommandLine.arguments.dropFirst()) else {
            print("usage: ManyLogins LIMIT USER KEY KNOWN_HOSTS COMMAND HOST[:PORT]...")
            return
        }
        var succeeded = 0
        await withTaskGroup(of: Outcome.self) { group in
            var waiting = plan.hosts[...]
            // As many as the limit begin, and each one that is done makes room for the next.
            for host in waiting.prefix(plan.limit) { group.addTask { await plan.run(on: host) } }
            waiting = waiting.dropFirst(plan.limit)
            for await outcome in group {
                if outcome.isSuccess { succeeded += 1 } else { print("\(outcome.host): \(outcome.text)") }
                if let host = waiting.popFirst() { group.addTask { await plan.run(on: host) } }
            }
        }
        print("\(succeeded) of \(plan.hosts.count) succeeded")
    }
}

/// How it went on one host.
private struct Outcome {
    let host: String
    var isSuccess = false
    let text: String
}

/// What to do, and where.
private struct Plan {
    let limit: Int
    let user: String
    let credentials: [Credential]
    let verification: HostVerification
    let command: String
    let hosts: [String]

    init?(_ words: ArraySlice<String>) {
        let words = Array(words)
        guard words.count > 5, let limit = Int(words[0]), limit > 0 else { return nil }
        self.limit = limit
        user = words[1]
        credentials = [.keyFile(words[2])]
        verification = .knownHosts(userFiles: [words[3]])
        command = words[4]
        hosts = Array(words[5...])
    }

    func run(on host: String) async -> Outcome {
        let parts = host.split(separator: ":", maxSplits: 1)
        let port = parts.count > 1 ? Int(parts[1]) ?? 0 : 22
        let configuration = SSHConfiguration(
            host: String(parts.first ?? ""), port: port, user: user, hostVerification: verification,
            credentials: credentials)
        do {
            let result = try await withSSHConnection(configuration) { try await $0.run(command) }
            return Outcome(host: host, isSuccess: result.exitStatus.isSuccess, text: "\(result.exitStatus)")
        } catch {
            return Outcome(host: host, text: "\(error)")
        }
    }
}
