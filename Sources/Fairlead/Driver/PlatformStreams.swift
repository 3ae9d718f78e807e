import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Blocking reads and writes on descriptors that other programs may share, so they are never set to non-blocking.
enum PlatformStreams {
    /// What a read brought.
    enum Input: Sendable {
        case bytes
        case end
        /// Somebody woke the reader: it is no longer wanted.
        case woken
    }

    /// A pipe whose only use is to wake a reader out of `poll`.
    struct WakePipe: Sendable {
        let readEnd: Int32
        let writeEnd: Int32

        init?() {
            var ends: [Int32] = [0, 0]
            guard unsafe pipe(&ends) == 0 else { return nil }
            readEnd = ends[0]
            writeEnd = ends[1]
            _ = fcntl(readEnd, F_SETFD, FD_CLOEXEC)
            _ = fcntl(writeEnd, F_SETFD, FD_CLOEXEC)
        }

        func wake() {
            var byte: UInt8 = 0
            _ = unsafe SystemCalls.write(writeEnd, &byte, 1)
        }

        func close() {
            _ = SystemCalls.close(readEnd)
            _ = SystemCalls.close(writeEnd)
        }
    }

    /// Waits until `descriptor` has something, or `wakeDescriptor` has, then reads once into `buffer`.
    static func read(
        _ descriptor: Int32, wakeDescriptor: Int32, upTo count: Int, into buffer: inout ByteBuffer
    ) -> Input {
        while true {
            var polled = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
            ]
            let ready = unsafe poll(&polled, 2, -1)
            if ready < 0, errno == EINTR || errno == EAGAIN { continue }
            guard ready >= 0 else { return .end }
            if polled[1].revents != 0 { return .woken }
            guard polled[0].revents != 0 else { continue }
            let taken = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                max(0, unsafe SystemCalls.read(descriptor, target.baseAddress, min(count, target.count)))
            }
            if taken > 0 { return .bytes }
            // Zero is the end; an error of a descriptor that was ready may pass, or ends the input too.
            guard errno == EINTR || errno == EAGAIN, polled[0].revents & Int16(POLLHUP | POLLERR) == 0 else {
                return .end
            }
        }
    }

    /// Writes everything; false when nobody can read it any more.
    static func write(_ bytes: ByteBuffer, to descriptor: Int32) -> Bool {
        var rest = bytes
        while rest.readableBytes > 0 {
            let count = unsafe rest.withUnsafeReadableBytes { source in
                unsafe SystemCalls.write(descriptor, source.baseAddress, source.count)
            }
            if count > 0 {
                rest.moveReaderIndex(forwardBy: min(count, rest.readableBytes))
            } else if errno == EAGAIN || errno == EWOULDBLOCK {
                // Another program set the shared description to non-blocking: wait for room.
                var polled = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
                _ = unsafe poll(&polled, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }

    /// Whether both descriptors lead to the same file, pipe or terminal.
    static func areSame(_ first: Int32, _ second: Int32) -> Bool {
        var one = stat()
        var other = stat()
        guard unsafe fstat(first, &one) == 0, unsafe fstat(second, &other) == 0 else { return false }
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }
}
