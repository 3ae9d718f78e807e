import NIOCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Name resolution by the system, so that its files, caches and policies apply.
enum PlatformAddresses {
    /// All addresses of a host, in the system's order.
    ///
    /// A literal address is not looked up.
    @Sendable static func resolve(
        _ host: String, port: Int, family: SSHConfiguration.AddressFamily
    ) throws(SSHError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_ADDRCONFIG
        unsafe hints.ai_family =
            switch family {
            case .any: AF_UNSPEC
            case .ipv4: AF_INET
            case .ipv6: AF_INET6
            }
        var list: UnsafeMutablePointer<addrinfo>?
        var result = unsafe getaddrinfo(host, String(port), &hints, &list)
        if result != 0 {
            // Without configured interfaces of that family, a literal such as ::1 is still an address.
            unsafe hints.ai_flags = AI_NUMERICHOST
            let literal = unsafe getaddrinfo(host, String(port), &hints, &list)
            if literal == 0 { result = 0 }
        }
        guard result == 0 else {
            let reason = unsafe String(cString: gai_strerror(result))
            throw SSHError(.resolve, .unknownHost, "Could not resolve hostname \(host): \(reason)")
        }
        defer { unsafe freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let address = unsafe address(entry.pointee, host: host) { addresses.append(address) }
            unsafe next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func address(_ entry: addrinfo, host: String) -> SocketAddress? {
        guard let raw = unsafe UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch unsafe entry.ai_family {
        case AF_INET: return unsafe SocketAddress(raw.loadUnaligned(as: sockaddr_in.self), host: host)
        case AF_INET6: return unsafe SocketAddress(raw.loadUnaligned(as: sockaddr_in6.self), host: host)
        default: return nil
        }
    }
    /// What marks packets with a traffic class.
    static func trafficClassOption(isIPv6: Bool) -> ChannelOptions.Types.SocketOption {
        isIPv6
            ? .init(level: .ipv6, name: .init(rawValue: IPV6_TCLASS))
            : .init(level: .ip, name: .init(rawValue: IP_TOS))
    }
}
