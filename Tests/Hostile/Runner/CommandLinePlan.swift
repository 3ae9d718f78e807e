import Foundation
import HostileRows
import HostileServing
import PeerSupport

/// What the command line asks for.
struct CommandLinePlan {
    struct Misuse: Error, CustomStringConvertible {
        let description: String
    }

    private var clients: [ClientProgram] = []
    private var deliveries = Delivery.allCases
    private var filters: [String] = []
    private var json: String?
    private var markdown: String?
    private var atOnce = 2
    private var lists = false
    private var million = 1_000_000

    init(_ words: [String]) throws {
        let launcher = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("HostileLaunch").path
        var lines: [(line: String, name: String?)] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--list" {
                lists = true
                continue
            }
            guard let value = rest.popFirst() else { throw Misuse(description: "\(word) wants a value") }
            switch word {
            case "--client": lines.append((value, nil))
            case "--name" where lines.last?.name == nil && !lines.isEmpty: lines[lines.count - 1].name = value
            case "--filter": filters.append(value)
            case "--json": json = value
            case "--markdown": markdown = value
            case "--jobs": atOnce = max(1, Int(value) ?? 2)
            case "--flood": million = max(1, Int(value) ?? million)
            case "--deliveries": deliveries = try value.split(separator: ",").map(Self.delivery)
            default: throw Misuse(description: "\(word) is not known here")
            }
        }
        guard lists || !lines.isEmpty, !deliveries.isEmpty else { throw Misuse(description: "no --client") }
        clients = lines.enumerated().map { index, entry in
            ClientProgram(name: entry.name ?? "client \(index + 1)", line: entry.line, launcher: launcher)
        }
    }

    private static func delivery(_ word: Substring) throws -> Delivery {
        let names: [Substring: Delivery] = [
            "whole": .whole, "split": .split, "bytes": .byteByByte, "coalesced": .coalesced,
        ]
        guard let delivery = names[word] else {
            throw Misuse(description: "\(word) is no delivery: whole, split, bytes, coalesced")
        }
        return delivery
    }

    func run() throws -> Int32 {
        let chosen = AllRows.rows(million: million).filter(isChosen)
        let leftOut = try chosen.compactMap { row in try ServedRow.reasonLeftOut(row).map { (row, $0) } }
        if lists {
            for row in chosen { print(row) }
            for (row, reason) in leftOut { print("left out: \(row): \(reason)") }
            return 0
        }
        // One flood in full strength: ruling 44.
        let full = try Self.served(million).filter(isChosen)
        let small = try Self.served(1000).filter(isChosen)
        var all: [Results] = []
        for client in clients {
            let campaign = try Campaign(client, deliveries)
            let findings = campaign.run({ $0 == deliveries[0] ? full : small }, atOnce: atOnce) { done, total in
                guard done % 100 == 0 || done == total else { return }
                FileHandle.standardError.write(Data("\(client.name): \(done) of \(total)\n".utf8))
            }
            let results = Results(client.name, baseline: campaign.baseline, rows: full, findings: findings)
            print(results.table)
            all.append(results)
        }
        for (row, reason) in leftOut { print("left out: \(row): \(reason)") }
        try write(all)
        return all.contains(where: \.falls) ? 1 : 0
    }

    private static func served(_ million: Int) throws -> [HostileRow] {
        try AllRows.rows(million: million).filter { try ServedRow.reasonLeftOut($0) == nil }
    }

    /// By the beginning of an identifier, or by a part of the description.
    private func isChosen(_ row: HostileRow) -> Bool {
        filters.isEmpty || filters.contains { row.id.hasPrefix($0) || row.description.contains($0) }
    }

    private func write(_ all: [Results]) throws {
        if let json {
            let texts = try all.map { String(decoding: try $0.json(), as: UTF8.self) }
            try Data("[\(texts.joined(separator: ",\n"))]\n".utf8).write(to: URL(fileURLWithPath: json))
        }
        if let markdown { try Data(Results.markdown(all).utf8).write(to: URL(fileURLWithPath: markdown)) }
    }
}
