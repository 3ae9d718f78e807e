import Foundation
import TestSupport
import Testing

/// Networks that lose, that are slow, and that go away, with the tool in a network of its own.
@Suite(.fewAtOnce, .serialized, .enabled(if: NetworkNamespace.isPossible)) struct BadLinkTests {
    private struct Link {
        let network: NetworkNamespace
        let server: OpenSSHServer

        init() async throws {
            let network = try await NetworkNamespace()
            self.network = network
            server = try await OpenSSHServer { $0.lines = ["ListenAddress \(network.outside)"] }
        }

        func plan(_ command: String, _ options: [String] = []) throws -> RunningProcess.Plan {
            let words = try network.prefix(try FairleadTool.path)
            let arguments =
                [
                    "-F", "none", "-p", "\(server.port)", "-i", server.files.keyPath(.ed25519), "-o",
                    "IdentitiesOnly=yes",
                ]
                + ["-o", "UserKnownHostsFile=\(server.files.knownHostsPath)", "-o", "GlobalKnownHostsFile=/dev/null"]
                + ["-o", "HostKeyAlias=[\(server.host)]:\(server.port)"] + options
                + ["\(server.user)@\(network.outside)", command]
            var plan = RunningProcess.Plan(words[0], Array(words.dropFirst()) + arguments)
            plan.environment = plainEnvironment(home: server.files.home)
            return plan
        }

        func run(_ command: String, _ options: [String] = []) async throws -> RunningProcess.Result {
            try await RunningProcess(try plan(command, options)).result(within: .seconds(180))
        }
    }

    @Test("NW-07 Where one packet in twenty is lost, each way, every byte arrives")
    func loss() async throws {
        let link = try await Link()
        try await link.network.losePackets(0.05)
        let result = try await link.run("seq 1 600000")
        #expect(result.exit == .status(0), "\(result.errorText)")
        let isWhole = result.outputText == (1...600_000).map { "\($0)\n" }.joined()
        #expect(isWhole)
    }

    @Test("NW-07 Where one in three is lost, a session is whole or ends with a sentence and 255")
    func heavyLoss() async throws {
        let link = try await Link()
        try await link.network.losePackets(0.18)
        let result = try await link.run("seq 1 2000", ["-o", "ConnectTimeout=60"])
        let isWhole = result.exit == .status(0) && result.outputText == (1...2000).map { "\($0)\n" }.joined()
        #expect(isWhole || (result.exit == .status(255) && !result.errorText.isEmpty), "\(result.exit)")
    }

    @Test(
        "NW-08 On a megabit a second behind a long queue a login, a transfer and a question work, without any time-out")
    func slow() async throws {
        let link = try await Link()
        try await link.network.slowDown(rate: "1mbit", milliseconds: 400)
        var plan = try link.plan("cat", ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=1"])
        let input = (0..<400_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        plan.input = .bytes(input)
        let result = try await RunningProcess(plan).result(within: .seconds(180))
        let isSame = result.output == input
        #expect(result.exit == .status(0) && isSame && result.errorText == "", "\(result.errorText)")
    }

    @Test(
        "NW-12 An interface that goes down is an error as soon as questions stay unanswered, and closing does not hang")
    func down() async throws {
        let link = try await Link()
        let options = ["-o", "ServerAliveInterval=4", "-o", "ServerAliveCountMax=2"]
        let process = try RunningProcess(try link.plan("echo ready; sleep 600", options))
        try await process.waitForOutput("ready")
        try await link.network.goDown()
        let result = try await process.result(within: .seconds(60))
        #expect(result.exit == .status(255) && result.errorText.contains("not responding"), "\(result.errorText)")
    }
}
