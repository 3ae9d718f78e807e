import Synchronization
import Testing

@testable import Fairlead

/// Tasks that wait on a connection, and what wakes them.
@Suite struct WaitingTasksTests {
    @Test("What wakes a topic between the look and the sleep counts, as what comes during the sleep does")
    func wakeBeforeSleep() async {
        let waiting = Mutex(WaitingTasks())
        let early = waiting.withLock { $0.ticket(for: .login) }
        waiting.withLock { $0.wake(.login) }
        await withCheckedContinuation { continuation in waiting.withLock { $0.add(continuation, for: early) } }

        let late = waiting.withLock { $0.ticket(for: .login) }
        await withCheckedContinuation { continuation in
            waiting.withLock {
                $0.add(continuation, for: late)
                $0.wake(.closure)
                $0.wake(.login)
            }
        }
    }

    @Test("A ticket that is given back wakes its own task and no other, before and during the sleep")
    func givenBack() async {
        let line = Line()
        let (first, second) = line.waiting.withLock { ($0.ticket(for: .login), $0.ticket(for: .login)) }
        line.waiting.withLock { $0.wake(first) }
        await line.sleep(with: first)
        async let sleeper: Void = line.sleep(with: second)
        await Task.yield()
        #expect(line.wakeCount.withLock { $0 } == 1)
        line.waiting.withLock { $0.wakeAll() }
        await sleeper
        #expect(line.wakeCount.withLock { $0 } == 2)
    }

    private final class Line: Sendable {
        let waiting = Mutex(WaitingTasks())
        let wakeCount = Mutex(0)

        func sleep(with ticket: WaitingTasks.Ticket) async {
            await withCheckedContinuation { continuation in waiting.withLock { $0.add(continuation, for: ticket) } }
            wakeCount.withLock { $0 += 1 }
        }
    }
}
