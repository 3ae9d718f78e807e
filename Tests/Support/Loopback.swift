import Foundation
import Synchronization

/// Ports and connections on 127.0.0.1.
package enum Loopback {
    package static let address = "127.0.0.1"

    /// Below those that kernels give to who asks for any (Linux from 32,768, macOS from 49,152): what is told here to be
    /// free is taken by nobody before the one who asked has bound it.
    private static let ports = 10_000..<32_000
    private static let portCount = Atomic<Int>(Int.random(in: ports))

    /// A port that was free a moment ago, and is not told again for long.
    package static func freePort() throws -> Int {
        for _ in ports {
            let count = portCount.add(1, ordering: .relaxed).newValue
            guard let (descriptor, port) = try? bound(ports.lowerBound + count % ports.count) else { continue }
            close(descriptor)
            return port
        }
        throw SupportError.system(call: "find a free port", errno: EADDRINUSE)
    }

    /// A socket that takes connections and does nothing with them, and its port; the caller closes it.
    package static func listen() throws -> (descriptor: Int32, port: Int) {
        let (descriptor, port) = try bound()
        guard Foundation.listen(descriptor, 16) == 0 else { throw systemError("listen") }
        return (descriptor, port)
    }

    /// The next connection, kept from programs that are started; nil when there will be none.
    package static func accept(on listener: Int32) -> Int32? {
        let descriptor = Foundation.accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }

    /// Any port where none is told.
    private static func bound(_ wanted: Int = 0) throws -> (descriptor: Int32, port: Int) {
        let descriptor = try makeSocket()
        var name = address(port: wanted)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withSocketAddress(&name, { bind(descriptor, $0, size) }) == 0 else {
            let error = systemError("bind")
            close(descriptor)
            throw error
        }
        var length = size
        guard withSocketAddress(&name, { getsockname(descriptor, $0, &length) }) == 0 else {
            throw systemError("getsockname")
        }
        return (descriptor, Int(UInt16(bigEndian: name.sin_port)))
    }

    /// Whether something accepts connections there.
    package static func answers(port: Int) -> Bool {
        guard let descriptor = try? connect(port: port) else { return false }
        close(descriptor)
        return true
    }

    /// A connected, blocking socket; the caller closes it.
    package static func connect(port: Int) throws -> Int32 {
        let descriptor = try makeSocket()
        var name = address(port: port)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withSocketAddress(&name, { Foundation.connect(descriptor, $0, size) }) == 0 else {
            let error = systemError("connect to port \(port)")
            close(descriptor)
            throw error
        }
        return descriptor
    }

    private static func makeSocket() throws -> Int32 {
        #if os(Linux)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        guard descriptor >= 0 else { throw systemError("socket") }
        return descriptor
    }

    private static func address(port: Int) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        name.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return name
    }

    private static func withSocketAddress(
        _ name: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>) -> Int32
    ) -> Int32 {
        withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }
}
