/// Matches host names, user names and keywords against the patterns of `ssh_config(5)`: `*`, `?`, and `!` for negation.
///
/// A pattern costs time linear in its length: after a failure only the last `*` is tried again, and the texts matched
/// against are at most 1,024 bytes long, or the command that the user gave.
enum HostMatcher {
    /// Whether one pattern, without negation, covers the whole text.
    static func matches(
        _ pattern: ArraySlice<UInt8>, _ text: [UInt8], lowercasingPattern: Bool = false
    ) -> Bool {
        var patternIndex = pattern.startIndex
        var textIndex = 0
        var retry: (pattern: Int, text: Int)?
        while textIndex < text.count || patternIndex < pattern.endIndex {
            if patternIndex < pattern.endIndex {
                let wanted = lowercasingPattern ? ConfigLexer.lowercased(pattern[patternIndex]) : pattern[patternIndex]
                if wanted == UInt8(ascii: "*") {
                    retry = (patternIndex + 1, textIndex)
                    patternIndex += 1
                    continue
                }
                if textIndex < text.count, wanted == UInt8(ascii: "?") || wanted == text[textIndex] {
                    patternIndex += 1
                    textIndex += 1
                    continue
                }
            }
            guard let last = retry, last.text < text.count else { return false }
            retry = (last.pattern, last.text + 1)
            patternIndex = last.pattern
            textIndex = last.text + 1
        }
        return true
    }

    /// Whether the patterns of a `Host` line select the host: one matches, and none with `!` does.
    static func selects(_ patterns: [[UInt8]], host: [UInt8]) -> Bool {
        selects(patterns.map { $0[...] }, host, lowercasingPatterns: false)
    }

    /// Whether a comma-separated list selects the text, by the same rule.
    static func selects(list: [UInt8], _ text: [UInt8], lowercasingPatterns: Bool = false) -> Bool {
        let patterns = list.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        return selects(patterns, text, lowercasingPatterns: lowercasingPatterns)
    }

    private static func selects(
        _ patterns: [ArraySlice<UInt8>], _ text: [UInt8], lowercasingPatterns: Bool
    ) -> Bool {
        var isSelected = false
        for pattern in patterns {
            let isNegated = pattern.first == UInt8(ascii: "!")
            let body = isNegated ? pattern.dropFirst() : pattern
            guard matches(body, text, lowercasingPattern: lowercasingPatterns) else { continue }
            if isNegated { return false }
            isSelected = true
        }
        return isSelected
    }
}
