import Foundation

/// Ports and connections on 127.0.0.1.
package enum Loopback {
    package static let address = "127.0.0.1"

    /// A port that was free a moment ago; who binds it must be ready to ask for another.
    package static func freePort() throws -> Int {
        let (descriptor, port) = try bound()
        close(descriptor)
        return port
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

    private static func bound() throws -> (descriptor: Int32, port: Int) {
        let descriptor = try makeSocket()
        var name = address(port: 0)
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        guard withSocketAddress(&name, { bind(descriptor, $0, size) }) == 0 else { throw systemError("bind") }
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
