/// Addresses written as numbers: IPv4 as `inet_aton` takes them, IPv6 as in RFC 4291 §2.2.
enum NumericAddress {
    /// The 4 or 16 bytes of an address, or `nil` where the text is none; a zone makes it none.
    static func bytes(of text: some Sequence<UInt8>) -> [UInt8]? {
        let text = String(decoding: Array(text), as: UTF8.self)[...]
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
    private static func ipv4(_ text: Substring) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 4 else { return nil }
        var address: UInt64 = 0
        for (index, part) in parts.enumerated() {
            let width = index == parts.count - 1 ? 8 * (4 - index) : 8
            guard let number = number(part), number >> width == 0 else { return nil }
            address = address << width | number
        }
        return stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: address >> $0) }
    }

    static func number(_ text: Substring) -> UInt64? {
        // The integer's own initialiser takes a sign.
        guard text.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0 == "x" || $0 == "X") }) else { return nil }
        if text.lowercased().hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16) }
        return UInt64(text, radix: text.hasPrefix("0") ? 8 : 10)
    }

    private static func ipv6(_ text: Substring) -> [UInt8]? {
        let texts = text.split(separator: "::", omittingEmptySubsequences: false)
        let halves = texts.compactMap(groups)
        guard text.utf8.count < 46, halves.count == texts.count, let head = halves.first, let tail = halves.last else {
            return nil
        }
        if halves.count == 1 { return head.count == 16 ? head : nil }
        let missing = 16 - head.count - tail.count
        guard halves.count == 2, missing >= 2, !texts[0].contains(".") else { return nil }
        return head + [UInt8](repeating: 0, count: missing) + tail
    }

    /// Two bytes for each word, and four for one in the form of IPv4 at the end.
    private static func groups(_ text: Substring) -> [UInt8]? {
        var address: [UInt8] = []
        let words = text.isEmpty ? [] : text.split(separator: ":", omittingEmptySubsequences: false)
        for (index, word) in words.enumerated() {
            if index == words.count - 1, word.count(where: { $0 == "." }) == 3, let tail = ipv4(word) {
                address += tail
            } else {
                guard word.utf8.count <= 4, word.allSatisfy(\.isHexDigit), let group = UInt16(word, radix: 16) else {
                    return nil
                }
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
