import Foundation
import Synchronization

/// How a program ended.
package enum ExitOfProcess: Hashable, Sendable {
    case status(Int32)
    case signal(Int32)

    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .status((waitStatus >> 8) & 0xFF) : .signal(signal)
    }
}

/// Waits for one child on a thread of its own, so that no test task blocks.
final class ChildProcess: Sendable {
    let identifier: pid_t
    /// Our child, which ends as the process does; the process itself but on a terminal.
    private let keeper: pid_t
    private let ending = Mutex<ExitOfProcess?>(nil)

    init(_ spawn: Spawn) throws {
        (identifier, keeper) = try spawn.start()
        Thread.detachNewThread { [self] in
            var status: Int32 = 0
            while waitpid(keeper, &status, 0) < 0 && errno == EINTR {}
            ending.withLock { $0 = ExitOfProcess(waitStatus: status) }
        }
    }

    var exit: ExitOfProcess? { ending.withLock { $0 } }

    /// Signals the process unless it was already waited for.
    func send(_ signal: Int32) {
        ending.withLock { if $0 == nil { kill(identifier, signal) } }
    }

    /// Kills its whole session's process group, and then the process.
    func killGroup() {
        ending.withLock { if $0 == nil { kill(-identifier, SIGKILL) } }
        send(SIGKILL)
    }

    func waitForExit(within limit: Duration, soFar: () -> String) async throws -> ExitOfProcess {
        try await poll(for: "process \(identifier) to end", within: limit, soFar: soFar) { exit }
    }
}

/// Collects what a descriptor yields, on a thread of its own, up to a limit; what lies beyond is read and dropped.
final class OutputCollector: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var droppedCount = 0
        var isAtEnd = false
    }

    private let state = Mutex(State())
    private let limit: Int

    /// Takes over the descriptor and closes it at the end.
    init(reading descriptor: Int32, limit: Int) {
        self.limit = limit
        Thread.detachNewThread { [self] in
            while true {
                let some = readSome(descriptor)
                if some.isEmpty { break }
                state.withLock { state in
                    let room = max(0, limit - state.bytes.count)
                    state.bytes += some.prefix(room)
                    state.droppedCount += max(0, some.count - room)
                }
            }
            close(descriptor)
            state.withLock { $0.isAtEnd = true }
        }
    }

    /// A copy of their own: the thread sanitizer does not see how an array learns that it is shared no more.
    var bytes: [UInt8] { state.withLock { $0.bytes.withUnsafeBytes { unsafe Array($0) } } }
    var byteCount: Int { state.withLock { $0.bytes.count + $0.droppedCount } }
    var isAtEnd: Bool { state.withLock { $0.isAtEnd } }

    /// Removes and returns everything through the first occurrence of the pattern.
    func take(through pattern: [UInt8]) -> [UInt8]? {
        state.withLock { state in
            guard let end = Self.end(of: pattern, in: state.bytes) else { return nil }
            let taken = Array(state.bytes[..<end])
            state.bytes.removeSubrange(..<end)
            return taken
        }
    }

    func takeAll() -> [UInt8] {
        state.withLock { state in
            defer { state.bytes = [] }
            return state.bytes
        }
    }

    private static func end(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard !pattern.isEmpty else { return 0 }
        return Data(bytes).range(of: Data(pattern))?.upperBound
    }
}
