import Foundation

/// What this process holds of the system.
package struct ProcessCounts: Sendable, CustomStringConvertible {
    package var descriptors = Int.max
    package var threads = Int.max
    /// Resident, in bytes.
    package var memory = Int.max

    package init() {}

    package static func now() throws -> ProcessCounts {
        var counts = ProcessCounts()
        counts.descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        counts.threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        counts.memory = (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
        return counts
    }

    /// Once what closes a little later has closed: no more than before, or, past a moment, as it is.
    package static func settled(below before: ProcessCounts? = nil) async throws -> ProcessCounts {
        var last = try now()
        var looks = 0
        for _ in 0..<1000 {
            try await Task.sleep(for: .milliseconds(5))
            let next = try now()
            looks = next.descriptors == last.descriptors && next.threads == last.threads ? looks + 1 : 0
            last = next
            if let before, next.descriptors <= before.descriptors, next.threads <= before.threads { break }
            if before == nil, looks == 20 { break }
        }
        return last
    }

    package var description: String { "\(descriptors) descriptors, \(threads) threads, \(memory / 1024) KiB" }
}
