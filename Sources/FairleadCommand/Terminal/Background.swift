import Fairlead
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Going to the background (`-f`), which a process with threads cannot do by forking: whoever may go there starts itself once
/// more, before the first thread, and waits as a thin leader until its worker says that it may leave (interop ruling 38).
enum Background {
    private static let variable = "FAIRLEAD_WORKER"
    private static let leader = Atomic<Int32>(-1)
    private static let worker = Atomic<pid_t>(0)

    /// In the worker: takes note of its leader, and forgets how it knows.
    static func begin() {
        guard let text = PlatformTerminal.environment(variable), let descriptor = Int32(text) else { return }
        leader.store(descriptor, ordering: .relaxed)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = unsafe unsetenv(variable)
        PlatformProcess.followsParent(true)
    }

    static var isWorker: Bool { leader.load(ordering: .relaxed) >= 0 }

    /// Starts the worker and never returns: ends as it ends, or with 0 when it goes to the background.
    static func lead(_ program: String) -> Never {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { _exit(ExitCode.failure) }
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = unsafe setenv(variable, String(ends[1]), 1)
        var process: pid_t = 0
        let words = unsafe CommandLine.unsafeArgv
        guard unsafe posix_spawn(&process, program, nil, nil, words, environ) == 0 else { _exit(ExitCode.failure) }
        close(ends[1])
        worker.store(process, ordering: .relaxed)
        // The terminal tells both of its keys; what somebody tells the leader alone is meant for the worker.
        for number in [SIGINT, SIGQUIT] { signal(number, SIG_IGN) }
        for number in [SIGTERM, SIGHUP] {
            signal(number) { number in _ = kill(Background.worker.load(ordering: .relaxed), number) }
        }
        var byte: UInt8 = 0
        while true {
            let count = unsafe read(ends[0], &byte, 1)
            if count < 0, errno == EINTR { continue }
            if count == 1 { _exit(0) }
            break
        }
        end(as: process)
    }

    private static func end(as process: pid_t) -> Never {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        let number = status & 0x7F
        if number != 0 { PlatformTerminal.end(bySignal: number) }
        _exit(status >> 8 & 0xFF)
    }

    /// In the worker, once nobody will be asked anything any more: the leader leaves, and so does the terminal.
    static func detach() {
        let descriptor = leader.exchange(-1, ordering: .relaxed)
        guard descriptor >= 0 else { return }
        PlatformProcess.followsParent(false)
        _ = setsid()
        var byte: UInt8 = 1
        _ = unsafe write(descriptor, &byte, 1)
        close(descriptor)
    }
}
