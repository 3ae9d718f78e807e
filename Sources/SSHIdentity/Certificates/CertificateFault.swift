package import SSHCrypto
import SSHWire

/// Why a certificate that was signed well does not count here and now.
package enum CertificateFault: Error, Hashable {
    case role(Certificate.Role)
    case notYetValid(from: UInt64)
    case expired(at: UInt64)
    /// It names nobody; OpenSSH 10.3 and older let such a host certificate stand for every host.
    case noPrincipals
    case otherPrincipals([String])
    case unknownCriticalOption(String)
    case authorityAlgorithm(String)

    /// What is wrong, as half a sentence that follows "the certificate".
    package var sentence: String {
        switch self {
        case .role(.user): "is a user's and not a host's"
        case .role(.host): "is a host's and not a user's"
        case .notYetValid(let time): "is not valid before \(Self.text(of: time))"
        case .expired(let time): "expired at \(Self.text(of: time))"
        case .noPrincipals: "names nobody that it is for"
        case .otherPrincipals(let names): "is for \(names.joined(separator: ", ")) only"
        case .unknownCriticalOption(let name): "has the critical option \(name), which is not known here"
        case .authorityAlgorithm(let name): "is signed with \(name), which is not accepted of an authority"
        }
    }

    /// The date and the time of day in UTC; times beyond the year 9999 as they are.
    package static func text(of seconds: UInt64) -> String {
        guard seconds < 253_402_300_800 else { return "second \(seconds) after 1970" }
        // Days are counted from March of the year 0, so that a leap day ends its year and 146,097 days are 400 years.
        let days = seconds / 86_400 + 719_468
        let dayOfEra = days % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + days / 146_097 * 400 + (month < 3 ? 1 : 0)
        let date = [year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1].map(twoDigits)
        let time = [seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60].map(twoDigits)
        return date.joined(separator: "-") + " " + time.joined(separator: ":") + " UTC"
    }

    private static func twoDigits(_ number: UInt64) -> String {
        (number < 10 ? "0" : "") + String(number)
    }
}

extension Certificate {
    /// OpenSSH's `CASignatureAlgorithms` by default: SHA-1 is not among them.
    package static let authorityAlgorithms: [SignatureAlgorithm] = [
        .ed25519, .ecdsaNISTP256, .ecdsaNISTP384, .ecdsaNISTP521, .securityKeyEd25519, .securityKeyECDSANISTP256,
        .rsaSHA512, .rsaSHA256,
    ]

    /// Whether the certificate counts for `name`, in its role and now, by the rules of OpenSSH 10.5.
    ///
    /// A host's principals are patterns, in which letters count as they stand while the host's name is taken in lower case; a
    /// user's are names. Older releases differ for hosts: before 10.3 no `*` or `?` in a principal matched more than itself, and a
    /// certificate without principals was every host's (attacks C10). A user's critical options are the server's to judge.
    /// The name is a host's or its alias, without a port; or a user's, `nil` where the server alone decides.
    package func check(
        for name: String?, as role: Role, at secondsSince1970: UInt64,
        algorithms: [SignatureAlgorithm] = Certificate.authorityAlgorithms
    ) throws(CertificateFault) {
        guard role == self.role else { throw .role(self.role) }
        guard secondsSince1970 >= validAfter else { throw .notYetValid(from: validAfter) }
        guard secondsSince1970 < validBefore else { throw .expired(at: validBefore) }
        if role == .host || name != nil {
            guard !principalNames.isEmpty else { throw .noPrincipals }
            guard let name, isFor(Array(name.utf8)) else { throw .otherPrincipals(principals) }
        }
        if role == .host, let option = criticalOptions.first { throw .unknownCriticalOption(option.name) }
        guard algorithms.contains(signatureAlgorithm) else { throw .authorityAlgorithm(signatureAlgorithm.rawValue) }
    }

    private func isFor(_ name: [UInt8]) -> Bool {
        switch role {
        case .user: principalNames.contains(name)
        case .host: principalNames.contains { Wildcard.matches(name.map(ASCII.lowercased), pattern: $0[...]) }
        }
    }
}
