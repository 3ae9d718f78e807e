#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension PlatformFiles {
    /// The owner of the socket at a path, and the user that this process acts for; nil when something else is there.
    static func socketOwner(_ path: String) throws(Failure) -> (owner: UInt32, user: UInt32)? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { throw errno == ENOENT ? .missing : .system(errno) }
        return status.st_mode & S_IFMT == S_IFSOCK ? (status.st_uid, geteuid()) : nil
    }
}
