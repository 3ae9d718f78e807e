import Foundation
import HostileRows
import PeerSupport
import TestSupport

/// A client, as a line for the shell with places for what differs from run to run.
package struct ClientProgram: Sendable {
    package let name: String
    /// `{port}`, `{user}`, `{password}`, `{known_hosts}`, `{home}`, `{agent}`, `{options}` and `{command}` are filled in.
    package let line: String
    /// Processor time and memory beyond an honest run's.
    package var secondsAllowed = 1.0
    package var mebibytesAllowed = 8.0
    /// Whether it runs on a terminal, on which its password is typed, instead of between pipes.
    package var isOnTerminal = false
    /// The program that starts and measures it.
    package let launcher: String

    package init(name: String, line: String, launcher: String) {
        self.name = name
        self.line = line
        self.launcher = launcher
    }

    func words(_ places: [String: String]) -> [String] {
        var text = line
        for (place, value) in places { text = text.replacingOccurrences(of: "{\(place)}", with: value) }
        return ["/bin/sh", "-c", "exec " + text]
    }

    package static func quoted(_ word: String) -> String {
        "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}

/// How a client ended, and what it took.
package struct ClientEnd: Sendable {
    package var status: Int32?
    package var signal: Int32?
    package var isLate = false
    package var mebibytes = 0.0
    package var seconds = 0.0
    /// Processes that it started and that were still there some seconds after its end.
    package var leftCount = 0
    /// What it did to its terminal and should not have.
    package var terminalFaults: [String] = []
    package var output: [UInt8] = []
    package var error: [UInt8] = []

    init(report: String, isKibibytes: Bool, output: [UInt8], error: [UInt8]) throws {
        let numbers = report.split(separator: " ").compactMap { Int($0.filter { $0 != "\n" }) }
        guard numbers.count == 6 else { throw SupportError.commandFailed("no report of the client: \(report)") }
        if numbers[1] == 0 { status = Int32(numbers[0]) } else { signal = Int32(numbers[1]) }
        isLate = numbers[2] != 0
        mebibytes = Double(numbers[3]) / (isKibibytes ? 1024 : 1024 * 1024)
        seconds = Double(numbers[4]) / 1_000_000
        leftCount = numbers[5]
        self.output = output
        self.error = error
    }
}
