import Logging
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// A named set of algorithms to offer.
public enum AlgorithmProfile: String, Hashable, Sendable, CaseIterable {
    /// OpenSSH's set, without what rests on SHA-1, CBC or less than 2,048 bits.
    case standard = "default"
    /// Only post-quantum key exchanges and authenticated encryption; no host keys on curves of NIST.
    case strict
    /// The default and what old devices need; it is for one host at a time, and says so at each connect.
    case legacy
    /// The default and what is sound but rare, such as Curve448.
    case interop

    var policy: AlgorithmPolicy {
        switch self {
        case .standard: .standard
        case .strict: AlgorithmPolicy(.strict)
        case .legacy: AlgorithmPolicy(.legacy)
        case .interop: AlgorithmPolicy(.interop)
        }
    }
}

extension SSHConfiguration {
    /// What the connection offers: the lists, and compression in the order that the user wants.
    var offer: AlgorithmPolicy {
        var offer = algorithms
        if prefersCompression { offer.compressions = [.zlibOpenSSH, .none] }
        return offer
    }

    /// RSA keys below this are refused.
    ///
    /// RSA below 1,024 bits is nobody's to allow, as in ssh.
    var minimumRSABitCount: Int { max(1024, requiredRSASize ?? (profile == .legacy ? 1024 : 2048)) }

    /// Says what the legacy profile permits.
    func announceProfile() {
        guard profile == .legacy else { return }
        let names = AlgorithmSlot.allCases.flatMap { slot in
            let standard = slot.names(in: .standard)
            return offers(slot).filter { !standard.contains($0) }
        }
        let keys = minimumRSABitCount < 2048 ? ["RSA keys of \(minimumRSABitCount) bits"] : []
        logger.warning(
            "the legacy profile permits what is no longer safe: \((names + keys).joined(separator: ", "))")
    }

    /// The names of a list as it is offered.
    package func offers(_ slot: AlgorithmSlot) -> [String] { slot.names(in: algorithms) }

    private static func keyTypes(where isWanted: (SignatureAlgorithm) -> Bool) -> [String] {
        SignatureAlgorithm.allCases.filter(isWanted).map(\.keyType.text).reduce(into: []) {
            if !$0.contains($1) { $0.append($1) }
        }
    }

    /// What this library has, by the queries of `ssh -Q` and the options that take such lists; nil for another query.
    package static func algorithmNames(_ query: String) -> [String]? {
        switch query {
        case "cipher": AlgorithmSlot.cipher.allNames
        case "cipher-auth": CipherAlgorithm.allCases.filter(\.isAuthenticated).map(\.rawValue)
        case "mac": AlgorithmSlot.mac.allNames
        case "kex": AlgorithmSlot.keyExchange.allNames
        case "key": keyTypes { _ in true }
        case "key-plain": keyTypes { !$0.isCertificate }
        case "key-cert": keyTypes(where: \.isCertificate)
        case "key-sig", "sig": AlgorithmSlot.hostKey.allNames
        case "compression": CompressionAlgorithm.allCases.map(\.rawValue)
        case "protocol-version": ["2"]
        case "help":
            [
                "cipher", "cipher-auth", "compression", "kex", "key", "key-cert", "key-plain", "key-sig", "mac",
                "protocol-version", "sig",
            ]
        case "HostbasedAcceptedAlgorithms": AlgorithmSlot.hostKey.allNames
        default: AlgorithmSlot.allCases.first { $0.rawValue.lowercased() == query.lowercased() }?.allNames
        }
    }
}

extension SSHConfiguration.AlgorithmSlot {
    /// Every name that this library has.
    var allNames: [String] {
        switch self {
        case .keyExchange: KeyExchangeAlgorithm.available.map(\.rawValue)
        case .hostKey, .login: SignatureAlgorithm.allCases.map(\.rawValue)
        case .authority: SignatureAlgorithm.allCases.filter { !$0.isCertificate }.map(\.rawValue)
        case .cipher: CipherAlgorithm.allCases.map(\.rawValue)
        case .mac: MACAlgorithm.allCases.map(\.rawValue)
        }
    }

    func names(in policy: AlgorithmPolicy) -> [String] {
        switch self {
        case .keyExchange: policy.keyExchanges.map(\.rawValue)
        case .hostKey: policy.hostKeys.map(\.rawValue)
        case .login: policy.logins.map(\.rawValue)
        case .authority: policy.authorities.map(\.rawValue)
        case .cipher: policy.ciphers.map(\.rawValue)
        case .mac: policy.macs.map(\.rawValue)
        }
    }

    init?(_ slot: NegotiationFailure.Slot) {
        switch slot {
        case .keyExchange: self = .keyExchange
        case .hostKey: self = .hostKey
        case .cipherClientToServer, .cipherServerToClient: self = .cipher
        case .macClientToServer, .macServerToClient: self = .mac
        case .compressionClientToServer, .compressionServerToClient: return nil
        }
    }
}
