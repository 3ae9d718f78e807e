import HostileRows
import PeerSupport

/// Looks for a row's secrets in what a client sends, whatever it is cut into.
struct CanaryWatch {
    private static let canaries = [ClientScript.user, ClientScript.password, HostileRow.command]
    private static let longest = canaries.map(\.count).max() ?? 0

    private(set) var hasFound = false
    private var last: [UInt8] = []

    mutating func read(_ bytes: [UInt8]) {
        let text = last + bytes
        hasFound = hasFound || Self.canaries.contains { Self.contains(text, $0) }
        last = text.suffix(Self.longest - 1)
    }

    private static func contains(_ bytes: [UInt8], _ needle: [UInt8]) -> Bool {
        guard let first = needle.first, bytes.count >= needle.count else { return false }
        return bytes.indices.dropLast(needle.count - 1).contains { index in
            bytes[index] == first && bytes[index..<index + needle.count].elementsEqual(needle)
        }
    }
}
