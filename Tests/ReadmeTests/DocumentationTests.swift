import Foundation
import SSHCrypto
import Testing

@Suite struct DocumentationTests {
    @Test("Each public type has a line in Docs/API.md")
    func publicTypes() throws {
        let listed = try text("Docs/API.md")
        let declaration = try Regex(
            #"^ *public (?:final )?(?:struct|enum|actor|class|protocol) (\w+)"#, as: (Substring, Substring).self
        )
        .anchorsMatchLineEndings()
        var names: Set<String> = []
        for room in ["Fairlead", "SSHIdentity", "SSHConfig"] {
            for path in try files(under: "Sources/\(room)", suffix: ".swift") {
                for match in try text(path).matches(of: declaration) { names.insert(String(match.output.1)) }
            }
        }
        #expect(names.count > 40)
        for name in names.sorted() {
            #expect(try listed.contains(Regex("`(?:\\w+\\.)*\(name)`")), "\(name) has no line")
        }
    }

    @Test("Each algorithm that is offered has its name in Docs/Protocol.md")
    func algorithms() throws {
        let listed = try text("Docs/Protocol.md")
        let names =
            KeyExchangeAlgorithm.allCases.map(\.rawValue) + SignatureAlgorithm.allCases.map(\.rawValue)
            + CipherAlgorithm.allCases.map(\.rawValue) + MACAlgorithm.allCases.map(\.rawValue)
        for name in names { #expect(listed.contains("`\(name)`"), "\(name) is not there") }
    }

    @Test("Links within the documentation lead somewhere, and each decision is numbered once")
    func links() throws {
        let link = /\]\(([^)#:]+)\)/
        var count = 0
        for path in try ["README.md"] + files(under: "Docs", suffix: ".md") {
            let folder = (path as NSString).deletingLastPathComponent
            for match in try text(path).matches(of: link) {
                let target = Readme.root + "/" + (folder.isEmpty ? "" : folder + "/") + match.output.1
                #expect(FileManager.default.fileExists(atPath: target), "\(path): \(match.output.1)")
                count += 1
            }
        }
        #expect(count > 20)
        let numbers = try files(under: "Docs/Decisions", suffix: ".md").map {
            ($0 as NSString).lastPathComponent.prefix(4)
        }
        #expect(Set(numbers).count == numbers.count)
        #expect(numbers.allSatisfy { Int($0) != nil })
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOfFile: Readme.root + "/" + path, encoding: .utf8)
    }

    private func files(under folder: String, suffix: String) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: Readme.root + "/" + folder)
            .filter { $0.hasSuffix(suffix) }.map { folder + "/" + $0 }
    }
}
