/// Patterns of names with `*` and `?`, byte by byte.
package enum Wildcard {
    /// After a mismatch only the last `*` takes one byte more, which needs no recursion and at most text × pattern steps,
    /// however many stars there are.
    package static func matches(_ text: some RandomAccessCollection<UInt8>, pattern: ArraySlice<UInt8>) -> Bool {
        var inText = text.startIndex
        var inPattern = pattern.startIndex
        var star: (pattern: Int, resume: Int)?
        var position = 0
        while inText < text.endIndex {
            let wanted = inPattern < pattern.endIndex ? pattern[inPattern] : nil
            if wanted == UInt8(ascii: "*") {
                star = (inPattern, position)
                inPattern += 1
            } else if let wanted, wanted == UInt8(ascii: "?") || wanted == text[inText] {
                text.formIndex(after: &inText)
                position += 1
                inPattern += 1
            } else if let last = star {
                position = last.resume + 1
                inText = text.index(text.startIndex, offsetBy: position)
                star = (last.pattern, position)
                inPattern = last.pattern + 1
            } else {
                return false
            }
        }
        return pattern[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
