import Fairlead
import Foundation
import NIOCore
import PeerSupport
import Synchronization
import TestSupport
import Testing

/// Networks that pass little, or nothing, for a whole session.
@Suite(.fewAtOnce) struct StalledNetworkTests {
    @Test("NW-10 One byte in a segment, both ways, for a whole session: every byte and the status")
    func bytewise() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        var plan = FaultRelay.Plan()
        plan.isBytewise = true
        let relay = try FaultRelay(to: server.port, plan)
        let bytes = try Payload.bytes(20_000)
        let options = ["-p", String(relay.port), "-o", "HostKeyAlias=[\(server.host)]:\(server.port)"]
        let result = try await server.tool(
            options + ["-o", "RekeyLimit=16K"], ["cat; echo words >&2; exit 7"], within: .seconds(300)
        ) {
            $0.input = .bytes(bytes)
        }
        #expect(result.output == bytes && result.errorText == "words\n" && result.exit == .status(7))
        var configuration = server.configuration()
        (configuration.port, configuration.hostKeyAlias) = (relay.port, "[\(server.host)]:\(server.port)")
        let echo = try await withSSHConnection(configuration) {
            try await $0.run("cat; exit 7", input: ByteBuffer(bytes: bytes))
        }
        #expect(Array(echo.output.readableBytesView) == bytes && echo.exitStatus == .code(7))
    }

    @Test("NW-11 A tool that slept longer than its questions may stay unanswered tells of a dead server once")
    func asleep() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let relay = try FaultRelay(to: server.port)
        defer { relay.fallSilent(false) }
        let options = [
            "-p", String(relay.port), "-o", "HostKeyAlias=[\(server.host)]:\(server.port)", "-o",
            "ServerAliveInterval=4",
            "-o", "ServerAliveCountMax=1",
        ]
        let tool = try server.startTool(options, ["echo ready; exec sleep 3600"])
        try await tool.waitForOutput("ready")
        relay.fallSilent()
        tool.send(SIGSTOP)
        // Longer than the eight seconds after which it would have given up.
        try await Task.sleep(for: .seconds(9))
        #expect(tool.exit == nil)
        tool.send(SIGCONT)
        let result = try await tool.result()
        #expect(result.exit == .status(255))
        #expect(result.errorText == "fairlead: Timeout, server \(server.host) not responding.\n")
    }

    /// A server that grants all the room there is, and reads nothing once its program runs.
    static func deafServer(window: UInt32 = .max) async throws -> LoopbackServer {
        try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                configuration.channelWindow = window
                configuration.judge = { _, _ in [.success] }
                configuration.program = { _ in [.output(Array("ready\n".utf8))] }
                // It reads nothing more once the program was asked for.
                let handler = PeerHandler(ScriptedPeer(configuration)) { peer, channel in
                    guard peer.channels.values.contains(where: { !$0.requests.isEmpty }) else { return }
                    _ = channel.setOption(.autoRead, value: false)
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    @Test("NW-09 A server that reads nothing suspends the tool, which neither turns nor grows, until its questions say")
    func deaf() async throws {
        let server = try await Self.deafServer()
        let folder = try TemporaryDirectory()
        let input = try folder.write("", to: "input")
        // Much, and none of it on the disk.
        #expect(truncate(input, 1 << 30) == 0)
        let file = try openFile(input, O_RDONLY)
        defer { close(file) }
        let key = try await ServerProgram.sharedOpenSSH.value.files.keyPath(.ed25519)
        var plan = RunningProcess.Plan(
            try FairleadTool.path,
            [
                "-F", "none", "-p", String(server.port), "-i", key, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                "-o", "UserKnownHostsFile=\(folder.file("known_hosts"))", "-o", "StrictHostKeyChecking=accept-new",
                "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ServerAliveInterval=20", "-o", "ServerAliveCountMax=1",
                "user@\(Loopback.address)", "all",
            ])
        plan.environment = plainEnvironment(home: folder.path)
        plan.input = .descriptor(file)
        let tool = try RunningProcess(plan)
        try await tool.waitForOutput("ready")
        // It has come to rest once it reads nothing for a hundred looks.
        var (place, looks, ticks) = (0, 0, 0)
        try await poll(for: "the tool to rest", within: .seconds(60)) {
            let now = Self.place(of: tool.identifier)
            looks = now == place ? looks + 1 : 0
            // What was read is sealed behind the look.
            if looks <= 30 { ticks = Self.processorTicks(of: tool.identifier) }
            place = now
            return place > 0 && looks == 100 ? () : nil
        }
        #expect(place < 32 << 20)
        let spent = Self.processorTicks(of: tool.identifier) - ticks
        #expect(spent <= 5, "\(spent) hundredths of a second at rest")
        let status = try String(contentsOfFile: "/proc/\(tool.identifier)/status", encoding: .utf8)
        let peak = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        #expect(try #require(Int(peak.split(separator: " ").dropLast().last ?? "")) < 64 * 1024, "\(peak)")
        let result = try await tool.result()
        #expect(result.exit == .status(255))
        #expect(result.errorText.hasSuffix("Timeout, server \(Loopback.address) not responding.\n"))
    }

    @Test("NW-09 A task that writes to a server that reads nothing can be cancelled")
    func cancelledWriter() async throws {
        let server = try await Self.deafServer()
        let writes = Writes()
        let configuration = server.configuration
        let task = Task {
            try await withSSHConnection(configuration) { connection in
                try await connection.withProcess("all") { process in
                    let piece = ByteBuffer(repeating: 7, count: 1 << 20)
                    while true {
                        try await process.input.write(piece)
                        writes.add()
                    }
                }
            }
        }
        var (count, looks) = (0, 0)
        try await poll(for: "the writer to stall", within: .seconds(60)) {
            let now = writes.count
            looks = now == count ? looks + 1 : 0
            count = now
            return count > 0 && looks == 100 ? () : nil
        }
        task.cancel()
        let result = try await watched("the cancelled writer") { try await task.value }
        #expect((result.error as? SSHError)?.kind == .cancelled)
    }

    /// How far a program has read its input.
    private static func place(of process: pid_t) -> Int {
        let text = try? String(contentsOfFile: "/proc/\(process)/fdinfo/0", encoding: .utf8)
        return text?.split(separator: "\n").first.flatMap { Int($0.dropFirst(4).trimmingCharacters(in: .whitespaces)) }
            ?? 0
    }

    /// Processor time in hundredths of a second: the 14th and the 15th field, counted from the name that may hold anything.
    private static func processorTicks(of process: pid_t) -> Int {
        let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
    }
}

/// How many writes were taken.
final class Writes: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    func add() { state.withLock { $0 += 1 } }
}
