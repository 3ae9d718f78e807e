/// Why a host's name cannot stand in known_hosts.
package enum HostNameError: Error, Hashable {
    case empty
    case tooLong(byteCount: Int)
    /// A control, a blank, or a character that means something in known_hosts.
    case forbiddenCharacter(Unicode.Scalar)
    case invalidPort(Int)
    /// The library could not hash the name.
    case hashingFailed
}

/// A host as known_hosts names it: lower case, `[host]:port` where the port is not 22.
package struct HostName: Hashable, Sendable {
    /// What a name may weigh with its brackets and port and still fit OpenSSH's pattern buffer (1,022 bytes).
    private static let maximumByteCount = 1000
    private static let defaultPort = 22

    package let bytes: [UInt8]

    /// For looking up, which any name may be; port 0 stands for 22 as in OpenSSH.
    package init(_ host: String, port: Int) {
        let name = host.utf8.map(ASCII.lowercased)
        let isPlain = port == 0 || port == Self.defaultPort
        bytes = isPlain ? name : Array("[".utf8) + name + Array("]:\(port)".utf8)
    }

    /// For writing: refuses whatever could end the field or the line, hide in it, or read as a pattern or a marker, in
    /// OpenSSH or in software that splits at Unicode's blanks.
    package init(writing host: String, port: Int) throws(HostNameError) {
        guard 1...65535 ~= port else { throw .invalidPort(port) }
        guard !host.isEmpty else { throw .empty }
        guard host.utf8.count <= Self.maximumByteCount else { throw .tooLong(byteCount: host.utf8.count) }
        for scalar in host.unicodeScalars where !Self.isPermitted(scalar) { throw .forbiddenCharacter(scalar) }
        self.init(host, port: port)
    }

    private static func isPermitted(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "#", ",", "*", "?", "!", "@", "|", "[", "]": return false
        case "!"..."~": return true
        default: break
        }
        guard !scalar.isASCII, !scalar.properties.isWhitespace else { return false }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned: return false
        case .lineSeparator, .paragraphSeparator, .spaceSeparator: return false
        default: return true
        }
    }
}
