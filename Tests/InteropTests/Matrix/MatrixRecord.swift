import Foundation
import TestSupport

/// The matrix as Docs/Protocol.md records it: which name was covered with which server, and which names wait, and why.
struct MatrixRecord {
    /// The column headings: a server's name and version as its identification has them, joined by a blank.
    let servers: [String]
    /// By name, the servers' headings.
    let covered: [MatrixName: Set<String>]
    let exceptions: [String: String]

    init() throws {
        let folder = (#filePath as NSString).deletingLastPathComponent
        let text = try String(contentsOfFile: folder + "/../../../Docs/Protocol.md", encoding: .utf8)
        let section = text.components(separatedBy: "\n## ").first { $0.hasPrefix("Interop matrix\n") } ?? ""
        let rows = section.split(separator: "\n").filter { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        servers = Array(rows.first?.dropFirst(2) ?? [])
        var covered: [MatrixName: Set<String>] = [:]
        var exceptions: [String: String] = [:]
        for cells in rows.dropFirst() {
            guard cells.count >= 2, let name = cells[cells.count == 2 ? 0 : 1].quoted else { continue }
            if cells.count == 2 {
                exceptions[name] = cells[1]
            } else if let slot = MatrixSlot(rawValue: cells[0]), !Self.absent.contains(name) {
                let marks = zip(servers, cells.dropFirst(2)).filter { $0.1 == "yes" }
                covered[MatrixName(slot: slot, name: name)] = Set(marks.map(\.0))
            }
        }
        (self.covered, self.exceptions) = (covered, exceptions)
    }

    /// Names that this build is without, by its traits.
    private static let absent: Set<String> = {
        #if PostQuantum
            []
        #else
            ["mlkem768x25519-sha256"]
        #endif
    }()

    /// The heading of a server's column, of whatever version.
    func heading(of server: MatrixServer) -> String? {
        servers.first { $0.hasPrefix(server.rawValue + " ") }
    }

    /// What must be covered with a server.
    func names(of server: MatrixServer) -> Set<MatrixName> {
        guard let heading = heading(of: server) else { return [] }
        return Set(covered.filter { $0.value.contains(heading) }.keys)
    }
}

extension String {
    /// What stands between two backquotes that are the whole text.
    fileprivate var quoted: String? {
        guard count > 2, hasPrefix("`"), hasSuffix("`") else { return nil }
        return String(dropFirst().dropLast())
    }
}
