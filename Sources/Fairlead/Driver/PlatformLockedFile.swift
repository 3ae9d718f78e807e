#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An open file whose lock is ours until it is closed.
///
/// An edit puts another file in the place of the one that is locked. So whoever gets a lock looks whether the path still leads
/// there, and else begins anew. A device has no lines to protect and is not locked.
struct LockedFile: ~Copyable {
    /// Five seconds at most: whoever may read the file may lock it, for as long as they like.
    static let attemptCount = 1000
    private static let pauseInMicroseconds: UInt32 = 5000

    let descriptor: Int32
    let status: stat

    init(_ path: String, _ flags: Int32) throws(PlatformFiles.Failure) {
        (descriptor, status) = try Self.open(path, flags)
    }

    deinit {
        _ = SystemCalls.close(descriptor)
    }

    var isRegular: Bool { Self.isRegular(status) }

    /// Whether the path leads to this very file.
    func isStill(at path: String) -> Bool { Self.leads(path, to: status) }

    /// What was appended since the file had this size.
    func bytes(after byteCount: Int) -> [UInt8] {
        var now = stat()
        guard unsafe fstat(descriptor, &now) == 0, Int(now.st_size) > byteCount else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(now.st_size) - byteCount)
        let count = unsafe pread(descriptor, &bytes, bytes.count, off_t(byteCount))
        return Array(bytes.prefix(max(0, count)))
    }

    private static func open(_ path: String, _ flags: Int32) throws(PlatformFiles.Failure) -> (Int32, stat) {
        for _ in 0..<attemptCount {
            let descriptor = unsafe SystemCalls.open(path, flags | O_CLOEXEC | O_NONBLOCK, 0o600)
            guard descriptor >= 0 else { throw errno == ENOENT ? .missing : .system(errno) }
            var status = stat()
            var failure: Int32 = 0
            if unsafe fstat(descriptor, &status) != 0 {
                failure = errno
            } else if isRegular(status), flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
                failure = errno
            } else if unsafe fstat(descriptor, &status) == 0, !isRegular(status) || leads(path, to: status) {
                return (descriptor, status)
            }
            _ = SystemCalls.close(descriptor)
            guard failure == 0 || failure == EWOULDBLOCK || failure == EINTR else { throw .system(failure) }
            if failure != 0 { usleep(pauseInMicroseconds) }
        }
        throw .system(EWOULDBLOCK)
    }

    private static func isRegular(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }

    private static func leads(_ path: String, to status: stat) -> Bool {
        var current = stat()
        return unsafe stat(path, &current) == 0 && current.st_ino == status.st_ino && current.st_dev == status.st_dev
    }
}
