/// Words for a POSIX shell.
enum ShellWord {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:@_".utf8)

    /// The word as a shell reads it back, whatever is in it (POSIX.1-2017, Shell, §2.2.2).
    static func quoted(_ word: String) -> String {
        // A word that holds `=` would be an assignment where a command's name is expected.
        if !word.isEmpty, word.utf8.allSatisfy({ plain.contains($0) && $0 != UInt8(ascii: "=") }) { return word }
        let pieces = word.utf8.split(separator: UInt8(ascii: "'"), omittingEmptySubsequences: false)
        return "'" + pieces.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "'\\''") + "'"
    }
}
