import Foundation
import HostileServing
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

    @Test(
        "NW-07 Where one packet in twenty is lost, each way, every byte arrives: 100 MiB of them, and 20 the other way",
        arguments: [false, true])
    func loss(isUpload: Bool) async throws {
        let link = try await Link()
        try await link.network.losePackets(0.05)
        let made = "seq 1 16000000 | head -c \(FaultReport.count(of: 100, sample: isUpload ? 20 : 100) << 20)"
        let expected = try await RunningProcess.runSuccessfully("sh", ["-c", made + " | sha256sum"])
        let plan = try link.plan(isUpload ? "sha256sum" : made)
        let words = ([plan.program] + plan.arguments).map(ClientProgram.quoted).joined(separator: " ")
        // That `head` has enough before `seq` is no failure.
        let line = isUpload ? "(set +o pipefail; \(made)) | \(words)" : "\(words) </dev/null | sha256sum"
        var shell = RunningProcess.Plan(try programPath("bash"), ["-o", "pipefail", "-c", line])
        shell.environment = plan.environment
        let result = try await RunningProcess(shell).result(within: .seconds(600))
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(result.outputText == expected.outputText)
    }

    @Test("NW-07 Where one in three is lost, a session is whole or ends with a sentence and 255")
    func heavyLoss() async throws {
        let link = try await Link()
        try await link.network.losePackets(0.18)
        let result = try await link.run("seq 1 2000", ["-o", "ConnectTimeout=60"])
        let isWhole = result.exit == .status(0) && result.outputText == (1...2000).map { "\($0)\n" }.joined()
        #expect(isWhole || (result.exit == .status(255) && !result.errorText.isEmpty), "\(result.exit)")
    }

    @Test("NW-07 Where every third packet is lost, each way, but none twice, every byte arrives")
    func everyThird() async throws {
        let link = try await Link()
        try await link.network.loseEveryPacket(numbered: 3)
        let result = try await link.run("seq 1 5000", ["-o", "ConnectTimeout=150"])
        let isWhole = result.outputText == (1...5000).map { "\($0)\n" }.joined()
        #expect(result.exit == .status(0) && isWhole, "\(result.exit) \(result.errorText)")
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
        "NW-08 Beside a transfer that fills the queue of such a link, each key that is typed comes back, and no time-out"
    )
    func slowEcho() async throws {
        let link = try await Link()
        try await link.network.slowDown(rate: "1mbit", milliseconds: 400)
        let alive = ["-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3"]
        let typed = try link.plan("stty raw -echo; echo ready; exec cat", alive + ["-tt"])
        let terminal = try PseudoTerminal(typed.program, typed.arguments, environment: typed.environment)
        try await terminal.read(until: "ready")
        var plan = try link.plan("echo begun; exec cat >/dev/null", alive)
        plan.input = .bytes([UInt8](repeating: 5, count: 1 << 20))
        let transfer = try RunningProcess(plan)
        try await transfer.waitForOutput("begun")
        for key in "abcdefgh" {
            try terminal.write(String(key))
            try await terminal.read(until: String(key))
            if key == "b" { #expect(transfer.exit == nil) }
        }
        // Eight seconds of a link that is full.
        let result = try await transfer.result(within: .seconds(180))
        #expect(result.exit == .status(0) && result.errorText == "", "\(result.errorText)")
        try terminal.write("z")
        try await terminal.read(until: "z")
        #expect(terminal.exit == nil)
    }

    /// What becomes of a link in the midst of a transfer.
    enum Loss: String, CaseIterable {
        case down = "the interface goes down", otherAddress = "its address changes", allPackets = "all packets are lost"
    }

    @Test(
        "NW-12 NW-18 Where a link goes away, idle or amid a transfer, that is an error as soon as questions stay unanswered, and closing does not hang",
        arguments: [(Loss.down, false), (.down, true), (.otherAddress, true), (.allPackets, true)])
    func gone(loss: Loss, isBusy: Bool) async throws {
        let link = try await Link()
        let options = ["-o", "ServerAliveInterval=3", "-o", "ServerAliveCountMax=1"]
        let command = isBusy ? "cat /dev/zero & exec cat >/dev/null" : "sleep 600"
        var plan = try link.plan("echo ready; " + command, options)
        let zero = try openFile("/dev/zero", O_RDONLY)
        defer { close(zero) }
        if isBusy { plan.input = .descriptor(zero) }
        plan.outputLimit = 1 << 20
        let process = try RunningProcess(plan)
        try await process.waitForOutput("ready")
        switch loss {
        case .down: try await link.network.goDown()
        case .otherAddress: try await link.network.changeAddress()
        case .allPackets: try await link.network.losePackets(1)
        }
        let result = try await process.result(within: .seconds(120))
        #expect(result.exit == .status(255) && result.errorText.contains("not responding"), "\(result.errorText)")
        #expect(result.errorText.filter { $0 == "\n" }.count == 1)
    }
}
