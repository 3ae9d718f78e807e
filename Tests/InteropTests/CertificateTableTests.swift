import Foundation
import TestSupport
import Testing

/// Certificates of hosts and users before the tool and before `ssh`, with the same real sshd.
@Suite(.fewAtOnce) struct CertificateTableTests {
    private let root = (#filePath as NSString).deletingLastPathComponent + "/../.."

    @Test("KX-21 C4 C10: each certificate comes to the same end as with ssh, or to another for a reason that is named")
    func table() async throws {
        let folder = try TemporaryDirectory()
        let tool = try FairleadTool.path
        let result = try await RunningProcess.run(
            "python3", [root + "/Scripts/certificate-table", "--tool", tool], within: .seconds(300)
        ) {
            $0.environment = plainEnvironment(home: folder.path, ["TMPDIR": folder.path])
        }
        #expect(result.exit == .status(0), "\(result.errorText)")
        let rows = result.outputText.split(separator: "\n")
        #expect(rows.count > 70)
        let documented = try String(contentsOfFile: root + "/Docs/Protocol.md", encoding: .utf8)
        // The column of ssh depends on its version, which the heading names.
        guard let heading = rows.first, documented.contains(heading) else { return }
        let missing = rows.filter { !documented.contains($0 + "\n") }
        #expect(missing.isEmpty, "Docs/Protocol.md has other rows")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
}
