import Foundation
import TestSupport
import Testing

@Suite struct BenchTests {
    private struct Report: Decodable {
        struct Row: Decodable {
            let section: String
            let unit: String
            let fairlead: Double
            let ssh: Double
            let ratio: Double?
        }

        let machine: [String: String]
        let rows: [Row]
    }

    // No figure is judged: only that there are some, of both clients.
    @Test("Scripts/bench measures both clients and writes what it found", .timeLimit(.minutes(5)))
    func bench() async throws {
        let folder = try TemporaryDirectory()
        let tool = try FairleadTool.path
        let file = folder.file("figures.json")
        let sections = ["--only", "login", "--only", "trips"]
        let result = try await RunningProcess.run(
            "bash",
            ["\(Readme.root)/Scripts/bench", "--quick", "--pairs", "1", "--bytes", "1048576", "--json", file]
                + sections,
            within: .seconds(240)
        ) {
            $0.environment = plainEnvironment(home: folder.path, ["FAIRLEAD_TOOL": tool, "TMPDIR": folder.path])
        }
        #expect(result.exit == .status(0), "\(result.errorText)")
        let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: URL(fileURLWithPath: file)))
        #expect(Set(report.rows.map(\.unit)) == ["ms", "trips"])
        // Trips are differences of times, which a busy machine can turn round; the rest cannot be nothing.
        #expect(report.rows.filter { $0.unit == "ms" }.allSatisfy { $0.fairlead > 0 && $0.ssh > 0 && $0.ratio != nil })
        #expect(report.machine["peer"]?.contains("OpenSSH") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["figures.json"])
    }
}
