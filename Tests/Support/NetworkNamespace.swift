import Foundation

/// A network of its own that is joined to this one by one link, which may be slow, lose packets or go down; Linux as root.
package final class NetworkNamespace: Sendable {
    /// Some containers allow none.
    package static let isPossible: Bool = {
        guard geteuid() == 0, isInstalled("ip"), isInstalled("tc"), isInstalled("iptables"), isInstalled("unshare"),
            let path = try? programPath("unshare")
        else { return false }
        let trial = Foundation.Process()
        trial.executableURL = URL(fileURLWithPath: path)
        trial.arguments = ["-n", "iptables", "-L", "-n"]
        (trial.standardOutput, trial.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        guard (try? trial.run()) != nil else { return false }
        trial.waitUntilExit()
        return trial.terminationStatus == 0
    }()

    /// Where the world outside is reached from within.
    package let outside: String
    private let name: String
    private let inner: String

    /// The last number of its addresses tells links apart that exist at the same time.
    package init() async throws {
        let number = Int(getpid()) % 200 + 20
        name = "fairlead-\(getpid())-\(UInt16.random(in: .min ... .max))"
        let outer = "fl\(UInt16.random(in: .min ... .max))"
        inner = outer + "i"
        let third = Int.random(in: 1...250)
        outside = "10.\(number).\(third).1"
        try await Self.ip("netns", "add", name)
        try await Self.ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
        try await Self.ip("addr", "add", "\(outside)/30", "dev", outer)
        try await Self.ip("link", "set", outer, "up")
        try await run("ip", "addr", "add", "10.\(number).\(third).2/30", "dev", inner)
        try await run("ip", "link", "set", inner, "up")
        try await run("ip", "link", "set", "lo", "up")
    }

    deinit {
        // The link goes with it.
        _ = try? Foundation.Process.run(
            URL(fileURLWithPath: (try? programPath("ip")) ?? "/usr/sbin/ip"), arguments: ["netns", "del", name])
    }

    /// Both ways, so much of what is sent gets lost.
    package func losePackets(_ probability: Double) async throws {
        for chain in ["INPUT", "OUTPUT"] {
            try await run(
                "iptables", "-A", chain, "-m", "statistic", "--mode", "random", "--probability", "\(probability)", "-j",
                "DROP")
        }
    }

    /// Both ways, every so many-th packet gets lost, so that no packet does twice in a row.
    package func loseEveryPacket(numbered count: Int) async throws {
        for chain in ["INPUT", "OUTPUT"] {
            try await run(
                "iptables", "-A", chain, "-m", "statistic", "--mode", "nth", "--every", "\(count)", "--packet", "0",
                "-j", "DROP")
        }
    }

    /// Takes another address; the other end does not know the old one any more.
    package func changeAddress() async throws {
        let link = outside.split(separator: ".").dropLast().joined(separator: ".")
        try await run("ip", "addr", "del", "\(link).2/30", "dev", inner)
        try await run("ip", "addr", "add", "\(link).6/24", "dev", inner)
    }

    /// What leaves the network gets no faster than that, behind a queue of so many milliseconds.
    package func slowDown(rate: String, milliseconds: Int) async throws {
        try await run(
            "tc", "qdisc", "add", "dev", inner, "root", "tbf", "rate", rate, "burst", "32kbit", "latency",
            "\(milliseconds)ms")
    }

    package func goDown() async throws { try await run("ip", "link", "set", inner, "down") }

    /// What starts a program inside.
    package func prefix(_ program: String) throws -> [String] {
        [try programPath("ip"), "netns", "exec", name, try programPath(program)]
    }

    private func run(_ program: String, _ arguments: String...) async throws {
        let words = try prefix(program) + arguments
        try await RunningProcess.runSuccessfully(words[0], Array(words.dropFirst()))
    }

    private static func ip(_ arguments: String...) async throws {
        try await RunningProcess.runSuccessfully("ip", arguments)
    }
}
