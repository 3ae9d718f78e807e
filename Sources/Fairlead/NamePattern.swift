import SSHWire

/// Patterns of names that a user writes (algorithms, variables), with `*` and `?`.
package enum NamePattern {
    package static func matches(_ pattern: String, _ name: String) -> Bool {
        matches(Array(pattern.utf8), Array(name.utf8))
    }

    package static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
        Wildcard.matches(name, pattern: pattern[...])
    }
}
