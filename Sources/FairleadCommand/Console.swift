import Synchronization

/// Where we speak: standard error, or the file of `-E`, in whole lines, and with carriage returns while the terminal is raw.
enum Console {
    private static let descriptor = Atomic<Int32>(2)

    static func say(_ text: String) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        let target = descriptor.load(ordering: .relaxed)
        PlatformTerminal.write(target == 2 && TerminalState.isRaw ? raw(line) : line, to: target)
    }

    /// From here on to a file, behind what it holds.
    static func append(to path: String) throws {
        guard let opened = PlatformTerminal.openForAppending(path) else {
            throw UsageError(message: "Couldn't open logfile \(path): \(PlatformTerminal.errorText)")
        }
        descriptor.store(opened, ordering: .relaxed)
    }

    private static func raw(_ text: String) -> String {
        String(decoding: text.utf8.flatMap { $0 == UInt8(ascii: "\n") ? [13, 10] : [$0] }, as: UTF8.self)
    }
}
