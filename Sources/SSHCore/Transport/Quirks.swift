import SSHWire

/// What a server is known to get wrong, by what its identification says.
package struct Quirks: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Refuses a group exchange that asks for primes of more than 4096 bits.
    package static let groupsUpTo4096 = Quirks(rawValue: 1)
    /// Keeps the zero bytes in front of X25519's secret, so that one exchange in 256 fails with everybody else.
    package static let keepsZerosOfSecret = Quirks(rawValue: 2)
    /// Takes RSA signatures with SHA-2, but does not say so in `server-sig-algs`.
    package static let concealsSHA2Signatures = Quirks(rawValue: 4)
    /// Dies of a key exchange that we start.
    package static let noRekey = Quirks(rawValue: 8)
    /// Knows RSA certificates by their oldest name alone, whatever hash signs.
    package static let oneNameForRSACertificates = Quirks(rawValue: 16)

    /// The first pattern that matches counts.
    private static let table: [(pattern: String, quirks: Quirks)] = [
        ("Cisco-1.*", .groupsUpTo4096),
        // Its number is odd because the fault was mended in it.
        ("OpenSSH_6.6.1*", .oneNameForRSACertificates),
        ("OpenSSH_6.5*", [.keepsZerosOfSecret, .oneNameForRSACertificates]),
        ("OpenSSH_6.6*", [.keepsZerosOfSecret, .oneNameForRSACertificates]),
        ("OpenSSH_7.4*", [.concealsSHA2Signatures, .oneNameForRSACertificates]),
        ("OpenSSH_7.8*", []), ("OpenSSH_7.9*", []),
        ("OpenSSH_7.*", .oneNameForRSACertificates),
        ("OpenSSH_6.*", .oneNameForRSACertificates),
        ("OpenSSH_5.*", .oneNameForRSACertificates),
        ("Sun_SSH_1.0*", .noRekey),
    ]

    package init(_ identification: Identification) {
        let software = identification.software
        self = Self.table.first { Wildcard.matches(software, pattern: Array($0.pattern.utf8)[...]) }?.quirks ?? []
    }
}
