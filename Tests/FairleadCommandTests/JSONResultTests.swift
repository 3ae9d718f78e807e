import Fairlead
import Foundation
import NIOCore
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

    @Test("F1: no byte of the object drives a terminal, and programs read what was there")
    func harmless() throws {
        let text = "\u{1B}[31m\u{9B}31m\u{7F}\u{202E}e\u{301}\u{1F600}\u{E0001}\t\r\n\"\\"
        var result = JSONResult()
        result.stdout = JSONResult.Bytes(ByteBuffer(string: text + String(repeating: ".", count: 40)), isCut: false)
        let line = result.line
        #expect(line.last == 0x0A && !line.dropLast().contains { $0 < 0x20 || $0 == 0x7F })
        let scalars = String(decoding: line, as: UTF8.self).unicodeScalars
        #expect(!scalars.contains { "\u{9B}\u{202E}\u{E0001}".unicodeScalars.contains($0) })
        let object = try #require(JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        let shown = try #require((object["stdout"] as? [String: Any])?["text"] as? String)
        #expect(Array(shown.utf8) == Array((text + String(repeating: ".", count: 40)).utf8))
    }

    @Test("what is full of controls is no text: it goes as base64, and does not grow sixfold")
    func controls() throws {
        let zeros = JSONResult.Bytes(ByteBuffer(repeating: 0, count: 3000), isCut: false)
        #expect(zeros.text == nil && zeros.base64 == String(repeating: "A", count: 4000))
        for text in ["\u{7F}", "\u{9B}", "\u{202E}", "\u{E0001}"] {
            let full = JSONResult.Bytes(ByteBuffer(string: String(repeating: text, count: 1000)), isCut: false)
            #expect(full.text == nil && full.base64 != nil)
        }
        let lines = JSONResult.Bytes(ByteBuffer(string: "a\n\t\r\n"), isCut: false)
        #expect(lines.text == "a\n\t\r\n" && lines.base64 == nil)
    }

    @Test("every stage that an error can have is in the description of the object, in the order of its exit codes")
    func stages() throws {
        let text = try Self.description()
        let list = SSHError.Stage.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        #expect(text.contains(list))
        #expect(ExitCode.table.map(\.code) == Array(240...249))
    }
}
