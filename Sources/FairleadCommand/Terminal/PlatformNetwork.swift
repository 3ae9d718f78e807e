import NIOCore
import SSHConfig

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the configuration asks of the network: this machine's addresses, and names.
enum PlatformNetwork {
    /// The addresses of this machine's interfaces, 4 or 16 bytes each.
    static var localAddresses: [[UInt8]] {
        ((try? System.enumerateDevices()) ?? []).compactMap { device in
            guard let text = device.address?.ipAddress else { return nil }
            var bytes = [UInt8](repeating: 0, count: 16)
            let bare = String(text.prefix { $0 != "%" })
            if unsafe inet_pton(AF_INET, bare, &bytes) == 1 { return Array(bytes.prefix(4)) }
            return unsafe inet_pton(AF_INET6, bare, &bytes) == 1 ? bytes : nil
        }
    }

    /// The canonical name of a host; nil where there is none of that name.
    static func canonicalName(of name: String, _ family: AddressFamily) -> String? {
        var hints = unsafe addrinfo()
        unsafe hints.ai_flags = AI_CANONNAME
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_family =
            switch family {
            case .any: AF_UNSPEC
            case .inet: AF_INET
            case .inet6: AF_INET6
            }
        var found: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &found) == 0, let first = unsafe found else { return nil }
        defer { unsafe freeaddrinfo(first) }
        return unsafe first.pointee.ai_canonname.map { unsafe String(cString: $0) } ?? name
    }
}
