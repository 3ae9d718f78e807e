import SSHCore
import SSHCrypto

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program, run by its argument list and never by a shell: nothing on its standard input, its standard output to us, its
/// errors where ours go, and no other descriptor of ours.
///
/// One that takes too long, writes too much, or whose task is cancelled, is killed.
package struct ChildProcess: Sendable {
    package enum Failure: Error, Equatable {
        /// It could not be started.
        case system(Int32)
        case timeout
        case cancelled
        /// It wrote more than the limit.
        case tooLong
    }

    /// The program, looked up in `PATH` unless it holds a slash, and what it is told.
    package var arguments: [String]
    /// `NAME=value`; nil for our own.
    package var environment: [String]?
    package var outputLimit: Int
    package var timeout: Duration?

    package init(_ arguments: [String], environment: [String]? = nil, outputLimit: Int, timeout: Duration? = nil) {
        self.arguments = arguments
        self.environment = environment
        self.outputLimit = outputLimit
        self.timeout = timeout
    }

    /// How it ended (its exit status, or 128 and the signal's number), and all that it wrote.
    package func run() async throws(Failure) -> (status: Int32, output: [UInt8]) {
        try await onThread { wake throws(Failure) in
            var output: [UInt8] = []
            var block = [UInt8](repeating: 0, count: 64 * 1024)
            let status = try drain(wake) { descriptor in
                let count = unsafe SystemCalls.read(descriptor, &block, block.count)
                output += block.prefix(max(0, count))
                return count
            }
            return (status, output)
        }
    }

    /// The same for a program that tells a secret: its first line, in guarded memory from the start.
    package func runForSecret() async throws(Failure) -> (status: Int32, output: Secret) {
        try await onThread { wake throws(Failure) in
            var secret = SecretBytes(count: outputLimit + 1)
            var filled = 0
            let status = try drain(wake) { descriptor in
                let count = unsafe secret.withUnsafeMutableBytes { target in
                    unsafe SystemCalls.read(descriptor, target.baseAddress?.advanced(by: filled), target.count - filled)
                }
                filled += max(0, count)
                return count
            }
            let isLineEnd = { (byte: UInt8) in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }
            let lineByteCount = unsafe secret.withUnsafeBytes { bytes in
                unsafe bytes.prefix(filled).firstIndex(where: isLineEnd) ?? filled
            }
            return (status, Secret(Password(secret.prefix(lineByteCount))))
        }
    }

    private func onThread<Value: Sendable>(
        _ work: @escaping @Sendable (_ wake: Int32) throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard let wake = PlatformStreams.WakePipe() else { throw .system(errno) }
        defer { wake.close() }
        return try await withTaskCancellationHandler {
            await Blocking.run { Result { () throws(Failure) in try work(wake.readEnd) } }
        } onCancel: {
            wake.wake()
        }.get()
    }

    /// Starts it, lets `read` take what it writes to the end, and reaps it.
    private func drain(_ wake: Int32, _ read: (Int32) -> Int) throws(Failure) -> Int32 {
        let (process, output) = try PlatformProcess.spawn(arguments, environment)
        defer { _ = SystemCalls.close(output) }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        do throws(Failure) {
            var taken = 0
            while true {
                try PlatformProcess.wait(for: output, wake, until: deadline)
                let count = read(output)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                taken += count
                guard taken <= outputLimit else { throw .tooLong }
            }
            while true {
                if let status = PlatformProcess.reap(process, waits: false) { return status }
                try PlatformProcess.wait(for: nil, wake, until: deadline)
            }
        } catch {
            _ = kill(process, SIGKILL)
            _ = PlatformProcess.reap(process, waits: true)
            throw error
        }
    }
}
