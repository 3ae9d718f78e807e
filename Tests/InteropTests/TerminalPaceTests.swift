import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHWire
import Synchronization
import TestSupport
import Testing

/// When a session on a terminal speaks: neither as often as a window is drawn larger, nor in the rhythm of typing.
@Suite(.fewAtOnce) struct TerminalPaceTests {
    /// One message of the tool's, and when the server had it.
    private struct Arrival: Sendable {
        let number: UInt8
        let payload: ByteBuffer
        let time: ContinuousClock.Instant

        var isKey: Bool { number == 94 }
        /// An empty message, as they lie between keys.
        var isPing: Bool { number == 192 }
        /// The size that it tells.
        var size: [UInt32]? {
            guard var request = try? ChannelRequest(payload: payload), request.name == "window-change" else {
                return nil
            }
            return (0..<2).compactMap { _ in request.details.readInteger() }
        }
    }

    private final class Arrivals: Sendable {
        private let list = Mutex<[Arrival]>([])
        var all: [Arrival] { list.withLock { $0 } }
        var sizes: [[UInt32]] { all.compactMap(\.size) }

        /// What came since the last time.
        func note(_ peer: ScriptedPeer) {
            list.withLock { list in
                for entry in peer.received.dropFirst(list.count) {
                    list.append(Arrival(number: entry.number, payload: entry.payload, time: .now))
                }
            }
        }
    }

    private func server(_ arrivals: Arrivals, echoes: Bool = false) async throws -> LoopbackServer {
        try await .start { channel in
            channel.eventLoop.makeCompletedFuture {
                var peer = PeerConfiguration(hostKey: try TestKeys.ed25519())
                peer.acceptsNone = true
                peer.extensions = [.init(name: ExtInfo.ping, value: ByteBuffer(string: "0"))]
                peer.program = { _ in [.output(Array("ready".utf8)), .echoInput] }
                peer.hook = { peer, step, sent in
                    guard echoes, step == .other, let channel = peer.channels.values.first,
                        let key = channel.input.last
                    else { return [.payload(sent)] }
                    let echo = ChannelData(recipient: channel.client, data: ByteBuffer(bytes: [key]))
                    return [.payload(sent), .message(echo)]
                }
                let handler = PeerHandler(ScriptedPeer(peer)) { peer, _ in arrivals.note(peer) }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
    }

    private func terminal(_ server: LoopbackServer, _ options: [String] = []) async throws -> TestSupport.PseudoTerminal
    {
        let terminal = try TestSupport.PseudoTerminal(
            FairleadTool.path,
            options + [
                "-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oIdentityAgent=none",
                "-p", String(server.port), Loopback.address,
            ], environment: plainEnvironment(home: "/proc/nonexistent", ["TERM": "xterm"]))
        try await terminal.read(until: "ready")
        try await terminal.waitForSettings { !$0.isCanonical }
        return terminal
    }

    @Test("TM-01 of ten thousand sizes a second, one each 50 ms is told at most, and the last one is the right one")
    func sizes() async throws {
        let arrivals = Arrivals()
        let server = try await server(arrivals)
        let terminal = try await terminal(server)
        let start = ContinuousClock.now
        var count = 0
        while ContinuousClock.now < start + .seconds(2) {
            for _ in 0..<20 {
                count += 1
                try terminal.resize(columns: 80 + count % 50, rows: 24)
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        try terminal.resize(columns: 177, rows: 55)
        try await poll(for: "the last size") { arrivals.sizes.last == [177, 55] ? () : nil }
        // As long as it really took; the first one goes at once.
        let elapsed = ContinuousClock.now - start
        let sizes = arrivals.sizes
        #expect(sizes.count <= Int(elapsed / .milliseconds(50)) + 2, "\(sizes.count) in \(elapsed)")
        // Nor is it the last one alone that is told.
        #expect(sizes.count > 3 && count > 10 * sizes.count, "\(sizes.count) of \(count)")
        terminal.kill()
    }

    @Test(
        "G8: keys leave at fixed moments only, in whatever rhythm they are typed, and empty messages at those between",
        arguments: [true, false])
    func rhythm(echoes: Bool) async throws {
        let arrivals = Arrivals()
        let server = try await server(arrivals, echoes: echoes)
        let interval = Duration.milliseconds(250)
        let terminal = try await terminal(server, ["-oObscureKeystrokeTiming=interval:250"])
        let first = arrivals.all.count
        let start = ContinuousClock.now
        let pauses = [7, 33, 91, 7, 260, 3, 3, 140, 33, 7, 500, 91]
        for pause in pauses {
            try terminal.write("k")
            try await Task.sleep(for: .milliseconds(pause))
        }
        func said() -> [Arrival] { arrivals.all.dropFirst(first).filter { $0.isKey || $0.isPing } }
        try await poll(for: "all keys and what follows them") { () -> Void? in
            let said = said()
            let keys = said.filter(\.isKey).compactMap { try? ChannelData(payload: $0.payload).data.readableBytes }
            guard keys.reduce(0, +) == pauses.count, let last = said.lastIndex(where: \.isKey) else { return nil }
            return said.count - last > 3 ? () : nil
        }
        // No timer is early: the first leaves at the first moment after a key, and then one at each moment at most.
        for (number, arrival) in said().enumerated() {
            let moment = start + interval * (number + 1) - .milliseconds(5)
            #expect(arrival.time >= moment, "message \(number) came after \(arrival.time - start)")
        }
        // A key among messages, not messages that are keys: nobody can tell which they are.
        let isCovered = said().contains(where: \.isPing)
        #expect(isCovered)
        terminal.kill()
    }

    @Test("G8: for a second at least after the last key, empty messages go on")
    func chaff() async throws {
        let arrivals = Arrivals()
        let server = try await server(arrivals)
        let terminal = try await terminal(server)
        // A machine that has much to do may be late with one key, not with all.
        var longest = Duration.zero
        for _ in 0..<10 where longest <= .milliseconds(950) {
            let count = arrivals.all.count
            try terminal.write("k")
            try await poll(for: "the key") { () -> Void? in
                arrivals.all.dropFirst(count).contains(where: \.isKey) ? () : nil
            }
            // They end after three seconds and a moment.
            try await Task.sleep(for: .seconds(4))
            let said = arrivals.all.dropFirst(count)
            guard let key = said.last(where: \.isKey), let last = said.last(where: \.isPing) else { continue }
            longest = max(longest, last.time - key.time)
        }
        #expect(longest > .milliseconds(950))
        terminal.kill()
    }
}
