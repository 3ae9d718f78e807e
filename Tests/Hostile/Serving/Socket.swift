import Foundation
import NIOCore
import TestSupport

/// The system's sockets as a peer needs them: it takes what there is and never waits.
enum Socket {
    /// Takes connections at this path.
    static func listen(path: String) throws -> Int32 {
        #if os(Linux)
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
        #endif
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: name.sun_path)
        guard path.utf8.count < room else { throw SupportError.commandFailed("too long for a socket: \(path)") }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        guard result == 0, Foundation.listen(descriptor, 8) == 0 else {
            throw SupportError.system(call: "listen at \(path)", errno: errno)
        }
        return descriptor
    }

    /// The next connection, made ready for a peer; nil while there is none.
    static func accept(_ listener: Int32, within milliseconds: Int32) -> Int32? {
        guard poll(listener, POLLIN, milliseconds) else { return nil }
        let descriptor = Foundation.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    @discardableResult
    static func poll(_ descriptor: Int32, _ events: Int32, _ milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return Foundation.poll(&entry, 1, milliseconds) > 0
    }

    enum Input {
        case bytes([UInt8])
        case nothingYet
        case end
    }

    static func read(_ descriptor: Int32) -> Input {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
        if count > 0 { return .bytes(Array(bytes.prefix(count))) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothingYet : .end
    }

    /// How many bytes it took; nil where nobody reads any more.
    static func write(_ bytes: ByteBuffer, to descriptor: Int32) -> Int? {
        #if os(Linux)
            let flags = Int32(MSG_NOSIGNAL)
        #else
            let flags: Int32 = 0
        #endif
        let count = bytes.withUnsafeReadableBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }

    /// Waits for some; empty at the end.
    static func readSome(_ descriptor: Int32) -> [UInt8] {
        guard case .bytes(let bytes) = read(descriptor) else { return [] }
        return bytes
    }

    static func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var rest = ByteBuffer(bytes: bytes)
        while rest.readableBytes > 0, let count = write(rest, to: descriptor) { rest.moveReaderIndex(forwardBy: count) }
    }
}
