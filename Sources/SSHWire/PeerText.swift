/// The one escaper: turns bytes that a peer or a file chose into text that is safe to show on a terminal.
///
/// Text in any script passes. Control characters (C0, DEL, the code points U+0080–9F), bidirectional controls, line and
/// paragraph separators, noncharacters and invalid UTF-8 are shown as `\xNN` or `\u{NNNN}`; a tab becomes a space. A
/// backslash stays as it is: the escapes are for the eye, not for reading back.
package enum PeerText {
    /// One line, cut at `maximumByteCount` bytes of input.
    package static func line(_ bytes: some Sequence<UInt8>, maximumByteCount: Int = 1024) -> String {
        escape(bytes, maximumByteCount: maximumByteCount, lineBreak: nil)
    }

    /// Text whose line feeds stay and are followed by `indent`, so that no line of it can pose as one of ours.
    package static func block(
        _ bytes: some Sequence<UInt8>, maximumByteCount: Int, indent: String = "  "
    ) -> String {
        escape(bytes, maximumByteCount: maximumByteCount, lineBreak: "\n" + indent)
    }

    /// The same for what the cursor will stand behind: its last line has no long run of blanks, which would move what
    /// follows to where a line of ours begins.
    package static func prompt(_ bytes: some Sequence<UInt8>, maximumByteCount: Int) -> String {
        let text = block(bytes, maximumByteCount: maximumByteCount).unicodeScalars
        let start = text.lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
        var shown = String(text[..<start])
        var blankCount = 0
        for scalar in text[start...] {
            blankCount = isBlank(scalar) ? blankCount + 1 : 0
            if blankCount <= maximumBlankCount { shown += String(scalar) }
            if blankCount == maximumBlankCount + 1 { shown += "…" }
        }
        return shown
    }

    private static let maximumBlankCount = 8

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        // Letters that draw nothing.
        scalar.properties.isWhitespace || [0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0].contains(scalar.value)
    }

    /// Whether a name can be shown as it is.
    package static func isHarmless(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(isHarmless) }

    /// Our own words with whatever they quote: lines and tabs stay, and all else that could drive a terminal is escaped.
    package static func displayable(_ text: String) -> String {
        // Nearly always.
        if text.utf8.allSatisfy({ 0x20...0x7E ~= $0 || $0 == 0x0A }) { return text }
        return text.unicodeScalars.reduce(into: "") { shown, scalar in
            let isKept = scalar == "\n" || scalar == "\t" || isHarmless(scalar)
            shown += isKept ? String(scalar) : escaped(scalar)
        }
    }

    private static func escape(
        _ bytes: some Sequence<UInt8>, maximumByteCount: Int, lineBreak: String?
    ) -> String {
        let input = Array(bytes.prefix(maximumByteCount + 1))
        let shown = input.prefix(maximumByteCount)
        var text = ""
        var decoder = UTF8Pieces(shown)
        while let piece = decoder.next() {
            switch piece {
            case .invalid(let byte): text += hexadecimal(byte)
            case .scalar("\n"): text += lineBreak ?? "\\x0a"
            case .scalar("\r") where lineBreak != nil: break
            case .scalar("\t"): text += " "
            case .scalar(let scalar): text += isHarmless(scalar) ? String(scalar) : escaped(scalar)
            }
        }
        return input.count > maximumByteCount ? text + "…" : text
    }

    package static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F: false
        case 0x061C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFF9...0xFFFB: false
        case 0xFDD0...0xFDEF, 0xE0000...0xE0FFF: false
        default: scalar.value & 0xFFFE != 0xFFFE
        }
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        guard scalar.value > 0xFF else { return hexadecimal(UInt8(truncatingIfNeeded: scalar.value)) }
        return "\\u{" + String(scalar.value, radix: 16) + "}"
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
    }
}

/// Splits bytes into valid scalars and single invalid bytes.
private struct UTF8Pieces {
    enum Piece { case scalar(Unicode.Scalar), invalid(UInt8) }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func next() -> Piece? {
        guard let first = rest.first else { return nil }
        var codec = UTF8()
        var iterator = rest.makeIterator()
        guard case .scalarValue(let scalar) = codec.decode(&iterator) else {
            rest = rest.dropFirst()
            return .invalid(first)
        }
        rest = rest.dropFirst(UTF8.width(scalar))
        return .scalar(scalar)
    }
}
