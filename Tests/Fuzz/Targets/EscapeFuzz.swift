import FairleadCommand
import NIOCore
import Synchronization

/// Keys at a terminal in pieces: the escape character, what there is, and where the pieces end come first.
enum EscapeFuzz {
    static func run(_ input: [UInt8]) {
        guard input.count > 3 else { return }
        let character = input[1].isMultiple(of: 8) ? nil : input[0]
        let hasCommandLine = input[1] < 128
        let typed = Array(input[3...])
        var expected = Expected(character: character, hasCommandLine: hasCommandLine)
        for byte in typed { expected.type(byte) }
        for step in [typed.count, 1, 1 + Int(input[2])] {
            let asked = Mutex<[UInt8]>([])
            let keys = EscapeKeys(character: character, without: hasCommandLine ? [] : [.commandLine]) { action, _ in
                asked.withLock { $0.append(action.key.byte) }
            }
            var sent: [UInt8] = []
            for start in stride(from: 0, to: typed.count, by: max(1, step)) {
                let piece = typed[start..<min(typed.count, start + max(1, step))]
                sent += Array(keys.filter(ByteBuffer(bytes: piece)).readableBytesView)
            }
            precondition(sent == expected.sent, "something else is sent than ssh would")
            precondition(asked.withLock { $0 } == expected.asked, "something else is done than ssh would")
        }
    }

    /// What ssh's client does with each byte (ssh(1), ESCAPE CHARACTERS).
    private struct Expected {
        let character: UInt8?
        let hasCommandLine: Bool
        var sent: [UInt8] = []
        var asked: [UInt8] = []
        private var isPending = false
        private var isAtLineStart = true
        private var hasEnded = false

        init(character: UInt8?, hasCommandLine: Bool) {
            self.character = character
            self.hasCommandLine = hasCommandLine
        }

        mutating func type(_ byte: UInt8) {
            guard !hasEnded else { return }
            if isPending, let character {
                isPending = false
                let isKey = ".BRVvI#?&\u{1A}".utf8.contains(byte) || hasCommandLine && byte == UInt8(ascii: "C")
                if isKey {
                    asked.append(byte)
                    hasEnded = ".&".utf8.contains(byte)
                    // The shell that is left behind reads the end of its input.
                    if byte == UInt8(ascii: "&") { sent.append(4) }
                    return
                }
                if byte != character { sent.append(character) }
            } else if isAtLineStart, byte == character {
                isPending = true
                return
            }
            isAtLineStart = byte == 13 || byte == 10
            sent.append(byte)
        }
    }
}
