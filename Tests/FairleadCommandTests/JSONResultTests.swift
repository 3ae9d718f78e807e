import Fairlead
import Foundation
import TestSupport
import Testing

@testable import FairleadCommand

@Suite struct JSONResultTests {
    /// Every kind there is; one more does not compile until it has a place here.
    private static let kinds: [SSHError.Kind] = [
        .timeout, .cancelled, .closed, .disconnected(code: 11), .system(errno: 111), .unknownHost, .notSSH,
        .noCommonAlgorithm, .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .hostKeyInvalid, .denied, .refused,
        .outputLimit, .protocolViolation, .file, .misuse,
    ]

    private static func place(of kind: SSHError.Kind) -> Int {
        switch kind {
        case .timeout: 0
        case .cancelled: 1
        case .closed: 2
        case .disconnected: 3
        case .system: 4
        case .unknownHost: 5
        case .notSSH: 6
        case .noCommonAlgorithm: 7
        case .hostKeyUnknown: 8
        case .hostKeyChanged: 9
        case .hostKeyRevoked: 10
        case .hostKeyInvalid: 11
        case .denied: 12
        case .refused: 13
        case .outputLimit: 14
        case .protocolViolation: 15
        case .file: 16
        case .misuse: 17
        }
    }

    private static func description() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return try String(
            contentsOf: root.deletingLastPathComponent().appendingPathComponent("Docs/JSON.md"), encoding: .utf8)
    }

    @Test("every kind of error has a name of its own, and the description of the object lists them all and no other")
    func kinds() throws {
        #expect(Self.kinds.map(Self.place) == Array(Self.kinds.indices))
        let names = Self.kinds.map(\.name.0)
        #expect(Set(names).count == names.count)
        let text = try Self.description()
        let table = try #require(text.components(separatedBy: "| `kind` |").last?.components(separatedBy: "\n\n").first)
        let rows = table.split(separator: "\n").dropFirst(2).compactMap { $0.split(separator: "|").first }
        let listed = rows.flatMap { row in
            row.split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
        #expect(listed == names)
    }

    @Test("the number that goes with a kind is a field of its own")
    func codes() throws {
        #expect(SSHError.Kind.disconnected(code: 11).name == ("disconnected", 11))
        #expect(SSHError.Kind.system(errno: 111).name == ("system", 111))
        #expect(SSHError.Kind.closed.name == ("closed", nil))
    }

    @Test("every stage that an error can have is in the description of the object, in the order of its exit codes")
    func stages() throws {
        let text = try Self.description()
        let list = SSHError.Stage.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        #expect(text.contains(list))
        #expect(ExitCode.table.map(\.code) == Array(240...249))
    }
}
