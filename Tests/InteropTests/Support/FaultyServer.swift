import Fairlead
import NIOCore
import NIOPosix
import PeerSupport
import SSHIdentity
import Synchronization
import TestSupport

/// A scripted server behind real sockets, each connection of which comes to its end, or to nothing, at the same point.
///
/// The fault waits until the client has taken what came before it, so that its phase is certain.
final class FaultyServer: Sendable {
    enum Fault: String, Sendable, CaseIterable {
        case reset = "RST"
        case end = "FIN"
        case blackHole = "nothing"
    }

    let server: LoopbackServer
    private let line: FaultLine

    private init(_ server: LoopbackServer, _ line: FaultLine) {
        (self.server, self.line) = (server, line)
    }

    static func start(
        _ fault: Fault, at point: FaultPoint, _ configuration: @escaping @Sendable () throws -> PeerConfiguration
    ) async throws -> FaultyServer {
        let line = FaultLine(point)
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                let number = line.accepted()
                let isThere = Flag()
                var configuration = try configuration()
                configuration.fallSilent(at: point) { _ in isThere.set() }
                var hasTold = false
                let handler = PeerHandler(ScriptedPeer(configuration)) { _, channel in
                    guard isThere.isSet, !hasTold else { return }
                    hasTold = true
                    line.serverIsThere(on: number) { Self.perform(fault, on: channel) }
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        return FaultyServer(server, line)
    }

    /// Has the client tell what it takes.
    func watch(_ configuration: inout SSHConfiguration) {
        let line = line
        configuration.onMessage = { line.clientTold($0) }
    }

    static func perform(_ fault: Fault, on channel: any Channel) {
        switch fault {
        case .reset:
            // Closing with no time to linger sends a reset.
            _ = (channel as? any SocketOptionProvider)?.setSoLinger(linger(l_onoff: 1, l_linger: 0)).always { _ in
                channel.close(promise: nil)
            }
        case .end: channel.close(mode: .output, promise: nil)
        case .blackHole: break
        }
    }
}

/// How far both sides of each connection are; connections come one after the other.
private final class FaultLine: Sendable {
    private struct State {
        var acceptedCount = 0
        var begunCount = 0
        /// Packets that the client has taken, by connection.
        var taken: [Int: Int] = [:]
        var actions: [Int: @Sendable () -> Void] = [:]
    }

    private let point: FaultPoint
    private let state = Mutex(State())

    init(_ point: FaultPoint) {
        self.point = point
    }

    func accepted() -> Int {
        state.withLock {
            $0.acceptedCount += 1
            return $0.acceptedCount
        }
    }

    func serverIsThere(on number: Int, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions[number] = action }
        act(on: number)
    }

    func clientTold(_ record: MessageRecord) {
        let number = state.withLock {
            if record.direction == .received {
                $0.taken[$0.begunCount, default: 0] += 1
            } else if record.number == nil {
                $0.begunCount += 1
                $0.taken[$0.begunCount] = 0
            }
            return $0.begunCount
        }
        act(on: number)
    }

    private func act(on number: Int) {
        let action = state.withLock { state -> (@Sendable () -> Void)? in
            guard let count = state.taken[number], count >= point.packetCount else { return nil }
            return state.actions.removeValue(forKey: number)
        }
        action?()
    }
}

final class Flag: Sendable {
    private let state = Mutex(false)

    var isSet: Bool { state.withLock { $0 } }

    func set() { state.withLock { $0 = true } }
}
