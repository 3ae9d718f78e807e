import SSHConfig

/// Words for a POSIX shell.
enum ShellWord {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:@_".utf8)

    /// A command that a shell splits into these words again, whatever is in them.
    ///
    /// The first is always in quotes: what is quoted is neither a reserved word nor an alias nor an assignment (POSIX.1-2017,
    /// Shell, §2.3.1, §2.4).
    static func line(_ words: [ConfigText]) -> [UInt8] {
        let first = words.prefix(1).map { quoted($0.bytes) }
        let others = words.dropFirst().map { word in
            !word.bytes.isEmpty && word.bytes.allSatisfy(plain.contains) ? word.bytes : quoted(word.bytes)
        }
        return Array((first + others).joined(separator: [0x20]))
    }

    private static func quoted(_ word: [UInt8]) -> [UInt8] {
        let pieces = word.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        return Array("'".utf8) + pieces.joined(separator: "'\\''".utf8) + Array("'".utf8)
    }
}
