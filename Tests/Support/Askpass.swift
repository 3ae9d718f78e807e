import Foundation

/// A program for `SSH_ASKPASS` that gives its answers in their order and notes what it was asked; then it refuses.
package final class Askpass: Sendable {
    private let directory: TemporaryDirectory

    package init(_ answers: [String]) throws {
        directory = try TemporaryDirectory()
        let folder = directory.path
        try directory.write(answers.map { $0 + "\n" }.joined(), to: "answers")
        try directory.write(
            """
            #!/bin/sh
            printf '%s|%s\\n' "$SSH_ASKPASS_PROMPT" "$1" >>'\(folder)/asked'
            [ -s '\(folder)/answers' ] || exit 1
            head -n 1 '\(folder)/answers'
            sed -i 1d '\(folder)/answers'

            """, to: "askpass", mode: 0o755)
    }

    package var path: String { directory.file("askpass") }

    /// `SSH_ASKPASS_REQUIRE=force`: never the terminal.
    package var environment: [String: String] { ["SSH_ASKPASS": path, "SSH_ASKPASS_REQUIRE": "force"] }

    /// What it was asked so far, each with `SSH_ASKPASS_PROMPT` and a bar before it.
    package var asked: [String] {
        (try? directory.text(of: "asked"))?.split(separator: "\n").map(String.init) ?? []
    }

    /// Answers that nobody wanted.
    package var answersLeft: [String] {
        (try? directory.text(of: "answers"))?.split(separator: "\n").map(String.init) ?? []
    }
}
