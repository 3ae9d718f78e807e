import Foundation
import NIOCore
import PeerSupport
import SSHWire
import Synchronization
import TestSupport
import Testing

/// A server that talks while a person thinks about its key.
@Suite(.fewAtOnce) struct FloodedQuestionTests {
    private static let packetByteCount = 32_000
    private static let packetCount = 1000

    /// The connection of the one client.
    private final class Connection: Sendable {
        private let channel = Mutex<(any Channel)?>(nil)

        /// Whether there is more to be sent than the client takes.
        var isFull: Bool { channel.withLock { $0?.isWritable == false } }

        func set(_ new: any Channel) { channel.withLock { $0 = new } }
    }

    /// Sends so many messages that mean nothing, IGNORE and DEBUG in turn, behind its signature.
    private func server(_ count: Int, _ connection: Connection) async throws -> LoopbackServer {
        try await .start { channel in
            connection.set(channel)
            return channel.eventLoop.makeCompletedFuture {
                let peer = try Self.peer(count)
                try channel.pipeline.syncOperations.addHandler(PeerHandler(ScriptedPeer(peer)))
            }
        }
    }

    private static func peer(_ count: Int) throws -> PeerConfiguration {
        var peer = PeerConfiguration(hostKey: try TestKeys.ed25519())
        peer.acceptsNone = true
        // A strict one may say nothing of the kind there.
        peer.isStrict = false
        peer.hook = { _, step, sent in
            guard step == .newKeys else { return [.payload(sent)] }
            let noise = [UInt8](repeating: 0x61, count: Self.packetByteCount)
            var (ignore, debug) = (ByteBuffer(bytes: [2]), ByteBuffer(bytes: [4, 1]))
            ignore.writeString(noise)
            debug.writeString(noise)
            debug.writeString([UInt8]())
            return (0..<count).map { .payload($0.isMultiple(of: 2) ? ignore : debug) } + [.payload(sent)]
        }
        peer.program = { _ in [.output(Array("in the session".utf8)), .exitStatus(3), .endOfOutput, .close] }
        return peer
    }

    /// The tool with that server and its question, answered once the socket is full; the most memory that it ever had, in KiB.
    private func peak(_ count: Int, answer: String, until text: String, _ end: ExitOfProcess) async throws -> Int {
        let connection = Connection()
        let server = try await server(count, connection)
        let home = try TemporaryDirectory()
        let terminal = try TestSupport.PseudoTerminal(
            FairleadTool.path,
            [
                "-F", "none", "-oStrictHostKeyChecking=ask", "-oUserKnownHostsFile=\(home.file("known_hosts"))",
                "-oIdentityAgent=none", "-e", "none", "-p", String(server.port), Loopback.address, "true",
            ], environment: plainEnvironment(home: home.path, ["TERM": "xterm"]))
        try await terminal.read(until: "(yes/no/[fingerprint])? ")
        if count > 0 {
            // What the client does not take stays here.
            var fullCount = 0
            try await poll(for: "a full socket") { () -> Void? in
                fullCount = connection.isFull ? fullCount + 1 : 0
                return fullCount >= 50 ? () : nil
            }
        }
        let before = try peak(of: terminal.identifier)
        try terminal.write(answer + "\n")
        try await terminal.read(until: text)
        #expect(try await terminal.waitForExit() == end)
        #expect(try terminal.settings == terminal.initialSettings)
        return before
    }

    private func peak(of process: pid_t) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.filter(\.isNumber)))
    }

    @Test("KX-24 32 MB of IGNORE and DEBUG while the question is open stay where they are, and the answer counts")
    func flood() async throws {
        let quiet = try await peak(0, answer: "no", until: "Host key verification failed.", .status(255))
        let no = try await peak(
            Self.packetCount, answer: "no", until: "Host key verification failed.", .status(255))
        let yes = try await peak(Self.packetCount, answer: "yes", until: "in the session", .status(3))
        // A read or two, and what the socket had, at the most.
        for flooded in [no, yes] { #expect(flooded - quiet < 12 << 10, "\(quiet) KiB, then \(flooded) KiB") }
    }
}
