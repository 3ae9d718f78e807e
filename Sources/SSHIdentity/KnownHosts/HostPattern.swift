import SSHWire

/// The pattern lists of known_hosts (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"): commas, `*`, `?`, and `!` for what the list
/// must not match.
package enum HostPattern {
    package enum Match: Hashable { case positive, negative, none }

    /// OpenSSH's buffer: a longer pattern ends the search without a match.
    private static let maximumByteCount = 1022

    /// Matches a lower-case name.
    ///
    /// A negated pattern that matches decides at once; patterns are compared in lower case.
    package static func match(_ name: [UInt8], list: ArraySlice<UInt8>) -> Match {
        var isPositive = false
        var rest = list
        while let first = rest.first {
            let isNegated = first == UInt8(ascii: "!")
            if isNegated { rest = rest.dropFirst() }
            let end = rest.firstIndex(of: ASCII.comma) ?? rest.endIndex
            let pattern = rest[rest.startIndex..<end]
            guard pattern.count <= maximumByteCount else { return .none }
            rest = end < rest.endIndex ? rest[(end + 1)...] : rest[end...]
            guard matches(name, pattern) else { continue }
            if isNegated { return .negative }
            isPositive = true
        }
        return isPositive ? .positive : .none
    }

    /// Most patterns are names, and most names are of another length than the one that is looked for.
    private static func matches(_ name: [UInt8], _ pattern: ArraySlice<UInt8>) -> Bool {
        let isPlain = !pattern.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") }
        if isPlain, pattern.count != name.count { return false }
        return Wildcard.matches(name, pattern: pattern.map(ASCII.lowercased)[...])
    }
}
