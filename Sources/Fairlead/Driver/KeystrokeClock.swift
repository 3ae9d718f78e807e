import NIOCore
import SSHCore

/// Lets typed keys leave at fixed moments only, with empty messages at the moments between, so that nobody who watches the
/// network learns the rhythm of typing (`ObscureKeystrokeTiming`).
///
/// It lives on the connection's loop.
final class KeystrokeClock {
    /// More than that at once is pasted, or no terminal's.
    private static let keystrokeByteCount = 256
    /// For how long empty messages follow the last key.
    private static let chaffMilliseconds: ClosedRange<Int64> = 1024...3072

    private let interval: TimeAmount
    private let connection: SSHConnection
    private let release: @Sendable (isolated SSHConnection) -> Void
    private var timer: RepeatedTask?
    private var chaffEnd = NIODeadline.now()
    /// Keys wait for the next moment.
    private(set) var isHolding = false

    /// Nil where the server would not answer, and so tell what is empty.
    init?(
        _ interval: Duration, on connection: SSHConnection,
        release: @escaping @Sendable (isolated SSHConnection) -> Void
    ) {
        guard connection.assumeIsolated({ $0.engine.supportsPing }) else { return nil }
        self.interval = TimeAmount(interval)
        self.connection = connection
        self.release = release
    }

    /// Some bytes were typed.
    func hold(_ byteCount: Int) {
        guard byteCount <= Self.keystrokeByteCount else { return }
        isHolding = true
        guard timer == nil else { return }
        // The connection owns the session, which owns this: the timer must not own them.
        timer = connection.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) {
            [bound = NIOLoopBound(WeakClock(self), eventLoop: connection.eventLoop)] task in
            guard let clock = bound.value.clock else { return task.cancel() }
            clock.tick()
        }
    }

    func stop() {
        timer?.cancel()
        timer = nil
    }

    private func tick() {
        if isHolding {
            isHolding = false
            chaffEnd = .now() + .milliseconds(.random(in: Self.chaffMilliseconds))
            connection.assumeIsolated(release)
        } else if NIODeadline.now() < chaffEnd {
            connection.assumeIsolated { try? $0.perform(.ping) }
        } else {
            stop()
        }
    }

    private final class WeakClock {
        weak var clock: KeystrokeClock?
        init(_ clock: KeystrokeClock) { self.clock = clock }
    }
}
