import Foundation
import Synchronization

/// Writes a child's standard input in order, off the test's tasks, and closes it once.
final class InputWriter: Sendable {
    private let queue = DispatchQueue(label: "fairlead.test.input")
    private let descriptor: Int32
    private let isClosed = Mutex(false)

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
        // A child that went away must not end the test run.
        signal(SIGPIPE, SIG_IGN)
    }

    func write(_ bytes: [UInt8]) {
        queue.async { [self] in
            guard !isClosed.withLock({ $0 }) else { return }
            try? writeAll(bytes, to: descriptor)
        }
    }

    func close() {
        queue.async { [self] in closeNow() }
    }

    func writeThenClose(_ bytes: [UInt8]) {
        write(bytes)
        close()
    }

    private func closeNow() {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed { Foundation.close(descriptor) }
    }
}
