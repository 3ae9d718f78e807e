import Foundation
import TestSupport

/// The README as text, and its fenced blocks.
struct Readme {
    struct Block {
        let language: String
        let lines: [String]

        /// The block's commands, without blank lines and the comments behind them.
        var commands: [String] {
            lines.map { line in
                let end = line.range(of: " # ")?.lowerBound ?? line.endIndex
                return line[..<end].trimmingCharacters(in: .whitespaces)
            }.filter { !$0.isEmpty }
        }
    }

    static var root: String {
        let parts = URL(fileURLWithPath: #filePath).pathComponents.dropLast(3)
        return String(parts.joined(separator: "/").dropFirst())
    }

    let blocks: [Block]

    init() throws {
        let text = try String(contentsOfFile: Self.root + "/README.md", encoding: .utf8)
        var blocks: [Block] = []
        var open: (language: String, lines: [String])?
        for line in text.components(separatedBy: "\n") {
            if let (language, lines) = open {
                if line == "```" {
                    blocks.append(Block(language: language, lines: lines))
                    open = nil
                } else {
                    open = (language, lines + [line])
                }
            } else if line.hasPrefix("```") {
                open = (String(line.dropFirst(3)), [])
            }
        }
        guard open == nil else { throw SupportError.commandFailed("the README has a block without an end") }
        self.blocks = blocks
    }

    func commands(in language: String) -> [String] {
        blocks.filter { $0.language == language }.flatMap(\.commands)
    }
}
