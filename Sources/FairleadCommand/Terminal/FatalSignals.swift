#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a crash does: gives the terminal back, says one fixed line, and dies by its signal at once.
///
/// Without this the runtime's backtracer takes the terminal over, raw as it is.
enum FatalSignals {
    private static let numbers = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGBUS, SIGFPE]
    private static let stackByteCount = 64 * 1024

    static func install() {
        TerminalState.prepare()
        prepareStack()
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { number in
            TerminalState.restoreNow()
            let line: StaticString = "\r\nfairlead: internal error; the terminal was restored\r\n"
            _ = unsafe write(2, line.utf8Start, line.utf8CodeUnitCount)
            _ = signal(number, SIG_DFL)
            raise(number)
        }
        action.sa_flags = Int32(bitPattern: UInt32(SA_ONSTACK)) | SA_NODEFER | Int32(bitPattern: UInt32(SA_RESETHAND))
        for number in numbers { _ = unsafe sigaction(number, &action, nil) }
        _ = signal(SIGPIPE, SIG_IGN)
        // Who started us may not want to know of its children; we do.
        _ = signal(SIGCHLD, SIG_DFL)
    }

    /// A handler needs a stack even when the crash was running out of it, and so each thread that may do that.
    static func prepareStack() {
        var stack = unsafe stack_t()
        unsafe stack.ss_sp = UnsafeMutableRawPointer.allocate(byteCount: stackByteCount, alignment: 16)
        unsafe stack.ss_size = stackByteCount
        _ = unsafe sigaltstack(&stack, nil)
    }
}
