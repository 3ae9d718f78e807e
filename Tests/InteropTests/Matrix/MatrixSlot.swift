import Fairlead
import SSHCrypto

/// What a connection agrees on, one name for each.
enum MatrixSlot: String, CaseIterable, Sendable {
    case keyExchange = "key exchange"
    case hostKey = "host key"
    case cipher
    case mac = "MAC"
    case compression

    /// Every name that exists here, whatever profile offers it.
    var names: [String] {
        switch self {
        case .keyExchange: KeyExchangeAlgorithm.allCases.map(\.rawValue)
        case .hostKey: SignatureAlgorithm.allCases.map(\.rawValue)
        case .cipher: CipherAlgorithm.allCases.map(\.rawValue)
        case .mac: MACAlgorithm.allCases.map(\.rawValue)
        case .compression: CompressionAlgorithm.allCases.map(\.rawValue)
        }
    }
}

/// A name in its slot.
struct MatrixName: Hashable, Comparable, Sendable, CustomStringConvertible {
    let slot: MatrixSlot
    let name: String

    var description: String { "\(slot.rawValue) \(name)" }

    static func < (one: MatrixName, other: MatrixName) -> Bool {
        one.description < other.description
    }
}

/// One name for each slot; no MAC where the cipher authenticates by itself.
struct MatrixCombination: Hashable, Sendable, CustomStringConvertible {
    let names: [MatrixSlot: String]

    init(_ names: [MatrixSlot: String]) {
        var names = names
        if names[.cipher].flatMap(CipherAlgorithm.init)?.isAuthenticated == true { names[.mac] = nil }
        self.names = names
    }

    var all: Set<MatrixName> { Set(names.map { MatrixName(slot: $0.key, name: $0.value) }) }

    var description: String { MatrixSlot.allCases.compactMap { names[$0] }.joined(separator: " ") }

    /// Offers these names and no others.
    func restrict(_ configuration: inout SSHConfiguration) {
        configuration.algorithms.keyExchanges = list(.keyExchange)
        configuration.algorithms.hostKeys = list(.hostKey)
        configuration.algorithms.ciphers = list(.cipher)
        configuration.algorithms.macs = list(.mac)
        configuration.algorithms.compressions = list(.compression)
    }

    private func list<Algorithm: RawRepresentable<String>>(_ slot: MatrixSlot) -> [Algorithm] {
        names[slot].flatMap(Algorithm.init).map { [$0] } ?? []
    }
}
