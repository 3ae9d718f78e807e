import NIOCore
import SSHCore
import SSHCrypto

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The file calls of the system, in one place: what is bound to a platform, and every unsafe use of it.
package enum PlatformFiles {
    package enum Failure: Error, Equatable {
        case missing
        case system(Int32)
        case directory
        case notRegular
        case tooLarge
        /// Its owner is neither root nor us, or others may write it.
        case writableByOthers
    }

    /// What a private key file's owner and mode allow.
    struct Access {
        var isOurs: Bool
        var isReadableByOthers: Bool
        var mode: UInt32
    }

    /// The number of the error that a file is not there.
    static let noEntry = ENOENT

    /// Why the last call of the system failed.
    static var lastError: Int32 { errno }

    /// When the file was changed last, in seconds since 1970.
    package static func modificationTime(of path: String) -> UInt64? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        return UInt64(exactly: status.st_mtim.tv_sec)
    }

    /// The system's words for an error number.
    package static func errorText(_ number: Int32) -> String {
        unsafe String(cString: strerror(number))
    }

    /// A whole file.
    ///
    /// `/dev/null` is an empty one; pipes and devices are refused without waiting for them, or are waited for as long as
    /// `patience` says; a guarded file is refused where others could have written it.
    package static func read(
        _ path: String, upTo maximum: Int, isGuarded: Bool = false, patience: Duration? = nil
    ) throws(Failure) -> [UInt8] {
        let (descriptor, status) = try open(path, upTo: maximum, isPatient: patience != nil)
        defer { close(descriptor) }
        let isStream = status.st_mode & S_IFMT != S_IFREG
        let end = ContinuousClock.now + (patience ?? .zero)
        guard !isGuarded || [0, getuid()].contains(status.st_uid) && status.st_mode & 0o022 == 0 else {
            throw .writableByOthers
        }
        guard !isStream || patience != nil else { return [] }
        var contents: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while contents.count <= maximum {
            if isStream {
                var polled = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
                let left = max(.zero, end - .now) / .milliseconds(1)
                guard unsafe poll(&polled, 1, Int32(clamping: Int64(left))) != 0 else { throw .system(ETIMEDOUT) }
            }
            let count = unsafe SystemCalls.read(descriptor, &block, block.count)
            if count < 0, errno == EINTR || isStream && errno == EAGAIN { continue }
            guard count >= 0 else { throw .system(errno) }
            guard count > 0 else { return contents }
            contents += block[..<count]
        }
        throw .tooLarge
    }

    /// A whole file straight into guarded memory, with what its mode says.
    static func readSecret(_ path: String, upTo maximum: Int) throws(Failure) -> (contents: Password, access: Access) {
        let (descriptor, status) = try open(path, upTo: maximum)
        defer { close(descriptor) }
        let size = max(0, Int(status.st_size))
        var secret = SecretBytes(count: size)
        let count = unsafe secret.withUnsafeMutableBytes { target -> Int in
            var filled = 0
            while filled < target.count {
                let count = unsafe SystemCalls.read(
                    descriptor, target.baseAddress?.advanced(by: filled), target.count - filled)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return count < 0 ? -1 : filled }
                filled += count
            }
            return filled
        }
        guard count >= 0 else { throw .system(errno) }
        let access = Access(
            isOurs: status.st_uid == getuid(), isReadableByOthers: status.st_mode & 0o077 != 0,
            mode: UInt32(status.st_mode & 0o777))
        return (Password(count == size ? secret : secret.prefix(count)), access)
    }

    /// Makes a directory for the user alone, unless it is there.
    package static func makeDirectory(_ path: String) throws(Failure) {
        let result = unsafe path.withCString { unsafe mkdir($0, 0o700) }
        guard result == 0 || errno == EEXIST else { throw .system(errno) }
    }

    /// The user that this process acts for.
    static var user: UInt32 { geteuid() }

    /// The owner of the socket at a path; nil when something else is there.
    static func socketOwner(_ path: String) throws(Failure) -> UInt32? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw errno == ENOENT ? .missing : .system(errno) }
        return status.st_mode & S_IFMT == S_IFSOCK ? status.st_uid : nil
    }

    private static func open(
        _ path: String, upTo maximum: Int, isPatient: Bool = false
    ) throws(Failure) -> (Int32, stat) {
        let descriptor = unsafe path.withCString { unsafe SystemCalls.open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0) }
        guard descriptor >= 0 else { throw errno == ENOENT || errno == ENOTDIR ? .missing : .system(errno) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            let number = errno
            close(descriptor)
            throw .system(number)
        }
        let kind = status.st_mode & S_IFMT
        guard kind == S_IFREG || isNullDevice(status) || isPatient && kind != S_IFDIR else {
            close(descriptor)
            throw kind == S_IFDIR ? .directory : .notRegular
        }
        guard kind != S_IFREG || status.st_size <= maximum else {
            close(descriptor)
            throw .tooLarge
        }
        return (descriptor, status)
    }

    private static func isNullDevice(_ status: stat) -> Bool {
        var null = stat()
        return unsafe stat("/dev/null", &null) == 0 && null.st_rdev == status.st_rdev
            && status.st_mode & S_IFMT == S_IFCHR
    }
}
