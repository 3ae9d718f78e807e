import SSHConfig
import TestSupport
import Testing

@testable import FairleadCommand

@Suite struct ShellWordTests {
    @Test("a shell takes the first word for a program's name, though it reserves the word or has an alias of that name")
    func reserved() async throws {
        let folder = try TemporaryDirectory()
        let names = [
            "if", "time", "for", "!", "{", "case", "[[", "function", "select", "a=b", "aliased", "plain", "-x",
        ]
        for name in names { try folder.write("#!/bin/sh\nprintf '%s|' \"${0##*/}\" \"$@\"\n", to: name, mode: 0o755) }
        let words = ["x", "time", "it's", ""]
        for shell in ["sh", "bash"] {
            for name in names {
                let line = try #require(ConfigText(ShellWord.line(([name] + words).map { ConfigText($0) })).string)
                let script =
                    "alias aliased='echo wrong'\n" + (shell == "bash" ? "shopt -s expand_aliases\n" : "") + line
                let result = try await RunningProcess.run(shell, ["-c", script]) {
                    $0.environment["PATH"] = folder.path
                }
                #expect(result.outputText == ([name] + words).map { $0 + "|" }.joined(), "\(shell): \(line)")
            }
        }
    }
}
