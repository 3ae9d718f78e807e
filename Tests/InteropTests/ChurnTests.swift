import Fairlead
import Foundation
import PeerSupport
import TestSupport
import Testing

/// Many connections, one after the other, in one process.
@Suite(.fewAtOnce, .serialized) struct ChurnTests {
    // In a process of its own, for the memory of this one is everybody's; the server's is not counted.
    @Test("NW-17 A thousand connections, or what stands for them, leave memory, descriptors and threads as they were")
    func churn() async throws {
        let server = try await LoopbackServer.scripted { PeerConfiguration(hostKey: try TestKeys.ed25519()) }
        let port = server.port
        await #expect(processExitsWith: .success) { [port = port as Int] in try await Self.connect(to: port) }
        try await poll(for: "every connection to go") { server.openConnectionCount == 0 ? () : nil }
    }

    private static func connect(to port: Int) async throws {
        let (first, last) = (FaultReport.count(of: 100, sample: 50), FaultReport.count(of: 1000, sample: 150))
        let configuration = SSHConfiguration(
            host: Loopback.address, port: port, user: "user", hostVerification: .custom { _ in true },
            credentials: [.password(Secret(copying: "correct horse".utf8))])
        var before = ProcessCounts()
        for round in 1...last {
            let output = try await withSSHConnection(configuration) { try await $0.run("churn").output.text }
            #expect(output == "churn")
            if round == first { before = try await .settled() }
        }
        let after = try await ProcessCounts.settled(below: before)
        #expect(after.descriptors <= before.descriptors && after.threads <= before.threads, "\(before) \(after)")
        #expect(after.memory - before.memory <= 512 * 1024, "\(before) \(after)")
        FaultReport.write("Connections: \(before) after \(first), \(after) after \(last)")
    }
}
