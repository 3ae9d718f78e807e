import SSHCore

/// Tasks that are suspended on one connection, by what they wait for.
///
/// Each continuation is resumed exactly once, because it is removed first.
struct WaitingTasks {
    enum Topic: Hashable {
        /// The next step of the login.
        case login
        /// The transport's end.
        case closure
        /// What the server says about its keys.
        case hostKeys
        case output(SessionID)
        case errorOutput(SessionID)
        case writable(SessionID)
        /// Open, replies, exit and close of a session.
        case state(SessionID)
    }

    private var tasks: [Topic: [UInt64: CheckedContinuation<Void, Never>]] = [:]
    private var lastToken: UInt64 = 0

    mutating func nextToken() -> UInt64 {
        lastToken += 1
        return lastToken
    }

    mutating func add(_ continuation: CheckedContinuation<Void, Never>, for topic: Topic, token: UInt64) {
        tasks[topic, default: [:]][token] = continuation
    }

    mutating func wake(_ topic: Topic) {
        guard let woken = tasks.removeValue(forKey: topic) else { return }
        for continuation in woken.values { continuation.resume() }
    }

    mutating func wake(_ topic: Topic, token: UInt64) {
        tasks[topic]?.removeValue(forKey: token)?.resume()
    }

    mutating func wakeAll() {
        let all = tasks
        tasks = [:]
        for continuation in all.values.flatMap(\.values) { continuation.resume() }
    }
}
