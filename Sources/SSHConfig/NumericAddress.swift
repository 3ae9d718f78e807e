/// Addresses written as numbers: IPv4 as `inet_aton` takes them, IPv6 as in RFC 4291 §2.2.
enum NumericAddress {
    /// The 4 or 16 bytes of an address, or `nil` where the text is none; a zone makes it none.
    static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
        let text = String(decoding: Array(text), as: UTF8.self)
        return text.utf8.contains(UInt8(ascii: ":")) ? ipv6(text) : ipv4(text)
    }

    /// The address as the system writes it.
    static func text(of address: [UInt8]) -> String {
        guard address.count == 16 else { return address.map { String($0) }.joined(separator: ".") }
        let groups = stride(from: 0, to: 16, by: 2).map { UInt16(address[$0]) << 8 | UInt16(address[$0 + 1]) }
        let zeros = longestZeros(in: groups)
        // Addresses that hold one of IPv4 end in it.
        let holdsIPv4 = zeros == 0..<6 || (zeros == 0..<5 && groups[5] == 0xFFFF)
        var words = groups.map { String($0, radix: 16) }
        if holdsIPv4 { words.replaceSubrange(6..., with: [text(of: Array(address[12...]))]) }
        guard let zeros else { return words.joined(separator: ":") }
        return words[..<zeros.lowerBound].joined(separator: ":") + "::"
            + words[zeros.upperBound...].joined(separator: ":")
    }

    /// Whether one of the addresses lies in a list of networks such as `10.0.0.0/8,fe80::/10`; `nil` for a bad list.
    static func isAny(of addresses: [[UInt8]], in networks: [UInt8]) -> Bool? {
        var isFound = false
        for network in networks.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let parts = network.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard let first = parts.first, parts.count <= 2, let base = bytes(of: first) else { return nil }
            let length = parts.count == 2 ? OptionSyntax.decimal(parts[1]) : base.count * 8
            guard let length, (0...base.count * 8).contains(length), masked(base, length) == base else { return nil }
            isFound = isFound || addresses.contains { $0.count == base.count && masked($0, length) == base }
        }
        return isFound
    }

    /// The address with nothing but its first bits.
    private static func masked(_ address: [UInt8], _ length: Int) -> [UInt8] {
        address.enumerated().map { index, byte in
            let bits = min(max(length - index * 8, 0), 8)
            return byte & ~UInt8(truncatingIfNeeded: 0xFF >> bits)
        }
    }

    /// One to four numbers, decimal, octal or hexadecimal, of which the last fills what is left.
    private static func ipv4(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return nil }
        var address: [UInt8] = []
        for (index, part) in parts.enumerated() {
            let byteCount = index == parts.count - 1 ? 4 - index : 1
            guard let number = number(part), number >> (8 * UInt64(byteCount)) == 0 else { return nil }
            for shift in (0..<byteCount).reversed() {
                address.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(shift))))
            }
        }
        return address
    }

    static func number(_ text: Substring) -> UInt64? {
        // The integer's own initialiser takes a sign.
        guard text.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "x" || $0 == "X") }) else { return nil }
        if text.lowercased().hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16) }
        return UInt64(text, radix: text.hasPrefix("0") ? 8 : 10)
    }

    private static func ipv6(_ text: String) -> [UInt8]? {
        guard text.utf8.count < 46 else { return nil }
        let halves = text.split(separator: "::", omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return nil }
        var parts: [[UInt8]] = []
        for (index, half) in halves.enumerated() {
            guard let part = groups(half, isLast: index == halves.count - 1) else { return nil }
            parts.append(part)
        }
        guard parts.count == 2 else { return parts[0].count == 16 ? parts[0] : nil }
        let missing = 16 - parts[0].count - parts[1].count
        return missing < 2 ? nil : parts[0] + [UInt8](repeating: 0, count: missing) + parts[1]
    }

    private static func groups(_ text: Substring, isLast: Bool) -> [UInt8]? {
        guard !text.isEmpty else { return [] }
        let words = text.split(separator: ":", omittingEmptySubsequences: false)
        var address: [UInt8] = []
        for (index, word) in words.enumerated() {
            if isLast, index == words.count - 1, word.split(separator: ".").count == 4 {
                guard let tail = ipv4(String(word)) else { return nil }
                address += tail
            } else {
                guard word.utf8.count <= 4, word.allSatisfy({ $0.isASCII && $0.isHexDigit }),
                    let group = UInt16(word, radix: 16)
                else { return nil }
                address += [UInt8(group >> 8), UInt8(truncatingIfNeeded: group)]
            }
        }
        return address
    }

    /// The first of the longest runs of two zeros or more.
    private static func longestZeros(in groups: [UInt16]) -> Range<Int>? {
        var best: Range<Int>?
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 }
            if index + 1 - start > max(best?.count ?? 0, 1) { best = start..<index + 1 }
        }
        return best
    }
}
