import CDescriptors
import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Blocking reads and writes on descriptors that other programs may share, so they are never set to non-blocking.
package enum PlatformStreams {
    /// What a read brought.
    enum Input: Sendable {
        case bytes
        case end
        /// Somebody woke the reader: it is no longer wanted.
        case woken
        /// There may be more, which this `errno` keeps from being read.
        case failed(Int32)
    }

    /// A pipe whose only use is to wake a reader out of `poll`.
    package struct WakePipe: Sendable {
        package let readEnd: Int32
        let writeEnd: Int32

        package init?() {
            var ends: [Int32] = [0, 0]
            guard unsafe pipe(&ends) == 0 else { return nil }
            readEnd = ends[0]
            writeEnd = ends[1]
            _ = fcntl(readEnd, F_SETFD, FD_CLOEXEC)
            _ = fcntl(writeEnd, F_SETFD, FD_CLOEXEC)
        }

        package func wake() {
            var byte: UInt8 = 0
            _ = unsafe SystemCalls.write(writeEnd, &byte, 1)
        }

        package func close() {
            _ = SystemCalls.close(readEnd)
            _ = SystemCalls.close(writeEnd)
        }
    }

    /// Keeps a channel's socket from every program that this process starts, as ssh does.
    ///
    /// One that had it would keep the connection when we close it; SwiftNIO gives it to all.
    static func keep(_ channel: any NIOCore.Channel) {
        _ = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            fcntl($0, F_SETFD, FD_CLOEXEC)
        }
    }

    /// The user of who listens where a connected socket of this machine leads; nil where the system cannot tell, as of a
    /// socket that is closed by now.
    static func peerOwner(_ channel: any NIOCore.Channel) async -> UInt32? {
        let owner = channel.eventLoop.submit {
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
                of: NIOBSDSocket.Handle.self, peerOwner(of:)) ?? nil
        }
        return try? await owner.get()
    }

    private static func peerOwner(of descriptor: Int32) -> UInt32? {
        #if canImport(Glibc)
            // As `struct ucred`: process, user, group.
            var peer: [UInt32] = [0, 0, 0]
            var byteCount = socklen_t(peer.count * MemoryLayout<UInt32>.size)
            let isKnown = unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &byteCount) == 0
            return isKnown ? peer[1] : nil
        #else
            var (user, group) = (uid_t(0), gid_t(0))
            return unsafe getpeereid(descriptor, &user, &group) == 0 ? user : nil
        #endif
    }

    /// Waits until a descriptor has something or the other wakes us, or not at all longer than that; nil where the system
    /// cannot wait.
    package static func wait(
        for descriptor: Int32, or wakeDescriptor: Int32, milliseconds: Int32 = -1
    ) -> (descriptor: Int16, wake: Int16)? {
        var polled = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        guard unsafe poll(&polled, 2, milliseconds) >= 0 || errno == EINTR || errno == EAGAIN else { return nil }
        return (polled[0].revents, polled[1].revents)
    }

    /// Waits until `descriptor` has something, or `wakeDescriptor` has, then reads once into `buffer`.
    static func read(
        _ descriptor: Int32, wakeDescriptor: Int32, upTo count: Int, into buffer: inout ByteBuffer
    ) -> Input {
        while true {
            guard let events = wait(for: descriptor, or: wakeDescriptor) else { return .failed(errno) }
            if events.wake != 0 { return .woken }
            guard events.descriptor != 0 else { continue }
            var result = 0
            _ = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                result = unsafe SystemCalls.read(descriptor, target.baseAddress, min(count, target.count))
                return max(0, result)
            }
            guard result <= 0 else { return .bytes }
            guard result < 0 else { return .end }
            let failure = errno
            // These pass; a writer that is gone may have left something behind.
            guard failure == EINTR || failure == EAGAIN else {
                return isEnd(failure, of: descriptor) ? .end : .failed(failure)
            }
        }
    }

    /// Whether a failed read means that no input is missing: there is none to read (as nohup has it), or who would write it
    /// is gone, as a terminal that hung up.
    private static func isEnd(_ failure: Int32, of descriptor: Int32) -> Bool {
        var status = stat()
        guard failure == EIO else { return failure == EBADF || failure == EISDIR }
        return unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFCHR
    }

    /// Writes everything; gives the `errno` of what kept it from that.
    private static func write(_ bytes: ByteBuffer, to descriptor: Int32) -> Int32? {
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
                return errno
            }
        }
        return nil
    }

    /// What became of a write that may not wait.
    enum Attempt: Sendable {
        case wrote(byteCount: Int)
        /// It would have to wait: a thread must do it.
        case wouldWait
        /// This kind of descriptor cannot tell, as a terminal: threads must do it all.
        case cannotTell
        /// Nobody can read it any more.
        case broken
    }

    #if canImport(Glibc)
        private static let withoutWaiting = Int32(fairlead_without_waiting)
    #endif

    /// The most pieces of one vectored write: eight full reads of the socket.
    static let vectorCount = 64

    /// Writes what can be written without waiting, in one call; the descriptor's own flags are left alone.
    static func writeNow(_ pieces: ArraySlice<ByteBuffer>, to descriptor: Int32) -> Attempt {
        #if canImport(Glibc)
            var vectors: [iovec] = unsafe []
            let count = unsafe withVectors(pieces.prefix(vectorCount), &vectors) { vectors in
                unsafe pwritev2(descriptor, vectors, Int32(clamping: vectors.count), -1, withoutWaiting)
            }
            if count >= 0 { return .wrote(byteCount: count) }
            switch errno {
            case EPIPE, ECONNRESET: return .broken
            case EAGAIN, EINTR: return .wouldWait
            default: return .cannotTell
            }
        #else
            return .cannotTell
        #endif
    }

    /// Reads what is there without waiting; nil where a thread must wait for it.
    static func readNow(_ descriptor: Int32, upTo count: Int, into buffer: inout ByteBuffer) -> Input? {
        #if canImport(Glibc)
            var result = 0
            _ = unsafe buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                var vector = unsafe iovec(iov_base: target.baseAddress, iov_len: min(count, target.count))
                result = unsafe preadv2(descriptor, &vector, 1, -1, withoutWaiting)
                return max(0, result)
            }
            return result > 0 ? .bytes : result == 0 ? .end : nil
        #else
            return nil
        #endif
    }

    private static func withVectors(
        _ pieces: ArraySlice<ByteBuffer>, _ vectors: inout [iovec], _ body: ([iovec]) -> Int
    ) -> Int {
        guard let piece = pieces.first else { return unsafe body(vectors) }
        return unsafe piece.withUnsafeReadableBytes { bytes in
            // The system does not write through it.
            unsafe vectors.append(
                iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
            return unsafe withVectors(pieces.dropFirst(), &vectors, body)
        }
    }

    /// Writes all pieces; gives the `errno` of what kept it from that.
    static func write(_ pieces: [ByteBuffer], to descriptor: Int32) -> Int32? {
        for piece in pieces {
            if let failure = write(piece, to: descriptor) { return failure }
        }
        return nil
    }

    /// Whether a write failed because its reader left, which is the reader's right.
    static func isDeparture(_ failure: Int32) -> Bool {
        failure == EPIPE || failure == ECONNRESET
    }

    /// Whether both descriptors lead to the same file, pipe or terminal.
    static func areSame(_ first: Int32, _ second: Int32) -> Bool {
        var one = stat()
        var other = stat()
        guard unsafe fstat(first, &one) == 0, unsafe fstat(second, &other) == 0 else { return false }
        return one.st_dev == other.st_dev && one.st_ino == other.st_ino
    }
}
