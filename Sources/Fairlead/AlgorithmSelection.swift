import SSHCore
import SSHCrypto
import SSHIdentity

extension SSHConfiguration {
    /// A list of algorithms that a user may choose.
    package enum AlgorithmSlot: String, CaseIterable, Sendable {
        case keyExchange = "KexAlgorithms"
        case hostKey = "HostKeyAlgorithms"
        case login = "PubkeyAcceptedAlgorithms"
        case authority = "CASignatureAlgorithms"
        case cipher = "Ciphers"
        case mac = "MACs"
    }

    /// What OpenSSH has and we do not: who adds it to a list loses nothing that he would notice.
    private static let namesOfOpenSSH: Set = [
        "umac-64@openssh.com", "umac-128@openssh.com", "umac-64-etm@openssh.com", "umac-128-etm@openssh.com",
        "hmac-md5",
        "hmac-md5-96", "hmac-md5-etm@openssh.com", "hmac-md5-96-etm@openssh.com", "ssh-dss",
        "ssh-dss-cert-v01@openssh.com",
    ]

    /// Applies a list as `ssh_config(5)` has it: names with commas between, replacing the default list, or with `+` before
    /// it adding to the end, with `-` removing (wildcards allowed), with `^` moving to the front.
    package mutating func select(_ list: String, for slot: AlgorithmSlot) throws(SSHError) {
        let standard = AlgorithmPolicy.standard
        switch slot {
        case .keyExchange:
            try Self.apply(
                list, to: &algorithms.keyExchanges, standard.keyExchanges, of: KeyExchangeAlgorithm.available, slot)
        case .hostKey:
            try Self.apply(list, to: &algorithms.hostKeys, standard.hostKeys, slot)
            keepsHostKeyOrder = !(list.hasPrefix("+") || list.hasPrefix("-"))
        case .login: try Self.apply(list, to: &algorithms.logins, standard.logins, slot)
        case .authority:
            let plain = SignatureAlgorithm.allCases.filter { !$0.isCertificate }
            try Self.apply(list, to: &algorithms.authorities, standard.authorities, of: plain, slot)
        case .cipher: try Self.apply(list, to: &algorithms.ciphers, standard.ciphers, slot)
        case .mac: try Self.apply(list, to: &algorithms.macs, standard.macs, slot)
        }
    }

    private static func apply<Algorithm: RawRepresentable<String> & Equatable & CaseIterable>(
        _ list: String, to current: inout [Algorithm], _ standard: [Algorithm],
        of all: [Algorithm] = Algorithm.allCases, _ slot: AlgorithmSlot
    ) throws(SSHError) where Algorithm.AllCases == [Algorithm] {
        let modifier = list.first.flatMap { "+-^".contains($0) ? $0 : nil }
        let patterns = (modifier == nil ? list[...] : list.dropFirst()).split(separator: ",").map(String.init)
        var named: [Algorithm] = []
        for pattern in patterns {
            // A wildcard brings in nothing that is weak or unusual: that must be named.
            let matches = all.filter {
                $0.rawValue == pattern
                    || (standard + current).contains($0) && NamePattern.matches(pattern, $0.rawValue)
            }
            // Names that we do not have are passed over, as long as something is left: lists are shared between programs.
            named += matches.filter { !named.contains($0) }
        }
        let result: [Algorithm] =
            switch modifier {
            case "+": current + named.filter { !current.contains($0) }
            case "-": current.filter { !named.contains($0) }
            case "^": named + current.filter { !named.contains($0) }
            default: named
            }
        let areOfOpenSSH = modifier != nil && patterns.allSatisfy(namesOfOpenSSH.contains)
        guard !result.isEmpty, !named.isEmpty || modifier == "-" || areOfOpenSSH else {
            let fault = named.isEmpty ? "names" : "leaves"
            let known = all.map(\.rawValue).joined(separator: ",")
            throw SSHError(
                .usage, .misuse, "Bad \(slot.rawValue) '\(list)': it \(fault) nothing that is here; there are: \(known)"
            )
        }
        current = result
    }
}
