import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A pipe whose contents are kept, up to a bound; what is beyond is read and dropped.
struct OutputCapture: Sendable {
    /// For each stream, as `SSHConnection.run` has it.
    static let byteLimit = 64 * 1024 * 1024

    let writeEnd: Int32
    private let readEnd: Int32
    /// Its own, for it waits as long as the command runs.
    private let thread = NIOThreadPool(numberOfThreads: 1)

    init() throws {
        var ends: [Int32] = [0, 0]
        guard unsafe pipe(&ends) == 0 else { throw UsageError(message: PlatformTerminal.errorText) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (readEnd, writeEnd) = (ends[0], ends[1])
        thread.start()
    }

    /// Nothing more will be written.
    func finish() { close(writeEnd) }

    /// All of it, once it is finished; and whether it was more than the bound.
    func collect() async -> (bytes: ByteBuffer, isCut: Bool) {
        let descriptor = readEnd
        let all = try? await thread.runIfActive { () -> (ByteBuffer, Bool) in
            defer { close(descriptor) }
            var bytes = ByteBuffer()
            var isCut = false
            while true {
                let count = unsafe bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: 64 * 1024) { target in
                    max(0, unsafe read(descriptor, target.baseAddress, target.count))
                }
                if count == 0 { return (bytes, isCut) }
                guard bytes.readableBytes > Self.byteLimit else { continue }
                isCut = true
                bytes.moveWriterIndex(to: Self.byteLimit)
            }
        }
        return all ?? (ByteBuffer(), false)
    }
}
