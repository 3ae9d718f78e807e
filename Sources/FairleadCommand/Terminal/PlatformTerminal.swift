import Fairlead
import SSHConfig

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The terminal and process calls of the system that are no state machine of ours.
enum PlatformTerminal {
    static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// The terminal's size; nil when it has none to tell.
    static func size(of descriptor: Int32) -> PseudoTerminal.Size? {
        var size = winsize()
        guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
            return nil
        }
        return PseudoTerminal.Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
    }

    /// Why the last call of the system failed, in its words.
    static var errorText: String { unsafe String(cString: strerror(errno)) }

    /// For the user alone where it is new; nil where it cannot be opened.
    static func openForAppending(_ path: String) -> Int32? {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        return descriptor < 0 ? nil : descriptor
    }

    static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8), to: descriptor) }

    static func write(_ all: [UInt8], to descriptor: Int32) {
        var bytes = all[...]
        while !bytes.isEmpty {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN {
                // Another program set the shared description to non-blocking: wait for room.
                var polled = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
                _ = unsafe poll(&polled, 1, -1)
                continue
            }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }

    /// A closed standard descriptor would be given to the first socket that is opened: it is opened on `/dev/null` first.
    static func openMissingStandardStreams() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }

    /// The words behind the program's name, byte for byte: `CommandLine.arguments` repairs what is not UTF-8.
    static var arguments: [ConfigText] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { index in
            unsafe CommandLine.unsafeArgv[index].map { unsafe text($0) }
        }
    }

    private static func text(_ string: UnsafePointer<CChar>) -> ConfigText {
        unsafe ConfigText(UnsafeRawBufferPointer(start: string, count: strlen(string)))
    }

    static func environment(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// A variable as it is.
    static func environment(_ name: ConfigText) -> ConfigText? {
        let name = name.bytes.map { CChar(bitPattern: $0) } + [0]
        return unsafe getenv(name).map { unsafe text($0) }
    }

    /// A variable that is set to something.
    static func variable(_ name: String) -> String? {
        environment(name).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// All variables, as `NAME=value`.
    static var environment: [ConfigText] {
        var variables: [ConfigText] = []
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            variables.append(unsafe text(entry))
            unsafe next += 1
        }
        return variables
    }

    struct LocalUser {
        var name: String
        var home: String
        var userID: UInt32
    }

    /// The user by the password file; `HOME` comes before its home directory where it is an absolute path.
    static var localUser: LocalUser {
        get throws(UsageError) {
            let userID = getuid()
            var name = environment("USER") ?? String(userID)
            var home = "/"
            if let entry = unsafe getpwuid(userID) {
                name = unsafe String(cString: entry.pointee.pw_name)
                home = unsafe String(cString: entry.pointee.pw_dir)
            }
            if let variable = environment("HOME" as ConfigText), variable.bytes.first == UInt8(ascii: "/") {
                home = try variable.utf8("HOME")
            }
            return LocalUser(name: name, home: home, userID: userID)
        }
    }

    static var localHostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Paths that a shell pattern stands for, sorted.
    static func glob(_ pattern: String) -> [String] {
        var result = unsafe glob_t()
        defer { unsafe globfree(&result) }
        guard unsafe Glibc.glob(pattern, 0, nil, &result) == 0 else { return [] }
        var paths: [String] = []
        for index in 0..<Int(unsafe result.gl_pathc) {
            if let path = unsafe result.gl_pathv[index] { paths.append(unsafe String(cString: path)) }
        }
        return paths
    }

    static let terminationSignal = SIGTERM

    static func exit(_ status: Int32) -> Never {
        PlatformProcess.endChildren()
        _exit(status)
    }

    /// Ends the process by a signal, as its sender expects; falls back to its customary status.
    static func end(bySignal number: Int32) -> Never {
        PlatformProcess.endChildren()
        _ = signal(number, SIG_DFL)
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, number)
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
        kill(getpid(), number)
        usleep(100_000)
        _exit(128 + number)
    }
}
