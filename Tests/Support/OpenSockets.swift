import Foundation

/// The sockets of this process by where their other end is.
package enum OpenSockets {
    /// Those connected to a port of 127.0.0.1.
    package static func connected(to port: Int) throws -> [Int32] {
        try all { storage in
            withUnsafePointer(to: storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    $0.pointee.sin_family == sa_family_t(AF_INET) && Int(UInt16(bigEndian: $0.pointee.sin_port)) == port
                }
            }
        }
    }

    /// Those connected to a socket of this machine.
    package static func connected(to path: String) throws -> [Int32] {
        try all { storage in
            withUnsafePointer(to: storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr_un.self, capacity: 1) {
                    guard $0.pointee.sun_family == sa_family_t(AF_UNIX) else { return false }
                    return withUnsafeBytes(of: $0.pointee.sun_path) { Array($0.prefix { $0 != 0 }) } == Array(path.utf8)
                }
            }
        }
    }

    /// Whether a program that is started in any way gets the descriptor.
    package static func isInherited(_ descriptor: Int32) -> Bool { fcntl(descriptor, F_GETFD) & FD_CLOEXEC == 0 }

    private static func all(_ isWanted: (sockaddr_storage) -> Bool) throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }.filter { number in
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let result = withUnsafeMutablePointer(to: &storage) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(number, $0, &length) }
            }
            return result == 0 && isWanted(storage)
        }
    }
}
