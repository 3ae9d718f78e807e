import Foundation
import Synchronization

/// A relay that passes on what both sides say, and does something when the server has said so many bytes; or falls silent,
/// when it is told to, with both connections still there.
package final class FaultRelay: Sendable {
    package struct Plan: Sendable {
        /// Called on each connection before the byte of this number passes from the server to the client.
        package var byteCount = Int.max
        package var action: @Sendable () -> Void = {}
        /// Whether each byte, either way, is a segment of its own.
        package var isBytewise = false

        package init() {}
    }

    package let port: Int
    private let listener: Int32
    private let upstream: Int
    private let plan: Mutex<Plan>
    private let silent = Mutex(false)
    private let largest = Mutex(0)

    package init(to upstream: Int, _ plan: Plan = Plan()) throws {
        self.upstream = upstream
        self.plan = Mutex(plan)
        (listener, port) = try Loopback.listen()
        let listener = listener
        Thread { [weak self] in
            while let client = Loopback.accept(on: listener) {
                guard let relay = self else { break }
                Thread { relay.serve(client) }.start()
            }
            close(listener)
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// How much a server has said at most in one connection.
    package var largestByteCount: Int { largest.withLock { $0 } }

    /// What the next connections get.
    package func change(_ change: (inout Plan) -> Void) { plan.withLock { change(&$0) } }

    /// From now on, or until it is told otherwise, nothing passes, and no end of a side either.
    package func fallSilent(_ isSilent: Bool = true) { silent.withLock { $0 = isSilent } }

    private func serve(_ client: Int32) {
        defer { close(client) }
        guard let server = try? Loopback.connect(port: upstream) else { return }
        defer { close(server) }
        for end in [client, server] {
            var yes: Int32 = 1
            setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        }
        let plan = plan.withLock { $0 }
        var left = plan.byteCount
        var total = 0
        while true {
            var ends = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&ends, 2, 50) >= 0 || errno == EINTR else { return }
            // Nobody hears of an end, either, until the test is over.
            while isSilent { usleep(20_000) }
            if ends[0].revents != 0, !pass(from: client, to: server, upTo: .max, plan.isBytewise) { return }
            guard ends[1].revents != 0 else { continue }
            if left == 0 {
                plan.action()
                left = .max
            }
            guard case let count = passCount(from: server, to: client, upTo: left, plan.isBytewise), count > 0 else {
                return
            }
            left -= left == .max ? 0 : count
            total += count
            largest.withLock { $0 = max($0, total) }
        }
    }

    private var isSilent: Bool { silent.withLock { $0 } }

    private func pass(from source: Int32, to target: Int32, upTo limit: Int, _ isBytewise: Bool) -> Bool {
        passCount(from: source, to: target, upTo: limit, isBytewise) > 0
    }

    /// How many bytes were passed on; zero at an end, which a reset of one side makes one of the other.
    private func passCount(from source: Int32, to target: Int32, upTo limit: Int, _ isBytewise: Bool) -> Int {
        var bytes = [UInt8](repeating: 0, count: min(limit, 64 * 1024))
        let count = read(source, &bytes, bytes.count)
        guard count > 0 else {
            if count < 0 {
                var option = linger(l_onoff: 1, l_linger: 0)
                setsockopt(target, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            }
            return 0
        }
        var rest = bytes[..<count]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                send(target, $0.baseAddress, isBytewise ? 1 : $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return 0 }
            rest = rest.dropFirst(sent)
        }
        return count
    }
}
