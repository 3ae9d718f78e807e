/// One host on the way (`ProxyJump`): `[user@]host[:port]` or `ssh://[user@]host[:port]`.
public struct JumpHost: Hashable, Sendable {
    /// The user there, where one is named.
    public let user: ConfigText?
    /// The host, without brackets.
    public let host: ConfigText
    /// The port, where one is named.
    public let port: Int?

    /// Reads what stands between two commas; `nil` for what is no host.
    public init?(_ text: ConfigText) {
        var rest = text.bytes[...]
        let scheme = Array("ssh://".utf8)
        let isURI = ConfigLexer.lowercased(rest.prefix(6)) == scheme
        if isURI {
            rest = rest.dropFirst(6)
            if rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
        }
        var user: [UInt8]?
        if let at = rest.lastIndex(of: UInt8(ascii: "@")) {
            guard let decoded = isURI ? Self.percentDecoded(rest[..<at]) : Array(rest[..<at]), !decoded.isEmpty else {
                return nil
            }
            user = decoded
            rest = rest[(at + 1)...]
        }
        guard !rest.contains(UInt8(ascii: "/")), let (host, port) = Self.hostAndPort(rest) else { return nil }
        guard let host = isURI ? Self.percentDecoded(host) : Array(host), !host.isEmpty,
            host.count <= ConfigLimits.nameByteCount
        else { return nil }
        self.user = user.map { ConfigText($0) }
        self.host = ConfigText(host)
        self.port = port
    }

    /// Reads a whole list, without a comment at its end.
    static func list(_ text: ConfigText) -> [JumpHost]? {
        let hosts = text.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
            .map { JumpHost(ConfigText($0)) }
        let found = hosts.compactMap { $0 }
        return found.count == hosts.count ? found : nil
    }

    /// Splits `host`, `host:port`, `[host]` or `[host]:port`; an empty port is none.
    static func hostAndPort(_ text: ArraySlice<UInt8>) -> (host: ArraySlice<UInt8>, port: Int?)? {
        var host = text.prefix { $0 != UInt8(ascii: ":") }
        var rest = text[host.endIndex...]
        if text.first == UInt8(ascii: "[") {
            host = text.dropFirst().prefix { $0 != UInt8(ascii: "]") }
            rest = text[host.endIndex...]
            guard rest.popFirst() != nil else { return nil }
        }
        guard rest.popFirst() != nil else { return (host, nil) }
        guard rest.isEmpty || (OptionSyntax.decimal(rest).map { (1...65535).contains($0) } ?? false) else { return nil }
        return (host, OptionSyntax.decimal(rest))
    }

    private static func percentDecoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        let parts = text.split(separator: UInt8(ascii: "%"), omittingEmptySubsequences: false)
        var result = Array(parts.first ?? [])
        for part in parts.dropFirst() {
            let digits = String(decoding: part.prefix(2), as: UTF8.self)
            guard digits.allSatisfy(\.isHexDigit), digits.count == 2, let byte = UInt8(digits, radix: 16), byte != 0
            else {
                return nil
            }
            result += [byte] + part.dropFirst(2)
        }
        return result
    }
}
