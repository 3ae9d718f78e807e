import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Signals that are for us, taken one by one by a thread of their own: everything may be called from there, unlike from
/// a handler.
///
/// They are blocked before the first thread starts, so that all threads inherit it.
enum SignalWatch {
    private struct State: Sendable {
        var promptDescriptor: Int32?
        var promptText = ""
        var resumePrompt: (@Sendable () -> Void)?
        var onResize: (@Sendable () -> Void)?
        /// Ends a running session and does not return; nil outside of one.
        var endSession: (@Sendable (_ signal: Int32) -> Void)?
        var resumeSession: (@Sendable () -> Void)?
        /// Who wants the next Ctrl-C for himself.
        var interrupted: CheckedContinuation<Bool, Never>?

        mutating func takeInterrupted() -> CheckedContinuation<Bool, Never>? {
            defer { interrupted = nil }
            return interrupted
        }
    }

    private static let state = Mutex(State())
    private static let numbers = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGTSTP]

    /// Call it before any thread exists.
    static func block() { SignalSet.block(numbers) }

    /// Never returns: give it a thread.
    static func run() -> Never {
        var set = SignalSet.of(numbers)
        while true {
            var number: Int32 = 0
            guard unsafe sigwait(&set, &number) == 0 else { continue }
            handle(number)
        }
    }

    static func promptBegins(_ descriptor: Int32, _ text: String, resume: (@Sendable () -> Void)? = nil) {
        state.withLock {
            $0.promptDescriptor = descriptor
            $0.promptText = text
            $0.resumePrompt = resume
        }
    }

    static func promptEnds() {
        state.withLock {
            $0.promptDescriptor = nil
            $0.resumePrompt = nil
        }
    }

    static func sessionBegins(
        onResize: (@Sendable () -> Void)?, resume: (@Sendable () -> Void)?,
        end: @escaping @Sendable (_ signal: Int32) -> Void
    ) {
        state.withLock {
            $0.onResize = onResize
            $0.resumeSession = resume
            $0.endSession = end
        }
    }

    /// Stops as Ctrl-Z does where the terminal is not raw.
    static func suspend() { stop(state.withLock { $0 }) }

    /// True at the next Ctrl-C, which then does nothing else; false when the task is cancelled first.
    ///
    /// From `begun` on it is: who is told of it may press it at once.
    static func isInterrupted(begun: () -> Void) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock {
                    // Once: a cancellation between two looks would resume it twice.
                    let isCancelled = Task.isCancelled
                    if !isCancelled { $0.interrupted = continuation }
                    return isCancelled
                }
                if isCancelled { return continuation.resume(returning: false) }
                begun()
            }
        } onCancel: {
            state.withLock { $0.takeInterrupted() }?.resume(returning: false)
        }
    }

    private static func handle(_ number: Int32) {
        if number == SIGINT, let waiting = state.withLock({ $0.takeInterrupted() }) {
            return waiting.resume(returning: true)
        }
        let current = state.withLock { $0 }
        switch number {
        case SIGWINCH: current.onResize?()
        case SIGTSTP: stop(current)
        default:
            TerminalState.end(discarding: current.resumePrompt != nil)
            guard current.promptDescriptor == nil, let end = current.endSession else {
                PlatformTerminal.end(bySignal: number)
            }
            end(number)
            // It says goodbye, which a connection that is busy may never come to.
            sleep(5)
            Main.exit(ExitCode.failure)
        }
    }

    /// Stops as asked, with the terminal as it was; goes on where it stopped.
    private static func stop(_ current: State) {
        // Half a password is not for whoever reads the terminal next.
        TerminalState.restore(discarding: current.resumePrompt != nil)
        SignalSet.stop(by: SIGTSTP)
        // What ends us came first: the terminal, which may be another's by now, is not touched again.
        if SignalSet.isPending([SIGTERM, SIGHUP, SIGINT, SIGQUIT]) { return }
        // What was going on may have ended, or begun, meanwhile.
        let current = state.withLock { $0 }
        if let descriptor = current.promptDescriptor {
            current.resumePrompt?()
            PlatformTerminal.write(current.promptText, to: descriptor)
        } else {
            current.resumeSession?()
        }
    }
}
