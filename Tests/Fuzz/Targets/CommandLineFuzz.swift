import FairleadCommand
import SSHConfig

/// The words of a command line, each up to a NUL: understood or refused, the same each time, and without harm.
enum CommandLineFuzz {
    private static let local = LocalIdentity(user: "ann", userID: 1000, home: "/home/ann", hostName: "desk.example.org")

    static func run(_ input: [UInt8]) {
        let words = input.split(separator: 0, omittingEmptySubsequences: false).map { ConfigText($0) }
        let invocation = Invocation(words)
        precondition(invocation == Invocation(words), "a second reading says something else")
        if let fault = invocation.fault {
            precondition(isSafe(fault.message), "a fault is told with what could do harm")
        } else if !invocation.host.isEmpty {
            precondition(isHarmless(host: Array(invocation.host.utf8)), "a host could do harm")
        }
        look(at: invocation)
        resolve(invocation)
        for word in words { look(at: word) }
    }

    private static func look(at invocation: Invocation) {
        let words = invocation.words.map(\.bytes)
        let command = invocation.command?.bytes ?? []
        if invocation.quotesCommand {
            precondition(unquoted(command) == words, "a shell reads other words")
        } else {
            precondition(command == Array(words.joined(separator: [0x20])), "the command is not its words")
        }
    }

    /// Options of any kind, with values that the parser let through.
    private static func resolve(_ invocation: Invocation) {
        guard invocation.fault == nil else { return }
        var resolver = ConfigResolver(
            reader: { _, _ in nil }, glob: { _ in [] }, environment: { _ in nil }, local: local)
        resolver.connectionHash = { String($0.count) }
        do throws(ConfigError) {
            let options = try resolver.resolve(
                host: ConfigText(invocation.host), command: invocation.command, commandLineOptions: invocation.options,
                files: [])
            _ = options.dump()
        } catch {
            precondition(isSafe(error.description), "a fault is told with what could do harm")
        }
    }

    private static func look(at name: ConfigText) {
        if let text = name.string, (try? NameRules.check(host: text)) != nil {
            precondition(isHarmless(host: name.bytes), "a host could do harm")
        }
        guard (try? NameRules.check(user: name)) != nil else { return }
        let harmful = name.bytes.contains { $0 < 0x20 || $0 == 0x7F || "'`\";&<>|(){}".utf8.contains($0) }
        precondition(!harmful && name.bytes.first != UInt8(ascii: "-"), "a user could do harm")
    }

    private static func isHarmless(host: [UInt8]) -> Bool {
        !host.isEmpty && host.first != UInt8(ascii: "-")
            && host.allSatisfy { $0 > 0x20 && $0 != 0x7F && !"'`\"$\\;&<>|(){},".utf8.contains($0) }
    }

    /// The words as a POSIX shell reads them; nil where it would do more than read them.
    private static func unquoted(_ line: [UInt8]) -> [[UInt8]]? {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var rest = line[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "'"):
                guard let end = rest.firstIndex(of: byte) else { return nil }
                word = (word ?? []) + rest[..<end]
                rest = rest[end...].dropFirst()
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                word = (word ?? []) + [next]
            case 0x20:
                if let complete = word { words.append(complete) }
                word = nil
            case _ where "\n\t\"$`*?[]#~=%|&;<>(){}!^".utf8.contains(byte) && byte != UInt8(ascii: "%"): return nil
            default:
                guard byte > 0x20, byte < 0x7F, word != nil || !words.isEmpty else { return nil }
                word = (word ?? []) + [byte]
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    private static func isSafe(_ text: String) -> Bool { text.utf8.allSatisfy { (0x20..<0x7F).contains($0) } }
}
