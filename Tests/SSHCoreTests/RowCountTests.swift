import Testing

/// A table that grew shorter must not look as good as before.
@Suite("The tables of hostile rows")
struct RowCountTests {
    /// How many rows name each section of hostile.md, at least; those that a library makes possible are not counted.
    private static let leastCounts = [
        "ID": 43, "PK": 400, "KI": 51, "KX": 217, "SK": 63, "RK": 39, "AU": 81, "CH": 32, "D3": 4, "D4": 8, "FW": 1,
        "GR": 3,
    ]

    @Test("No table is shorter than it was, and no two rows of one are called alike")
    func counts() {
        let optional = ["mlkem768", "sntrup761"]
        let rows = AllRows.rows(million: 100).filter { row in
            !optional.contains { row.stimulus.contains($0) }
        }
        var counts: [String: Int] = [:]
        for row in rows { counts[String(row.id.prefix(2)), default: 0] += 1 }
        for (section, least) in Self.leastCounts {
            #expect(counts[section, default: 0] >= least, "\(section): \(counts[section, default: 0])")
        }
        let names = Dictionary(grouping: rows, by: \.description).filter { $0.value.count > 1 }
        #expect(names.isEmpty, "\(names.keys.sorted())")
    }
}
