/// Where we speak: standard error, in whole lines, and with carriage returns while the terminal is raw.
enum Console {
    static func say(_ text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        PlatformTerminal.writeError(TerminalState.isRaw ? raw(line) : line)
    }

    private static func raw(_ text: String) -> String {
        String(decoding: text.utf8.flatMap { $0 == UInt8(ascii: "\n") ? [13, 10] : [$0] }, as: UTF8.self)
    }
}
