import CSodium

/// libsodium, initialised once.
enum Sodium {
    /// `sodium_malloc` aborts before `sodium_init`, so whoever allocates asks here first.
    static let isReady = sodium_init() >= 0
}

/// Comparisons whose time does not depend on what is compared, but for its length.
package enum ConstantTime {
    package static func isEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return unsafe sodium_memcmp(a, b, a.count) == 0
    }
}
