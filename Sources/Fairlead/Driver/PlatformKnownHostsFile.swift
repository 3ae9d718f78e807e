import SSHIdentity

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Writes to a known-hosts file that others write to as well: processes of ours, which keep to its lock, and ssh and
/// ssh-keygen, which know of none.
///
/// Whoever is killed at any point leaves the old file or the new one.
package enum KnownHostsFile {
    package typealias Failure = PlatformFiles.Failure

    /// Appends one line, all of it or nothing, and creates the file for the user alone.
    ///
    /// One write with O_APPEND keeps the lines of all writers whole. A file whose last line lacks its end gets one first.
    /// What a full disk cut off is taken back.
    package static func append(line: [UInt8], to path: String) throws(Failure) {
        let file = try LockedFile(path, O_RDWR | O_APPEND | O_CREAT)
        var bytes = line
        if file.isRegular {
            var last = UInt8(ascii: "\n")
            if unsafe pread(file.descriptor, &last, 1, file.status.st_size - 1) < 0, file.status.st_size > 0 {
                throw .system(errno)
            }
            if last != UInt8(ascii: "\n") { bytes.insert(UInt8(ascii: "\n"), at: 0) }
            guard Int(file.status.st_size) + bytes.count <= KnownHosts.maximumByteCount else { throw .tooLarge }
            try requireRoom(for: Int(file.status.st_size) + bytes.count)
        }
        let count = unsafe SystemCalls.write(file.descriptor, bytes, bytes.count)
        guard count != bytes.count else { return }
        let failure = count < 0 ? errno : ENOSPC
        if file.isRegular, count > 0 { takeBack(count, from: file.descriptor) }
        throw .system(failure)
    }

    /// Puts what `transform` makes of the contents in their place, and keeps them as `PATH.old` if so wanted; both as private as
    /// before.
    ///
    /// A symbolic link stays, and what it leads to is edited. A line that ssh appends meanwhile moves along.
    ///
    /// - Returns: The path of the backup; `nil` when `transform` wanted no change.
    package static func edit(
        _ path: String, keepsOld: Bool = true, _ transform: ([UInt8]) -> [UInt8]?
    ) throws(Failure) -> String? {
        let path = try target(of: path)
        // Names of this edit alone: the lock is another's as soon as the path leads elsewhere.
        let unique = String(UInt64.random(in: .min ... .max), radix: 36)
        let (new, old) = ("\(path).new-\(unique)", "\(path).old-\(unique)")
        defer { for leftover in [new, old] { _ = unsafe unlink(leftover) } }
        for _ in 0..<LockedFile.attemptCount {
            let file = try LockedFile(path, O_RDWR | O_NOFOLLOW)
            guard file.isRegular else { throw .notRegular }
            let bytes = try PlatformFiles.read(path, upTo: KnownHosts.maximumByteCount)
            guard let edited = transform(bytes) else { return nil }
            guard edited.count <= KnownHosts.maximumByteCount else { throw .tooLarge }
            if keepsOld { try write(bytes, to: old, like: file.status) }
            try write(edited, to: new, like: file.status, isLasting: keepsOld)
            // ssh-keygen may have been here in the meantime.
            guard file.isStill(at: path) else { continue }
            guard unsafe !keepsOld || rename(old, path + ".old") == 0, unsafe rename(new, path) == 0 else {
                throw .system(errno)
            }
            let late = file.bytes(after: bytes.count)
            if !late.isEmpty { try append(line: late, to: path) }
            return path + ".old"
        }
        throw .system(EAGAIN)
    }

    /// Takes back the part of a line that was just written.
    ///
    /// Where ssh, which takes no lock, has written behind it, cutting would cut that too: there it becomes a comment.
    static func takeBack(_ count: Int, from descriptor: Int32) {
        let end = lseek(descriptor, 0, SEEK_CUR)
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_size > end else {
            _ = ftruncate(descriptor, end - off_t(count))
            return
        }
        var comment = [UInt8](repeating: UInt8(ascii: "#"), count: count)
        for index in [0, count - 1] { comment[index] = UInt8(ascii: "\n") }
        // While it appends, Linux lets nobody write elsewhere.
        _ = fcntl(descriptor, F_SETFL, O_RDWR)
        _ = unsafe pwrite(descriptor, comment, count, end - off_t(count))
    }

    /// A whole file for the owner and with the mode of another; one that is to last is on the disk when this returns.
    private static func write(
        _ bytes: [UInt8], to path: String, like status: stat, isLasting: Bool = true
    ) throws(Failure) {
        try requireRoom(for: bytes.count)
        let descriptor = unsafe SystemCalls.open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { _ = SystemCalls.close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe SystemCalls.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { throw .system(errno) }
            rest = rest.dropFirst(max(0, count))
        }
        guard fchown(descriptor, status.st_uid, status.st_gid) == 0, fchmod(descriptor, status.st_mode & 0o777) == 0,
            !isLasting || fsync(descriptor) == 0
        else { throw .system(errno) }
    }

    /// A write beyond the limit of a file's size would kill the process by SIGXFSZ.
    private static func requireRoom(for byteCount: Int) throws(Failure) {
        var limit = rlimit()
        guard unsafe getrlimit(fileSizeLimit, &limit) == 0, UInt64(limit.rlim_cur) < UInt64(byteCount) else { return }
        throw .system(EFBIG)
    }

    #if canImport(Glibc)
        private static let fileSizeLimit = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
        private static let fileSizeLimit = RLIMIT_FSIZE
    #endif

    /// What the path leads to, behind all symbolic links.
    private static func target(of path: String) throws(Failure) -> String {
        guard let resolved = unsafe realpath(path, nil) else { throw errno == ENOENT ? .missing : .system(errno) }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}
