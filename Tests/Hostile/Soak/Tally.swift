import Synchronization

/// How the works ended.
final class Tally: Sendable, CustomStringConvertible {
    private struct State {
        var wholeCount = 0
        var connectionCount = 0
        var lost: [String: Int] = [:]
        var complaints: [String] = []
    }

    private let state = Mutex(State())

    func note(wholes count: Int) {
        state.withLock {
            $0.wholeCount += count
            $0.connectionCount += 1
        }
    }

    func note(lost what: String, _ hurt: String) {
        state.withLock {
            $0.lost["\(what) (\(hurt))", default: 0] += 1
            $0.connectionCount += 1
        }
    }

    func note(hangs what: String) { state.withLock { $0.complaints.append("hangs: \(what)") } }
    func note(wrong what: String) { state.withLock { $0.complaints.append("wrong: \(what)") } }

    var complaints: [String] { state.withLock { $0.complaints } }
    var connectionCount: Int { state.withLock { $0.connectionCount } }

    var description: String {
        state.withLock { state in
            let lost = state.lost.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
            let head = "\(state.connectionCount) connections, \(state.wholeCount) works done whole; lost:"
            return ([head] + lost).joined(separator: "\n")
        }
    }
}
