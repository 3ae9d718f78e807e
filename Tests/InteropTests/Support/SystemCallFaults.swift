import Foundation
import TestSupport

/// Which errors a call to the system may end in, and which of them the tool cannot survive.
enum SystemCallFaults {
    private static let reading = [EINTR, EAGAIN, EIO, ENOMEM]
    private static let opening = [EINTR, EMFILE, ENOMEM, EIO, ENOSPC]
    private static let making = [EMFILE, ENOMEM]
    private static let asking = [EINTR, ENOMEM]
    private static let storing = [EINTR, ENOMEM, EIO, ENOSPC]

    /// Those of a call as the manual has them, as far as the issue names them; other calls fail in none of these ways.
    private static let errors: [String: [Int32]] = {
        var errors: [String: [Int32]] = [
            // Sockets are read and written by these.
            "read": reading + [ECONNRESET], "write": reading + [ECONNRESET, ENOSPC],
            "connect": [EINTR, EAGAIN, ENOMEM, ECONNRESET], "epoll_ctl": [ENOMEM, ENOSPC],
            "pthread_create": [EAGAIN], "getaddrinfo": [ENOMEM, EMFILE, EIO, EAGAIN],
        ]
        let groups: [([Int32], [String])] = [
            (reading, ["readv", "pread", "pread64", "preadv2"]),
            (reading + [ECONNRESET], ["recv", "recvfrom", "recvmsg", "recvmmsg"]),
            (reading + [ENOSPC], ["writev", "pwrite", "pwrite64", "pwritev2"]),
            (reading + [ECONNRESET], ["send", "sendto", "sendmsg", "sendmmsg"]),
            (opening, ["open", "open64", "openat", "openat64", "fopen", "fopen64", "opendir", "getpwuid", "getpwnam"]),
            (
                making,
                [
                    "socket", "socketpair", "pipe", "pipe2", "dup", "dup2", "dup3", "epoll_create", "epoll_create1",
                    "eventfd",
                    "timerfd_create", "getifaddrs", "posix_spawn", "posix_spawnp",
                ]
            ),
            (
                [EINTR],
                ["epoll_wait", "poll", "ppoll", "eventfd_read", "eventfd_write", "sigwait", "waitpid", "sigaction"]
            ),
            (
                asking,
                [
                    "fcntl", "fcntl64", "ioctl", "getsockopt", "setsockopt", "getsockname", "getpeername", "isatty",
                    "tcgetattr",
                    "tcsetattr", "uname", "gethostname", "getrlimit", "setrlimit", "prctl", "bind", "shutdown",
                ]
            ),
            ([ENOMEM, EAGAIN], ["mmap", "mmap64", "munmap", "mprotect", "madvise", "mlock"]),
            (
                storing,
                [
                    "fsync", "fdatasync", "ftruncate", "ftruncate64", "rename", "link", "linkat", "symlink", "unlink",
                    "mkdir",
                    "fchmod", "fchown", "chmod", "flock", "stat", "lstat", "fstat", "fstatat", "stat64", "lstat64",
                    "fstat64",
                    "statfs", "readlink", "access", "realpath",
                ]
            ), ([EINTR, EAGAIN], ["getrandom", "getentropy", "syscall"]), ([EINTR, EIO], ["close"]),
        ]
        for (numbers, calls) in groups { for call in calls { errors[call] = numbers } }
        return errors
    }()

    /// SwiftNIO's event loop, its threads, and Dispatch's check by themselves that they could be made and told of a
    /// descriptor, and know nobody to tell if not.
    private static let fatalCalls: Set = [
        "epoll_create", "epoll_create1", "epoll_ctl", "eventfd", "timerfd_create", "pthread_create",
    ]

    /// Whether the process may stop there: nowhere else.
    static func mayStop(_ fault: FaultShim.Fault, saying text: String) -> Bool {
        // A debug build of SwiftNIO asserts that there is something to read where the system said so.
        let isAssertion = fault.number == EAGAIN && text.contains("NIOPosix/BaseSocketChannel.swift")
        return fatalCalls.contains(fault.call) || isAssertion && text.contains("Assertion failed")
    }

    /// Every call of a session with every error; calls come in another number each time, so a few more than were counted.
    static func all(of counts: FaultShim.Counts) -> [FaultShim.Fault] {
        counts.calls.sorted { $0.key < $1.key }.flatMap { call, count in
            (errors[call] ?? []).flatMap { number in
                (1...count + count / 8).map { FaultShim.Fault(call: call, number: number, nth: $0) }
            }
        }
    }
}
