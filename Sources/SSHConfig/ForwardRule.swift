/// A forwarding: where to listen, and where to connect for each connection (`LocalForward` and its kin).
public struct ForwardRule: Hashable, Sendable {
    /// Who listens, and for what.
    public enum Kind: Hashable, Sendable {
        /// We listen, and the server connects.
        case local
        /// The server listens, and we connect.
        case remote
        /// We listen, and whoever connects says by SOCKS where to.
        case dynamic
    }

    /// One side of a forwarding.
    public enum Endpoint: Hashable, Sendable {
        /// A port; the host is `nil` where the default address listens.
        case port(host: ConfigText?, Int)
        /// The path of a socket.
        case path(ConfigText)
        /// Wherever the client says by SOCKS.
        case socks
    }

    /// Where to listen; port 0 lets the server choose.
    public var listen: Endpoint
    /// Where to connect.
    public var connect: Endpoint

    /// Reads `[host:]port:host:port` and its variants with socket paths and without a target, as `-L`, `-R` and `-D` take;
    /// `nil` for another text.
    ///
    /// - Parameters:
    ///   - text: The text, without variables.
    ///   - kind: What the forwarding is; a local one needs a target, a dynamic one has none.
    public init?(_ text: ConfigText, kind: Kind) {
        guard let fields = Self.fields(of: text.bytes.drop(while: ConfigLexer.isBlank)) else { return nil }
        let isPath = fields.map(\.isPath)
        let listenCount: Int
        switch (fields.count, kind == .dynamic) {
        case (1, _): listenCount = 1
        case (2, _) where kind == .dynamic || !isPath[1]: listenCount = 2
        case (2, _): listenCount = 1
        case (3, false): listenCount = isPath[0] || !isPath[2] ? 1 : 2
        case (4, false): listenCount = 2
        default: return nil
        }
        guard let listen = Self.endpoint(fields[..<listenCount], mayBeZero: kind == .remote) else { return nil }
        let rest = fields[listenCount...]
        guard !rest.isEmpty || kind != .local else { return nil }
        guard let connect = rest.isEmpty ? .socks : Self.endpoint(rest, mayBeZero: false) else { return nil }
        if case .port(nil, _) = connect { return nil }
        self.listen = listen
        self.connect = connect
    }

    private typealias Field = (text: [UInt8], isPath: Bool)

    /// The fields between colons: one in brackets as it is, others with backslashes that take away meanings.
    private static func fields(of text: ArraySlice<UInt8>) -> [Field]? {
        var fields: [Field] = []
        var rest = text
        while !rest.isEmpty, fields.count <= 4 {
            var word: [UInt8] = []
            var isPath = false
            if rest.first == UInt8(ascii: "[") {
                word = Array(rest.dropFirst().prefix { $0 != UInt8(ascii: "]") })
                isPath = word.contains(UInt8(ascii: "/"))
                rest = rest.dropFirst(1 + word.count)
                guard rest.popFirst() != nil, [nil, UInt8(ascii: ":")].contains(rest.popFirst()) else { return nil }
            } else {
                while let byte = rest.popFirst(), byte != UInt8(ascii: ":") {
                    isPath = isPath || byte == UInt8(ascii: "/")
                    guard let taken = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte else { return nil }
                    word.append(taken)
                }
            }
            fields.append((word, isPath))
        }
        return rest.isEmpty ? fields : nil
    }

    /// A port, a host and a port, or a path.
    private static func endpoint(_ fields: ArraySlice<Field>, mayBeZero: Bool) -> Endpoint? {
        guard let first = fields.first, let last = fields.last else { return nil }
        if fields.count == 1, first.isPath {
            return last.text.count < ConfigLimits.socketPathByteCount ? .path(ConfigText(last.text)) : nil
        }
        guard let port = OptionSyntax.decimal(last.text[...]), (mayBeZero ? 0...65535 : 1...65535).contains(port),
            fields.count == 1 || first.text.count <= ConfigLimits.nameByteCount
        else { return nil }
        return .port(host: fields.count == 1 ? nil : ConfigText(first.text), port)
    }
}
