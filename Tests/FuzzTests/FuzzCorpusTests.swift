import Foundation
import FuzzTargets
import Testing

/// What fuzzing started from and what it found, for ever.
@Suite struct FuzzCorpusTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fuzz")

    static func files(_ kind: String, of target: FuzzTarget) throws -> [URL] {
        let place = folder.appendingPathComponent(kind).appendingPathComponent(target.rawValue)
        guard FileManager.default.fileExists(atPath: place.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: place, includingPropertiesForKeys: nil)
    }

    @Test("Every seed and every input that once stopped a reader is read without a trap", arguments: FuzzTarget.real)
    func replay(target: FuzzTarget) throws {
        let seeds = try Self.files("Corpus", of: target)
        #expect(!seeds.isEmpty)
        for file in seeds + (try Self.files("Crashes", of: target)) {
            let bytes = [UInt8](try Data(contentsOf: file))
            target.run(bytes)
            // The parts of it that a length field may cut off.
            for count in stride(from: 0, to: bytes.count, by: 1 + bytes.count / 8) {
                target.run([UInt8](bytes[..<count]))
            }
        }
    }

    @Test("The planted bug stops the process")
    func planted() async {
        await #expect(processExitsWith: .failure) { FuzzTarget.planted.run([0xF4, 0x6C, 3, 0]) }
    }
}
