import CDescriptors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a process does to keep its secrets to itself.
public enum ProcessMemory {
    /// Forbids core files, and other processes of the same user to look into this one's memory.
    ///
    /// For the whole process, so it is the embedding program's choice; the tool calls it before it reads any secret. A
    /// debugger cannot attach afterwards.
    public static func hide() {
        #if canImport(Glibc)
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            _ = fairlead_hide_memory()
        #else
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            _ = unsafe setrlimit(RLIMIT_CORE, &limit)
        #endif
    }
}

/// The time of day.
package enum PlatformClock {
    static var secondsSince1970: UInt64 { UInt64(max(0, time(nil))) }
}

/// What the system does to run a program.
enum PlatformProcess {
    /// Starts a program with `/dev/null` as its input, a pipe to us as its output, and our standard error.
    static func spawn(
        _ arguments: [String], _ environment: [String]?
    ) throws(ChildProcess.Failure) -> (process: pid_t, output: Int32) {
        guard let pipe = PlatformStreams.WakePipe() else { throw .system(errno) }
        defer { _ = SystemCalls.close(pipe.writeEnd) }
        #if canImport(Glibc)
            var actions = unsafe posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #else
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #endif
        _ = unsafe posix_spawn_file_actions_init(&actions)
        _ = unsafe posix_spawnattr_init(&attributes)
        defer {
            _ = unsafe posix_spawn_file_actions_destroy(&actions)
            _ = unsafe posix_spawnattr_destroy(&attributes)
        }
        _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        _ = unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd, 1)
        // What signals we ignore or hold back is our affair.
        var signals = sigset_t()
        var noSignals = sigset_t()
        _ = unsafe sigfillset(&signals)
        _ = unsafe sigemptyset(&noSignals)
        _ = unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        _ = unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        #if canImport(Glibc)
            _ = unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        #else
            flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
            _ = unsafe posix_spawn_file_actions_addinherit_np(&actions, 2)
        #endif
        _ = unsafe posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
        var process: pid_t = 0
        let failure = unsafe withCStrings(arguments) { arguments in
            guard let name = unsafe arguments.pointee else { return EINVAL }
            guard let environment else {
                return unsafe posix_spawnp(&process, name, &actions, &attributes, arguments, environ)
            }
            return unsafe withCStrings(environment) { environment in
                unsafe posix_spawnp(&process, name, &actions, &attributes, arguments, environment)
            }
        }
        guard failure == 0 else {
            _ = SystemCalls.close(pipe.readEnd)
            throw .system(failure)
        }
        return (process, pipe.readEnd)
    }

    /// Waits until there is something to read; without a descriptor, for a moment.
    static func wait(
        for descriptor: Int32?, _ wake: Int32, until deadline: ContinuousClock.Instant?
    ) throws(ChildProcess.Failure) {
        while true {
            var polled = [
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            var milliseconds = descriptor == nil ? 5 : 60_000
            if let deadline {
                let left = deadline - .now
                guard left > .zero else { throw .timeout }
                if left < .seconds(60) { milliseconds = min(milliseconds, Int(left / .milliseconds(1)) + 1) }
            }
            let ready = unsafe poll(&polled, 2, Int32(clamping: milliseconds))
            if polled[0].revents != 0 { throw .cancelled }
            if ready > 0 || descriptor == nil { return }
        }
    }

    /// How the process ended; nil where it has not, and nobody waits for it.
    static func reap(_ process: pid_t, waits: Bool) -> Int32? {
        var status: Int32 = 0
        while true {
            let reaped = unsafe waitpid(process, &status, waits ? 0 : WNOHANG)
            if reaped == 0 { return nil }
            if reaped < 0, errno == EINTR { continue }
            // Where children are not waited for (SIGCHLD is ignored), nothing is known of its end.
            guard reaped == process else { return 255 }
            let signal = status & 0x7F
            return signal == 0 ? status >> 8 & 0xFF : 128 + signal
        }
    }

    private static func withCStrings<Result>(
        _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe strings.map { unsafe strdup($0) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe body(&pointers)
    }
}
