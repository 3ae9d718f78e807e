import SSHWire
import Testing

@Suite("F1: text that a peer chose is safe to show")
struct PeerTextTests {
    /// What could hide, forge or reorder what a person reads.
    static let corpus: [(bytes: [UInt8], shown: String)] = [
        ([0x00], "\\x00"), ([0x07], "\\x07"), ([0x08], "\\x08"), ([0x0A], "\\x0a"), ([0x0D], "\\x0d"), ([0x09], " "),
        (Array("\u{1B}[31mred\u{1B}[0m".utf8), "\\x1b[31mred\\x1b[0m"),
        (Array("\u{1B}]0;title\u{07}".utf8), "\\x1b]0;title\\x07"),
        (Array("\u{1B}P+q\u{1B}\\".utf8), "\\x1bP+q\\x1b\\"), ([0x7F], "\\x7f"),
        ([0x9B, 0x33, 0x31, 0x6D], "\\x9b31m"), ([0xC2, 0x9B, 0x4B], "\\x9bK"), ([0xC2, 0x9D], "\\x9d"),
        ([0xC2, 0x80], "\\x80"), ([0xC2, 0x85], "\\x85"), ([0xC2, 0x9F], "\\x9f"), ([0xC2, 0xA0], "\u{A0}"),
        (Array("a\u{202E}txt".utf8), "a\\u{202e}txt"), (Array("\u{2066}\u{2069}".utf8), "\\u{2066}\\u{2069}"),
        (Array("\u{200B}\u{200F}\u{61C}\u{FEFF}".utf8), "\\u{200b}\\u{200f}\\u{61c}\\u{feff}"),
        (Array("\u{2028}\u{2029}".utf8), "\\u{2028}\\u{2029}"), (Array("\u{E0041}".utf8), "\\u{e0041}"),
        (Array("\u{FFFE}\u{10FFFF}".utf8), "\\u{fffe}\\u{10ffff}"),
        ([0xFF, 0xFE], "\\xff\\xfe"), ([0x80], "\\x80"), ([0xC0, 0x80], "\\xc0\\x80"),
        ([0xE0, 0x80, 0x80], "\\xe0\\x80\\x80"),
        ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"), ([0xF4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),
        ([0xC3], "\\xc3"), ([0xE2, 0x82], "\\xe2\\x82"), ([0xF0, 0x9F, 0x98], "\\xf0\\x9f\\x98"),
        ([0xE2, 0x82, 0x41], "\\xe2\\x82A"), ([0xC3, 0xC3, 0xA9], "\\xc3é"),
    ]

    @Test(
        "Controls, bidirectional marks and invalid UTF-8 are shown as what they are",
        arguments: PeerTextTests.corpus.indices)
    func hostile(index: Int) {
        let (bytes, shown) = Self.corpus[index]
        #expect(PeerText.line(bytes) == shown)
    }

    @Test("Text in any script passes", arguments: ["plain ~!", "Grüße", "こんにちは", "שלום", "🙂", "naïve \\x1b", ""])
    func harmless(text: String) {
        #expect(PeerText.line(Array(text.utf8)) == text)
        #expect(PeerText.block(Array(text.utf8), maximumByteCount: 1024) == text)
    }

    @Test("F1: of our own words lines, tabs and any script stay, and what they quote drives no terminal")
    func displayable() {
        let text = "key \"a\u{1B}]2;x\u{7}\u{9B}\r\u{202E}\": né\n\tno"
        #expect(PeerText.displayable(text) == "key \"a\\x1b]2;x\\x07\\x9b\\x0d\\u{202e}\": né\n\tno")
        #expect(PeerText.displayable("plain\ntext") == "plain\ntext")
    }

    @Test("Whatever two bytes come, no control, surrogate or line break comes out")
    func allPairs() {
        for first in UInt8.min...UInt8.max {
            var all: [UInt8] = []
            for second in UInt8.min...UInt8.max { all += [first, second, 0x20] }
            let line = PeerText.line(all)
            #expect(line.unicodeScalars.allSatisfy(isSafe), "\(first)")
            let block = PeerText.block(all, maximumByteCount: 1024, indent: "> ")
            #expect(block.unicodeScalars.allSatisfy { isSafe($0) || $0 == "\n" }, "\(first)")
        }
    }

    @Test("Every scalar comes out as itself or escaped, never as a control")
    func allScalars() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = PeerText.line(Array(String(scalar).utf8))
            if !shown.unicodeScalars.allSatisfy(isSafe) { Issue.record("U+\(String(value, radix: 16))") }
        }
    }

    @Test("A long line is cut and says so", arguments: [1023, 1024, 1025, 1 << 20])
    func long(count: Int) {
        let line = PeerText.line([UInt8](repeating: UInt8(ascii: "a"), count: count))
        #expect(line == String(repeating: "a", count: min(count, 1024)) + (count > 1024 ? "…" : ""))
        let escapes = PeerText.line([UInt8](repeating: 0x1B, count: count))
        #expect(escapes.utf8.count <= 4 * 1024 + 3)
    }

    @Test("A cut in the middle of a character shows its bytes")
    func cutCharacter() {
        #expect(PeerText.line(Array("aé".utf8), maximumByteCount: 2) == "a\\xc3…")
        #expect(PeerText.line([], maximumByteCount: 0) == "")
    }

    @Test("A block keeps its line feeds, each followed by the indent, and drops carriage returns")
    func block() {
        let text = PeerText.block(Array("one\r\ntwo\nthree\u{1B}[A\u{2028}".utf8), maximumByteCount: 100, indent: "| ")
        #expect(text == "one\n| two\n| three\\x1b[A\\u{2028}")
    }

    private func isSafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: false
        default: true
        }
    }

    @Test(
        "F4 No run of blanks in a prompt moves what follows to where a line of ours begins",
        arguments: [" ", "\t", "\u{A0}", "\u{2003}", "\u{3000}", "\u{2800}", "\u{3164}"])
    func longBlanks(blank: String) {
        let forged = "user@bastion's password: "
        let text = "one\n" + String(repeating: blank, count: 2400) + forged
        let shown = PeerText.prompt(Array(text.utf8), maximumByteCount: 8192)
        let kept = String(repeating: blank == "\t" ? " " : blank, count: 6)
        #expect(shown == "one\n  " + kept + "…" + forged)
        #expect(PeerText.prompt(Array("a        b\nCode: ".utf8), maximumByteCount: 100) == "a        b\n  Code: ")
    }
}
