import CDescriptors
import SSHCrypto
import Synchronization

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
package enum PlatformProcess {
    /// How a program ended; nothing is known of it where children are not waited for (SIGCHLD is ignored).
    package enum Ending {
        case exit(Int32), signal(Int32), unknown

        /// As a shell has it.
        var status: Int32 {
            switch self {
            case .exit(let status): status
            case .signal(let number): 128 + number
            case .unknown: 255
            }
        }
    }

    struct Child {
        let process: pid_t
        let output: Int32

        func close() { _ = SystemCalls.close(output) }

        /// How many bytes came, or none where a signal came instead; nil at the end.
        func read(into secret: inout SecretBytes, at start: Int) -> Int? {
            let count = unsafe secret.withUnsafeMutableBytes { target in
                unsafe SystemCalls.read(output, target.baseAddress?.advanced(by: start), target.count - start)
            }
            return count > 0 ? count : count < 0 && errno == EINTR ? 0 : nil
        }

        /// How the process ended; nil where it has not, and nobody waits for it.
        func reap(waits: Bool = false) -> Ending? {
            var status: Int32 = 0
            var reaped = unsafe waitpid(process, &status, waits ? 0 : WNOHANG)
            while reaped < 0, errno == EINTR { reaped = unsafe waitpid(process, &status, waits ? 0 : WNOHANG) }
            if reaped == 0 { return nil }
            _ = children.withLock { $0.remove(process) }
            guard reaped == process else { return .unknown }
            return status & 0x7F == 0 ? .exit(status >> 8 & 0xFF) : .signal(status & 0x7F)
        }

        func kill() {
            signal(process, SIGKILL)
            _ = reap(waits: true)
        }
    }

    /// Those that were started and not waited for.
    ///
    /// A start holds the lock until its process is among them: the program may run, and a signal end us,
    /// before whoever started it is on a processor again.
    private static let children = Mutex<Set<pid_t>>([])

    #if canImport(Glibc)
        private typealias FileActions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #else
        private typealias FileActions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #endif

    /// Starts a program with `/dev/null` as its input, a pipe to us as its output, and our standard error.
    static func spawn(_ arguments: [String], _ environment: [[UInt8]]?) throws(ChildProcess.Failure) -> Child {
        guard let pipe = PlatformStreams.WakePipe() else { throw .system(errno) }
        defer { _ = SystemCalls.close(pipe.writeEnd) }
        do throws(ChildProcess.Failure) {
            let process = try unsafe start(arguments, environment) { actions in
                _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
                _ = unsafe posix_spawn_file_actions_adddup2(&actions, pipe.writeEnd, 1)
            }
            return Child(process: process, output: pipe.readEnd)
        } catch {
            _ = SystemCalls.close(pipe.readEnd)
            throw error
        }
    }

    /// Has the user's shell run a command of the user's own configuration (interop ruling 34); it blocks.
    ///
    /// A silent one reads and writes nothing but its errors; another one has our standard streams. Nil where it could not be
    /// started.
    package static func runInShell(_ command: String, isSilent: Bool) -> Ending? {
        let shell = unsafe getenv("SHELL").map { unsafe String(cString: $0) } ?? ""
        let words = [shell.isEmpty ? "/bin/sh" : shell, "-c", command]
        let started = try? unsafe start(words, nil) { actions in
            guard isSilent else { return }
            _ = unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            _ = unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        }
        return started.flatMap { Child(process: $0, output: -1).reap(waits: true) }
    }

    /// Asks every program that still runs for us to end: who asked for its answer ends.
    package static func endChildren() {
        children.withLock { $0.forEach { signal($0, SIGTERM) } }
    }

    private static func signal(_ process: pid_t, _ number: Int32) {
        #if canImport(Glibc)
            _ = Glibc.kill(process, number)
        #else
            _ = Darwin.kill(process, number)
        #endif
    }

    /// A copy of this process, which must have one thread: 0 in the copy, below 0 where there is none.
    package static func fork() -> Int32 { fairlead_fork() }

    /// Whether the signal does nothing here, as whoever started us may have wanted it (nohup, sftp, a shell's `&`).
    package static func ignores(_ number: Int32) -> Bool { fairlead_ignores(number) != 0 }

    /// Whether the end of who started us ends us, too.
    package static func followsParent(_ isFollowing: Bool) {
        #if canImport(Glibc)
            _ = fairlead_follow_parent(isFollowing ? SIGTERM : 0)
        #endif
    }

    /// Without any descriptor of ours but the standard ones as `prepare` leaves them.
    private static func start(
        _ arguments: [String], _ environment: [[UInt8]]?, _ prepare: (inout FileActions) -> Void
    ) throws(ChildProcess.Failure) -> pid_t {
        var actions = unsafe FileActions()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        unsafe prepare(&actions)
        #if canImport(Glibc)
            _ = unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        #else
            for descriptor in Int32(0)...2 { _ = unsafe posix_spawn_file_actions_addinherit_np(&actions, descriptor) }
        #endif
        var attributes = cleanSignals()
        defer {
            _ = unsafe posix_spawn_file_actions_destroy(&actions)
            _ = unsafe posix_spawnattr_destroy(&attributes)
        }
        var process: pid_t = 0
        let failure = children.withLock { children in
            let failure = unsafe withCStrings(arguments.map { Array($0.utf8) }) { arguments in
                guard let name = unsafe arguments.pointee else { return EINVAL }
                guard let environment else {
                    return unsafe posix_spawnp(&process, name, &actions, &attributes, arguments, environ)
                }
                return unsafe withCStrings(environment) { environment in
                    unsafe posix_spawnp(&process, name, &actions, &attributes, arguments, environment)
                }
            }
            if failure == 0 { children.insert(process) }
            return failure
        }
        guard failure == 0 else { throw .system(failure) }
        return process
    }

    /// What signals we ignore or hold back is our affair.
    private static func cleanSignals() -> Attributes {
        var attributes = Attributes()
        _ = unsafe posix_spawnattr_init(&attributes)
        var signals = sigset_t()
        var noSignals = sigset_t()
        _ = unsafe sigfillset(&signals)
        _ = unsafe sigemptyset(&noSignals)
        _ = unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        _ = unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        var flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
        #if !canImport(Glibc)
            flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
        #endif
        _ = unsafe posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
        return attributes
    }

    /// Waits until there is something to read; without a descriptor, for a moment.
    static func wait(
        for descriptor: Int32?, _ wake: Int32, until deadline: ContinuousClock.Instant?
    ) throws(ChildProcess.Failure) {
        while true {
            var milliseconds = descriptor == nil ? 5 : 60_000
            if let deadline {
                let left = deadline - .now
                guard left > .zero else { throw .timeout }
                if left < .seconds(60) { milliseconds = min(milliseconds, Int(left / .milliseconds(1)) + 1) }
            }
            let events = PlatformStreams.wait(
                for: descriptor ?? -1, or: wake, milliseconds: Int32(clamping: milliseconds))
            if let events, events.wake != 0 { throw .cancelled }
            if descriptor == nil { return }
            if let events, events.descriptor != 0 { return }
        }
    }

    private static func withCStrings<Result>(
        _ strings: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers = unsafe strings.map { unsafe strdup($0.map { CChar(bitPattern: $0) } + [0]) } + [nil]
        defer { unsafe pointers.forEach { unsafe free($0) } }
        return unsafe body(&pointers)
    }
}
