import Fairlead
import Foundation
import NIOCore
import PeerSupport
import TestSupport
import Testing

/// Networks over which everything takes long, and servers that say a byte now and then.
@Suite(.fewAtOnce) struct DistantNetworkTests {
    private struct Distant {
        let relay: RecordingRelay
        let options: [String]

        init(_ server: OpenSSHServer, _ delay: Duration) async throws {
            relay = try await RecordingRelay.start(to: server.port, delay: delay)
            options = [
                "-p", String(relay.port), "-o", "HostKeyAlias=[\(server.host)]:\(server.port)",
                // The tool's own deadlines are what it must not trip over.
                "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=2",
            ]
        }
    }

    @Test(
        "NW-08 Over 20 ms to 2 s each way a login, a transfer both ways and new keys work, without any time-out",
        arguments: [20, 200, 2000])
    func transfer(milliseconds: Int) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let distant = try await Distant(server, .milliseconds(milliseconds))
        let bytes = try Payload.bytes(150_000)
        let result = try await server.tool(
            distant.options + ["-o", "RekeyLimit=128K"], ["cat; exit 7"], within: .seconds(300)
        ) {
            $0.input = .bytes(bytes)
        }
        #expect(result.output == bytes && result.exit == .status(7) && result.errorText == "", "\(result.errorText)")
    }

    @Test(
        "NW-08 What is typed goes out at once, whether or not what was typed before has come back, and comes back",
        arguments: [20, 200, 2000])
    func echo(milliseconds: Int) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let distant = try await Distant(server, .milliseconds(milliseconds))
        let arguments = distant.options + server.clientArguments() + ["-tt"]
        let terminal = try PseudoTerminal(
            try FairleadTool.path, arguments + [server.destination, "stty raw -echo; echo ready; exec cat"],
            environment: plainEnvironment(home: server.files.home))
        try await terminal.read(until: "ready")
        let recording = try #require(distant.relay.recordings.first)
        let began = ContinuousClock.now
        for key in "abcd" {
            let before = recording.clientToServer.count
            try terminal.write(String(key))
            try await poll(for: "the key on its way") { recording.clientToServer.count > before ? () : nil }
        }
        try await terminal.read(until: "abcd")
        // That the distance was there at all.
        #expect(ContinuousClock.now - began >= .milliseconds(2 * milliseconds))
        terminal.kill()
    }

    /// Says all of its own that comes after so many packets byte by byte, for as long as anybody listens.
    private static func drippingServer(after packetCount: Int) async throws -> LoopbackServer {
        try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                let point = FaultPoint(packetCount: packetCount, isInside: false)
                configuration.fallSilent(at: point) { rest in
                    // What stays inside of a packet's length, whatever that says.
                    for (index, byte) in (packetCount == 0 ? rest : Array(rest.prefix(15))).enumerated() {
                        channel.eventLoop.scheduleTask(
                            in: .milliseconds(Int64((packetCount == 0 ? 1000 : 200) * (index + 1)))
                        ) {
                            channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
                        }
                    }
                }
                try channel.pipeline.syncOperations.addHandler(PeerHandler(ScriptedPeer(configuration)))
            }
        }
    }

    @Test(
        "NW-13 A server that says a byte now and then, in its name or amid a session, puts no deadline off",
        arguments: [(0, SSHError.Stage.identification), (8, .lost)])
    func drops(packetCount: Int, stage: SSHError.Stage) async throws {
        let server = try await Self.drippingServer(after: packetCount)
        var configuration = server.configuration
        configuration.serverAliveInterval = .milliseconds(500)
        configuration.serverAliveCountMax = 3
        // The name takes longer.
        if packetCount == 0 { configuration.connectTimeout = .seconds(10) }
        let fixed = configuration
        let result = try await watched("a session of drops") {
            try await withSSHConnection(fixed) { try await $0.run("all").exitStatus }
        }
        let error = result.error as? SSHError
        #expect(error?.kind == .timeout && error?.stage == stage, "\(result)")
        try await poll(for: "the sockets to close") { server.openConnectionCount == 0 ? () : nil }
    }

    @Test("NW-12 Closing waits for nothing that a network which is gone would have to pass")
    func closeIdle() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let relay = try FaultRelay(to: server.port)
        defer { relay.fallSilent(false) }
        var configuration = server.configuration()
        (configuration.port, configuration.hostKeyAlias) = (relay.port, "[\(server.host)]:\(server.port)")
        let fixed = configuration
        let result = try await watched("closing", within: .seconds(60)) {
            try await withSSHConnection(fixed) { connection in
                try await connection.withProcess("exec cat >/dev/null") { _ in relay.fallSilent() }
            }
        }
        #expect(result.error == nil)
    }

    @Test(
        "NW-12 CH-09 Closing waits for nothing that is still to be sent: a window is shut, or a socket passes nothing more",
        arguments: [false, true])
    func closeBusy(hasWindow: Bool) async throws {
        let deaf = try await StalledNetworkTests.deafServer(window: hasWindow ? .max : 100_000)
        let fixed = deaf.configuration
        let writes = Writes()
        let result = try await watched("closing", within: .seconds(60)) {
            try await withSSHConnection(fixed) { connection in
                try await connection.withProcess("all") { process in
                    let writer = Task {
                        while true {
                            try await process.input.write(ByteBuffer(repeating: 1, count: 1 << 16))
                            writes.add()
                        }
                    }
                    // It has come to rest once it writes nothing for a hundred looks.
                    var (count, looks) = (-1, 0)
                    try await poll(for: "the writer to stall", within: .seconds(60)) {
                        let now = writes.count
                        looks = now == count ? looks + 1 : 0
                        count = now
                        return looks == 100 ? () : nil
                    }
                    writer.cancel()
                    _ = await writer.result
                }
            }
        }
        #expect(result.error == nil)
        // With a window, all that the socket takes is in it.
        #expect((writes.count > 2) == hasWindow)
    }
}
