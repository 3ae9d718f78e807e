import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the terminal was like before we touched it, kept where a signal handler can reach it: a crash must give the
/// terminal back too.
///
/// Handlers only load these and call `tcsetattr`.
enum TerminalState {
    private static let savedAddress = Atomic<UInt>(0)
    private static let descriptor = Atomic<Int32>(-1)
    private static let modified = Atomic<Bool>(false)
    private static let raw = Atomic<Bool>(false)
    /// It was given back for good.
    private static let ended = Atomic<Bool>(false)
    /// Calls of `modify` that may be about to change it.
    private static let changeCount = Atomic<Int>(0)

    /// Whether our own lines need carriage returns.
    static var isRaw: Bool { raw.load(ordering: .relaxed) }

    /// Whether there is anything to restore.
    static var isModified: Bool { modified.load(ordering: .acquiring) }

    /// Touches everything that a handler will touch, so that nothing is set up lazily there.
    static func prepare() {
        guard savedAddress.load(ordering: .relaxed) == 0 else { return }
        let memory = UnsafeMutablePointer<termios>.allocate(capacity: 1)
        unsafe memory.initialize(to: termios())
        savedAddress.store(UInt(bitPattern: memory), ordering: .releasing)
        descriptor.store(-1, ordering: .relaxed)
        modified.store(false, ordering: .relaxed)
        raw.store(false, ordering: .relaxed)
    }

    /// Stops until the terminal is ours; false where nobody is left who could give it to us.
    ///
    /// The call does nothing else; before it the settings are those of the program that has the terminal.
    static func waitForForeground(_ target: Int32) -> Bool {
        SignalSet.stoppable {
            while tcflow(target, TCOON) < 0 { if errno != EINTR { return false } }
            return true
        }
    }

    /// Keeps what the terminal is like for `restore`, and gives it; nil when it is none.
    @discardableResult
    static func remember(_ target: Int32) -> termios? {
        var settings = termios()
        guard let memory = unsafe UnsafeMutablePointer<termios>(bitPattern: savedAddress.load(ordering: .acquiring)),
            unsafe tcgetattr(target, &settings) == 0
        else { return nil }
        if !isModified {
            unsafe memory.pointee = settings
            descriptor.store(target, ordering: .relaxed)
        }
        modified.store(true, ordering: .releasing)
        return settings
    }

    /// Applies `change` to the terminal; what it was before is kept for `restore`.
    ///
    /// False when it is no terminal, or not ours, or was given back for good.
    static func modify(_ target: Int32, isRaw: Bool, _ change: (inout termios) -> Void) -> Bool {
        guard waitForForeground(target) else { return false }
        changeCount.add(1, ordering: .sequentiallyConsistent)
        defer { changeCount.subtract(1, ordering: .sequentiallyConsistent) }
        // After the count: either `end` sees it, or this sees that there was an end.
        guard !ended.load(ordering: .sequentiallyConsistent), var settings = remember(target) else { return false }
        change(&settings)
        raw.store(isRaw, ordering: .relaxed)
        return SignalSet.stoppable { unsafe tcsetattr(target, isRaw ? TCSADRAIN : TCSAFLUSH, &settings) == 0 }
    }

    /// Gives the terminal back, without waiting for output: a terminal that takes none must not keep a signal from ending
    /// us.
    ///
    /// Safe in a signal handler. `discarding` throws away what was typed and not read.
    static func restore(discarding: Bool = false) {
        guard modified.load(ordering: .acquiring),
            let memory = unsafe UnsafeMutablePointer<termios>(bitPattern: savedAddress.load(ordering: .acquiring))
        else { return }
        let terminal = descriptor.load(ordering: .relaxed)
        defer {
            modified.store(false, ordering: .releasing)
            raw.store(false, ordering: .relaxed)
        }
        // In the background it is another's, who has set it as he likes.
        let owner = tcgetpgrp(terminal)
        guard owner < 0 || owner == getpgrp() else { return }
        if discarding { _ = tcflush(terminal, TCIFLUSH) }
        _ = unsafe tcsetattr(terminal, TCSANOW, memory)
    }

    /// As `restore`, for good: who was about to change it, on another thread, has no effect.
    static func end(discarding: Bool = false) {
        ended.store(true, ordering: .sequentiallyConsistent)
        restore(discarding: discarding)
        // One that waits for output to drain does so until we exit, and then changes nothing.
        for _ in 0..<100 where changeCount.load(ordering: .sequentiallyConsistent) > 0 {
            usleep(1000)
            modified.store(true, ordering: .releasing)
        }
        restore(discarding: discarding)
    }

    /// As `restore`, at once, for a handler of a crash: waiting for output to drain could wait for ever.
    static func restoreNow() {
        guard modified.load(ordering: .acquiring),
            let memory = unsafe UnsafeMutablePointer<termios>(bitPattern: savedAddress.load(ordering: .acquiring))
        else { return }
        _ = unsafe tcsetattr(descriptor.load(ordering: .relaxed), TCSANOW, memory)
    }
}
