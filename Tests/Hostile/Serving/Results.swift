import Foundation
import HostileRows
import PeerSupport

/// What one client made of all rows, as a table.
package struct Results: Sendable {
    package struct Line: Sendable {
        package let id: String
        package let stimulus: String
        package let findings: [Delivery: Finding]

        /// The worst first; deliveries only where they differ.
        package var text: String {
            let texts = Delivery.allCases.compactMap { delivery in findings[delivery].map { (delivery, $0.text) } }
            guard let first = texts.first?.1 else { return "-" }
            if texts.allSatisfy({ $0.1 == first }) { return first }
            var groups: [(text: String, deliveries: [String])] = []
            for (delivery, text) in texts {
                if let index = groups.firstIndex(where: { $0.text == text }) {
                    groups[index].deliveries.append(delivery.rawValue)
                } else {
                    groups.append((text, [delivery.rawValue]))
                }
            }
            return groups.map { "\($0.text) (\($0.deliveries.joined(separator: ", ")))" }.joined(separator: "; ")
        }

        /// The worst of its deliveries.
        package var verdict: Finding.Verdict {
            let order: [Finding.Verdict] = [.falls, .differs, .unable, .ok]
            return order.first { verdict in findings.values.contains { $0.verdict == verdict } } ?? .unable
        }
    }

    package let client: String
    package let baseline: Double
    package let lines: [Line]

    package init(_ client: String, baseline: Double, rows: [HostileRow], findings: [[Delivery: Finding]]) {
        self.client = client
        self.baseline = baseline
        lines = zip(rows, findings).map { Line(id: $0.id, stimulus: $0.stimulus, findings: $1) }
    }

    package func count(_ verdict: Finding.Verdict) -> Int { lines.count { $0.verdict == verdict } }

    package var falls: Bool { count(.falls) > 0 }

    package var summary: String {
        let totals = [Finding.Verdict.ok, .differs, .falls, .unable].map { "\(count($0)) \($0.rawValue)" }
        let most = lines.flatMap { $0.findings.values.map(\.mebibytes) }.max() ?? 0
        return "\(client): \(lines.count) rows, \(totals.joined(separator: ", ")); honest run "
            + "\(Self.tenths(baseline)) MiB, most \(Self.tenths(most)) MiB"
    }

    package var table: String {
        lines.map { line in
            Self.padded(line.id, 9) + Self.padded(line.stimulus, 62) + line.text + "\n"
        }.joined() + summary + "\n"
    }

    package func json() throws -> Data {
        let rows = lines.map { line in
            JSONRow(
                id: line.id, stimulus: line.stimulus, verdict: line.verdict,
                deliveries: Dictionary(uniqueKeysWithValues: line.findings.map { ($0.key.rawValue, $0.value) }))
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(JSONResults(client: client, honestMebibytes: baseline, rows: rows))
    }

    private struct JSONRow: Encodable {
        let id: String
        let stimulus: String
        let verdict: Finding.Verdict
        let deliveries: [String: Finding]
    }

    private struct JSONResults: Encodable {
        let client: String
        let honestMebibytes: Double
        let rows: [JSONRow]
    }

    /// Clients side by side: a row a line, after a line of totals for each family of rows.
    package static func markdown(_ all: [Results]) -> String {
        guard let first = all.first else { return "" }
        let heads = all.map { " \($0.client) |" }.joined()
        let rule = String(repeating: "---|", count: all.count)
        var text = "| rows | number |" + all.map { " \($0.client): ok, differs, FALLS, unable |" }.joined()
        text += "\n|---|---|" + rule + "\n"
        var families: [String] = []
        for line in first.lines where !families.contains(Self.family(line)) { families.append(Self.family(line)) }
        for family in families {
            let number = first.lines.count { Self.family($0) == family }
            text += "| \(family) | \(number) |"
            for results in all {
                let lines = results.lines.filter { Self.family($0) == family }
                let counts = [Finding.Verdict.ok, .differs, .falls, .unable].map { verdict in
                    "\(lines.count { $0.verdict == verdict })"
                }
                text += " \(counts.joined(separator: ", ")) |"
            }
            text += "\n"
        }
        text += "\n| row | stimulus |" + heads + "\n|---|---|" + rule + "\n"
        for (index, line) in first.lines.enumerated() {
            let cells = all.map { " \(Self.cell($0.lines[index].text)) |" }.joined()
            text += "| \(line.id) | \(Self.cell(line.stimulus)) |" + cells + "\n"
        }
        return text
    }

    /// `AU` of `AU-03 D1`.
    private static func family(_ line: Line) -> String { String(line.id.prefix(2)) }

    private static func cell(_ text: String) -> String { text.replacingOccurrences(of: "|", with: "\\|") }

    private static func padded(_ text: String, _ count: Int) -> String {
        text + String(repeating: " ", count: max(1, count - text.count))
    }

    private static func tenths(_ number: Double) -> String { String(format: "%.1f", number) }
}
