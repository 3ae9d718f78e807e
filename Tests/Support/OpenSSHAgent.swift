import Foundation

/// OpenSSH's own agent with a socket of the test's, gone with its last reference.
package final class OpenSSHAgent: Sendable {
    /// The socket.
    package let path: String
    private let directory: TemporaryDirectory
    private let process: RunningProcess
    private let watchdog: Watchdog

    /// Starts it; `confirm` is what a person answers when a key asks for consent, nil that nobody answers.
    package static func start(confirm: Bool? = nil, _ options: [String] = []) async throws -> OpenSSHAgent {
        let directory = try TemporaryDirectory()
        let path = directory.file("agent")
        var environment = plainEnvironment(home: directory.path)
        let answer = confirm.map { $0 ? "exit 0" : "exit 1" } ?? "sleep 60"
        environment["SSH_ASKPASS"] = try directory.write(
            "#!/bin/sh\nprintf '%s\\n' \"$1\" >>'\(directory.path)/questions'\n\(answer)\n", to: "askpass", mode: 0o700)
        environment["SSH_ASKPASS_REQUIRE"] = "force"
        var plan = RunningProcess.Plan("ssh-agent", ["-D", "-a", path] + options)
        plan.environment = environment
        let agent = try OpenSSHAgent(path: path, directory, RunningProcess(plan))
        // Said once it listens; the socket's file is there before that.
        try await agent.process.waitForOutput("Agent pid")
        return agent
    }

    private init(path: String, _ directory: TemporaryDirectory, _ process: RunningProcess) throws {
        self.path = path
        self.directory = directory
        self.process = process
        watchdog = try Watchdog("kill -9 \(process.identifier) 2>/dev/null")
    }

    deinit {
        stop()
    }

    package func stop() {
        process.kill()
        watchdog.dismiss()
    }

    /// It hangs from here on.
    package func suspend() {
        process.send(SIGSTOP)
    }

    /// What the agent asked a person so far.
    package var questions: String { (try? directory.text(of: "questions")) ?? "" }

    /// Gives it a key by `ssh-add`, together with its certificate where there is one.
    package func add(_ pair: KeyPair, certificate: String? = nil, _ options: [String] = []) async throws {
        let name = "key\(UUID().uuidString)"
        let path = try directory.write(pair.privateText, to: name)
        try directory.write(pair.publicLine + "\n", to: name + ".pub")
        if let certificate { try directory.write(certificate, to: name + "-cert.pub") }
        let result = try await sshAdd(options + ["-q", path])
        guard result.exit == .status(0) else { throw SupportError.commandFailed("ssh-add: \(result.errorText)") }
    }

    package func sshAdd(_ arguments: [String]) async throws -> RunningProcess.Result {
        try await RunningProcess.run("ssh-add", arguments) { plan in
            plan.environment = plainEnvironment(home: directory.path, ["SSH_AUTH_SOCK": self.path])
        }
    }

    /// What `ssh-add -L` shows: a line for each key.
    package func publicLines() async throws -> [String] {
        let result = try await sshAdd(["-L"])
        return result.exit == .status(0) ? result.outputText.split(separator: "\n").map(String.init) : []
    }

    /// Waits until some have expired.
    package func waitUntil(keyCount: Int, within limit: Duration = .seconds(60)) async throws {
        let end = ContinuousClock.now + limit
        while try await publicLines().count != keyCount {
            guard ContinuousClock.now < end else {
                throw SupportError.deadline(waitingFor: "\(keyCount) keys", soFar: "")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
