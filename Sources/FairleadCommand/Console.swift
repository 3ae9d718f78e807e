import Fairlead
import Synchronization

/// Where we speak: standard error, or the file of `-E`, in whole lines, and with carriage returns while the terminal is raw.
enum Console {
    private static let descriptor = Atomic<Int32>(2)
    private static let held = Mutex(Held())

    private struct Held {
        var questionCount = 0
        var lines = ""
    }

    static func say(_ text: String) {
        let safe = SafeText.of(text)
        let line = safe.hasSuffix("\n") ? safe : safe + "\n"
        let target = descriptor.load(ordering: .relaxed)
        let isHeld = held.withLock { held in
            guard target == 2, held.questionCount > 0 else { return false }
            held.lines += line
            return true
        }
        if isHeld { return }
        PlatformTerminal.write(target == 2 && TerminalState.isRaw ? raw(line) : line, to: target)
    }

    /// A question stands on the terminal: what is said meanwhile is said after it.
    ///
    /// A server that had its banner come then could scroll the question away and put its own words in its place.
    static func questionBegins() { held.withLock { $0.questionCount += 1 } }

    static func questionEnds() {
        let lines = held.withLock { held in
            held.questionCount -= 1
            guard held.questionCount == 0 else { return "" }
            defer { held.lines = "" }
            return held.lines
        }
        if !lines.isEmpty { say(lines) }
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
