import SSHCore
import SSHCrypto

extension SSHConfiguration {
    /// A list of algorithms that a user may choose.
    package enum AlgorithmSlot: String, Sendable {
        case keyExchange = "KexAlgorithms"
        case hostKey = "HostKeyAlgorithms"
        case cipher = "Ciphers"
        case mac = "MACs"
    }

    /// Applies a list as `ssh_config(5)` has it: names with commas between, replacing the default list, or with `+` before
    /// it adding to the end, with `-` removing (wildcards allowed), with `^` moving to the front.
    package mutating func select(_ list: String, for slot: AlgorithmSlot) throws(SSHError) {
        switch slot {
        case .keyExchange: algorithms.keyExchanges = try Self.apply(list, to: algorithms.keyExchanges, slot)
        case .hostKey:
            algorithms.hostKeys = try Self.apply(list, to: algorithms.hostKeys, slot)
            keepsHostKeyOrder = !(list.hasPrefix("+") || list.hasPrefix("-"))
        case .cipher: algorithms.ciphers = try Self.apply(list, to: algorithms.ciphers, slot)
        case .mac: algorithms.macs = try Self.apply(list, to: algorithms.macs, slot)
        }
    }

    private static func apply<Algorithm: RawRepresentable<String> & CaseIterable & Equatable>(
        _ list: String, to current: [Algorithm], _ slot: AlgorithmSlot
    ) throws(SSHError) -> [Algorithm] {
        let modifier = list.first.flatMap { "+-^".contains($0) ? $0 : nil }
        let patterns = (modifier == nil ? list[...] : list.dropFirst()).split(separator: ",").map(String.init)
        var named: [Algorithm] = []
        for pattern in patterns {
            let matches = Algorithm.allCases.filter { Wildcard.matches(pattern, $0.rawValue) }
            // Names that we do not have are passed over, as long as one is left: lists are shared between programs.
            named += matches.filter { !named.contains($0) }
        }
        let result: [Algorithm] =
            switch modifier {
            case "+": current + named.filter { !current.contains($0) }
            case "-": current.filter { !named.contains($0) }
            case "^": named + current.filter { !named.contains($0) }
            default: named
            }
        guard !result.isEmpty else {
            let known = Algorithm.allCases.map(\.rawValue).joined(separator: ",")
            throw SSHError(.usage, .misuse, "Bad \(slot.rawValue) '\(list)': it leaves nothing; there are: \(known)")
        }
        return result
    }
}

/// Patterns with `*` and `?`, in time linear in both lengths' product at worst.
private enum Wildcard {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        let pattern = Array(pattern.utf8)
        let text = Array(text.utf8)
        var position = 0
        var index = 0
        var star: (position: Int, index: Int)?
        while index < text.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                star = (position, index)
                position += 1
            } else if position < pattern.count,
                pattern[position] == UInt8(ascii: "?") || pattern[position] == text[index]
            {
                position += 1
                index += 1
            } else if let last = star {
                star = (last.position, last.index + 1)
                position = last.position + 1
                index = last.index + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
