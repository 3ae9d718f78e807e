import Synchronization

/// Tries the addresses of one host, each a little after the one before, until one is connected (RFC 8305 §5).
///
/// SwiftNIO has a connector of that kind. Its time-out covers all addresses together, where `ConnectTimeout` is for each;
/// it binds one local address whatever the family; and a cancelled task cannot stop it. So the attempts are ours.
enum AddressRace {
    /// The head start of each address (RFC 8305 §8); one that fails gives way at once.
    static let headStart = Duration.milliseconds(250)

    /// How many addresses are tried at the same time: each takes a descriptor, and a name may have thousands.
    static let attemptsAtOnce = 32

    private enum Step<Value: Sendable>: Sendable {
        case ended(attempt: Int, Result<Value, SSHError>)
        /// The head start of this attempt is over.
        case overdue(attempt: Int)
        case tooLate
    }

    /// The first success; else the failure of the last address, as in ssh; nil without addresses.
    ///
    /// As many as are tried at the same time have all of `limit`, which is one attempt's, after their head starts; a name
    /// with more addresses than that takes no longer. The attempts that are still going on then are cancelled, and are over
    /// when this returns.
    static func run<Target: Sendable, Value: Sendable>(
        _ targets: [Target], headStart: Duration = Self.headStart, limit: Duration,
        attempt: @escaping @Sendable (Target) async -> Result<Value, SSHError>
    ) async -> Result<Value, SSHError>? {
        await withTaskGroup(of: Step<Value>.self) { group in
            var failures = [SSHError?](repeating: nil, count: targets.count)
            var next = 0
            var runningCount = 0
            var isNextDue = true
            var isTooLate = false
            let time = limit + headStart * min(targets.count, attemptsAtOnce)
            group.addTask { await after(time, .tooLate) }
            while isTooLate ? runningCount > 0 : failures.contains(nil) {
                if !isTooLate, isNextDue, next < targets.count, runningCount < attemptsAtOnce {
                    let current = next
                    next += 1
                    runningCount += 1
                    group.addTask { .ended(attempt: current, await attempt(targets[current])) }
                    group.addTask { await after(headStart, .overdue(attempt: current)) }
                }
                switch await group.next() {
                case .ended(_, .success(let value)):
                    group.cancelAll()
                    return .success(value)
                case .ended(let attempt, .failure(let error)):
                    failures[attempt] = error
                    runningCount -= 1
                    isNextDue = true
                case .overdue(let attempt): isNextDue = attempt == next - 1
                case .tooLate:
                    isTooLate = true
                    group.cancelAll()
                case nil: return nil
                }
            }
            group.cancelAll()
            return targets.isEmpty ? nil : .failure(lastWord(of: failures))
        }
    }

    private static func after<Value>(_ time: Duration, _ step: Step<Value>) async -> Step<Value> {
        try? await Task.sleep(for: time)
        return step
    }

    /// Who was cancelled for want of time has nothing to tell.
    private static func lastWord(of failures: [SSHError?]) -> SSHError {
        failures.compactMap(\.self).last { $0.kind != .cancelled }
            ?? SSHError(.connect, .timeout, "no address answers in time")
    }

    /// The addresses with the families in turn, so that a family that leads nowhere costs one head start (RFC 8305 §4).
    static func interleaved<Target>(_ targets: [Target], isOfFirstFamily: (Target) -> Bool) -> [Target] {
        let first = targets.filter(isOfFirstFamily)
        let other = targets.filter { !isOfFirstFamily($0) }
        return (0..<max(first.count, other.count)).flatMap { index in
            [first, other].compactMap { index < $0.count ? $0[index] : nil }
        }
    }
}

/// Which connection of a race came first: the only one that may speak, or be seen.
final class RaceWinner: Sendable {
    private let winner = Mutex<SSHConnection?>(nil)

    /// Whether this is the one: the first for which that is asked.
    func accepts(_ connection: SSHConnection) -> Bool {
        winner.withLock {
            if $0 == nil { $0 = connection }
            return $0 === connection
        }
    }
}
