import SSHWire

/// Patterns of names that a user writes (algorithms, variables), with `*` and `?`.
package enum NamePattern {
    package static func matches(_ pattern: String, _ name: String) -> Bool {
        Wildcard.matches(Array(name.utf8), pattern: Array(pattern.utf8)[...])
    }
}
