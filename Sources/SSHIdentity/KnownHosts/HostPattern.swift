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
            guard matches(name, pattern: pattern) else { continue }
            if isNegated { return .negative }
            isPositive = true
        }
        return isPositive ? .positive : .none
    }

    /// One pattern.
    ///
    /// After a mismatch only the last `*` takes one byte more, which needs no recursion and at most name × pattern
    /// steps, however many stars there are.
    static func matches(_ name: [UInt8], pattern: ArraySlice<UInt8>) -> Bool {
        var inName = name.startIndex
        var inPattern = pattern.startIndex
        var star: (pattern: Int, name: Int)?
        while inName < name.endIndex {
            let wanted = inPattern < pattern.endIndex ? pattern[inPattern] : nil
            if wanted == UInt8(ascii: "*") {
                star = (inPattern, inName)
                inPattern += 1
            } else if let wanted, wanted == UInt8(ascii: "?") || ASCII.lowercased(wanted) == name[inName] {
                inName += 1
                inPattern += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                inPattern = last.pattern + 1
                inName = last.name + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
