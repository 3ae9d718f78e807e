import Foundation
import Synchronization

/// A relay that lets bytes through in flights, so that round trips are counted instead of timed.
///
/// Everything that the client says without having heard of the answer is one flight, and so is everything that the server
/// answers to it. A side has had its say when no byte has come for a while and neither side's processes are at work: that
/// while decides nothing but how long a test takes.
package final class RoundRelay: Sendable {
    private static let settlingTime = Duration.milliseconds(80)

    package let port: Int
    private let listener: Int32
    private let upstream: Int
    private let isBusy: @Sendable () -> Bool
    private let counts = Mutex<[Int]>([])

    /// A relay to a server; `isBusy` tells whether somebody of both sides is still at work.
    package init(to upstream: Int, isBusy: @escaping @Sendable () -> Bool) throws {
        self.upstream = upstream
        self.isBusy = isBusy
        (listener, port) = try Loopback.listen()
        let listener = listener
        Thread { [weak self] in
            while let client = Loopback.accept(on: listener) {
                guard let self else { break }
                self.serve(client)
            }
            close(listener)
        }.start()
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// The round trips of each connection: that of TCP, and one for each flight of the client that was answered.
    package var rounds: [Int] { counts.withLock { $0.map { $0 } } }

    private func serve(_ client: Int32) {
        defer { close(client) }
        let index = counts.withLock {
            $0.append(1)
            return $0.count - 1
        }
        var server: Int32 = -1
        defer { if server >= 0 { close(server) } }
        while true {
            // The client's turn; what the server still has to say belongs to its last answer.
            var flight: [UInt8] = []
            guard settle(client, server, holding: &flight, from: client) else { break }
            if server < 0 { server = (try? Loopback.connect(port: upstream)) ?? -1 }
            guard server >= 0, Self.send(flight, to: server) else { break }
            var answer: [UInt8] = []
            let isOpen = settle(client, server, holding: &answer, from: server)
            if !answer.isEmpty { counts.withLock { $0[index] += 1 } }
            guard Self.send(answer, to: client), isOpen else { break }
        }
    }

    /// Holds what `source` says and lets through what the other says, until both have had their say; false at an end.
    private func settle(_ client: Int32, _ server: Int32, holding held: inout [UInt8], from source: Int32) -> Bool {
        var last = ContinuousClock.now
        while held.isEmpty || ContinuousClock.now - last < Self.settlingTime || isBusy() {
            var descriptors = [client, server].filter { $0 >= 0 }.map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&descriptors, nfds_t(descriptors.count), 20) >= 0 || errno == EINTR else { return false }
            for descriptor in descriptors where descriptor.revents != 0 {
                var bytes = [UInt8](repeating: 0, count: 256 * 1024)
                let count = read(descriptor.fd, &bytes, bytes.count)
                guard count > 0 else { return false }
                last = .now
                if descriptor.fd == source {
                    held += bytes[..<count]
                } else if !Self.send(Array(bytes[..<count]), to: descriptor.fd == client ? server : client) {
                    return false
                }
            }
        }
        return true
    }

    private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
