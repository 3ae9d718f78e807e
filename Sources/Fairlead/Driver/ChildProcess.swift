import SSHCore
import SSHCrypto

/// A program, run by its argument list and never by a shell: nothing on its standard input, its standard output to us, its
/// errors where ours go, and no other descriptor of ours.
///
/// One that takes too long, writes too much, or whose task is cancelled, is killed. What it writes may be a secret, and lies
/// in guarded memory from the start.
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
    let arguments: [String]
    /// `NAME=value`; nil for our own.
    let environment: [[UInt8]]?
    let outputLimit: Int
    let timeout: Duration?

    package init(_ arguments: [String], environment: [[UInt8]]? = nil, outputLimit: Int, timeout: Duration? = nil) {
        self.arguments = arguments
        self.environment = environment
        self.outputLimit = outputLimit
        self.timeout = timeout
    }

    /// How it ended (its exit status, or 128 and the signal's number), and all that it wrote.
    package func run() async throws(Failure) -> (status: Int32, output: [UInt8]) {
        let (status, output) = try await finish()
        return (status, output.secret.publicSlice(0..<output.secret.count))
    }

    /// The same for a program that tells a secret: its first line.
    package func runForSecret() async throws(Failure) -> (status: Int32, output: Secret) {
        let (status, output) = try await finish()
        var count = 0
        while let byte = output.secret.byte(at: count), byte != UInt8(ascii: "\n"), byte != UInt8(ascii: "\r") {
            count += 1
        }
        return (status, Secret(Password(output.secret.prefix(count))))
    }

    /// Runs it on a thread that may block.
    private func finish() async throws(Failure) -> (Int32, Password) {
        guard let wake = PlatformStreams.WakePipe() else { throw .system(PlatformFiles.lastError) }
        defer { wake.close() }
        return try await withTaskCancellationHandler {
            await Blocking.run { Result { () throws(Failure) in try drain(wake.readEnd) } }
        } onCancel: {
            wake.wake()
        }.get()
    }

    private func drain(_ wake: Int32) throws(Failure) -> (Int32, Password) {
        let child = try PlatformProcess.spawn(arguments, environment)
        defer { child.close() }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        var output = SecretBytes(count: outputLimit + 1)
        var filled = 0
        do throws(Failure) {
            while true {
                try PlatformProcess.wait(for: child.output, wake, until: deadline)
                guard let count = child.read(into: &output, at: filled) else { break }
                filled += count
                guard filled <= outputLimit else { throw .tooLong }
            }
            while true {
                if let ending = child.reap() { return (ending.status, Password(output.prefix(filled))) }
                try PlatformProcess.wait(for: nil, wake, until: deadline)
            }
        } catch {
            child.kill()
            throw error
        }
    }
}
