import SSHWire

/// Bytes that a peer chose, made safe to show: in one line, and in lines of which none can pose as one of ours.
enum PeerTextFuzz {
    static func run(_ input: [UInt8]) {
        for limit in [0, 1, 7, 1024] {
            let line = PeerText.line(input, maximumByteCount: limit)
            check(line, limit)
            let block = PeerText.block(input, maximumByteCount: limit, indent: "> ")
            for (number, part) in block.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
                precondition(number == 0 || part.starts(with: "> ".utf8), "a line could pose as one of ours")
                check(String(decoding: part, as: UTF8.self), limit)
            }
            precondition(block.utf8.count <= 12 * limit + 3, "the text has grown without bound")
            let prompt = PeerText.prompt(input, maximumByteCount: limit).utf8.split(
                separator: 0x0A, omittingEmptySubsequences: false)
            for part in prompt { check(String(decoding: part, as: UTF8.self), limit) }
            let blanks = prompt.last?.split { $0 != 0x20 }.map(\.count).max() ?? 0
            precondition(blanks <= 8, "a prompt is moved away from its name")
        }
        let isPlain = input.count <= 1024 && input.allSatisfy { (0x20..<0x7F).contains($0) }
        precondition(!isPlain || PeerText.line(input).utf8.elementsEqual(input), "plain text was changed")
    }

    private static func check(_ text: String, _ limit: Int) {
        for scalar in text.unicodeScalars {
            precondition(scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value), "a control is shown")
            let reorders = (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
            precondition(!reorders && ![0x061C, 0x200E, 0x200F].contains(scalar.value), "the text is reordered")
        }
        precondition(text.utf8.count <= 12 * limit + 3, "the text has grown without bound")
    }
}
