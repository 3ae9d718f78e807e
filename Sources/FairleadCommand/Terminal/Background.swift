import Fairlead
import Glibc
import Synchronization

/// Going to the background (`-f`, `~&`), which a process with threads cannot do by forking: whoever may go there forks before
/// the first thread.
///
/// The copy does all the work; its parent waits in its place as a thin leader, ends as it ends, and leaves when it is told
/// that it may (interop ruling 38).
enum Background {
    /// The process that waits for us, in the worker.
    private static let leader = Atomic<pid_t>(0)
    private static let numbers = [SIGCHLD, SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGCONT, SIGUSR1]
    /// Those that a terminal sends.
    private static let keys = [SIGINT, SIGQUIT, SIGTSTP, SIGWINCH]

    static var isPossible: Bool { leader.load(ordering: .relaxed) > 0 }

    /// Does the work in a copy of this process that its parent waits for; returns where there can be no other process.
    static func begin(_ work: @escaping () -> Never) {
        // By this one the leader is told to leave, whatever whoever started us thinks of it.
        let before = signal(SIGUSR1, SIG_DFL)
        let (own, mask) = (getpid(), SignalSet.block(numbers))
        let worker = PlatformProcess.fork()
        if worker > 0 { lead(worker) }
        guard worker == 0 else {
            SignalSet.restore(mask)
            _ = signal(SIGUSR1, before)
            return
        }
        leave {
            SignalSet.restore(mask)
            _ = signal(SIGUSR1, before)
            FatalSignals.prepareStack()
            leader.store(own, ordering: .relaxed)
            PlatformProcess.followsParent(true)
            // It may have ended before we followed it.
            if getppid() != own { _exit(ExitCode.failure) }
            work()
        }
    }

    /// In a copy: a new thread does the work, and this one nothing any more.
    ///
    /// Swift's locks know a thread by the number that they asked the system for once; a thread that was copied goes by the
    /// number of its original, and where two threads want one lock that never ends. What is waited for stays held back here.
    private static func leave(to work: @escaping () -> Never) -> Never {
        var thread = pthread_t()
        let box = unsafe Unmanaged.passRetained(Work(run: work)).toOpaque()
        let failure = unsafe pthread_create(
            &thread, nil,
            { box in
                guard let box = unsafe box else { return nil }
                unsafe Unmanaged<Work>.fromOpaque(box).takeRetainedValue().run()
            }, box)
        if failure != 0 {
            errno = failure
            Console.say("fairlead: cannot start a thread: \(PlatformTerminal.errorText)")
            _exit(ExitCode.failure)
        }
        while true { pause() }
    }

    private final class Work {
        let run: () -> Never

        init(run: @escaping () -> Never) { self.run = run }
    }

    private static func lead(_ worker: pid_t) -> Never {
        // Should it be killed, its terminal is given back all the same.
        TerminalState.remember(0)
        var set = SignalSet.of(numbers)
        while true {
            var information = unsafe siginfo_t()
            let number = unsafe sigwaitinfo(&set, &information)
            switch number {
            case SIGCHLD: follow(worker)
            case SIGUSR1 where unsafe information._sifields._kill.si_pid == worker: _exit(0)
            // A key tells both; what somebody tells the leader alone is meant for the worker.
            case _ where unsafe keys.contains(number) && information.si_code > 0: break
            case 1...: kill(worker, number)
            default: break
            }
        }
    }

    /// Does as the worker did: stops, or ends.
    private static func follow(_ worker: pid_t) {
        var status: Int32 = 0
        guard unsafe waitpid(worker, &status, WNOHANG | WUNTRACED) == worker else { return }
        let number = status & 0x7F
        // Whoever continues us continues it too: by the group, or by the signal that is passed on.
        if number == 0x7F { return SignalSet.stop(by: status >> 8 & 0xFF) }
        guard number != 0 else { _exit(status >> 8 & 0xFF) }
        TerminalState.restore()
        PlatformTerminal.end(bySignal: number)
    }

    /// On the worker's thread, which follows the leader: the leader leaves, and so does the terminal.
    static func detach() {
        let process = leader.exchange(0, ordering: .relaxed)
        guard process > 0 else { return }
        PlatformProcess.followsParent(false)
        _ = setsid()
        kill(process, SIGUSR1)
    }

    /// Lets go of the standard streams, so that nobody waits for their end; errors may stay.
    ///
    /// A session that still needs them gets copies.
    static func releaseStreams(keepingErrors: Bool, copies isCopying: Bool) -> (output: Int32, errorOutput: Int32) {
        let copies = isCopying ? (fcntl(1, F_DUPFD_CLOEXEC, 3), fcntl(2, F_DUPFD_CLOEXEC, 3)) : (-1, -1)
        let nothing = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
        for descriptor in Int32(0)...(keepingErrors ? 1 : 2) { dup2(nothing, descriptor) }
        close(nothing)
        return copies
    }
}
