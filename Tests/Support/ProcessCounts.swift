import CSupport
import Foundation

/// What this process holds of the system.
package struct ProcessCounts: Sendable, CustomStringConvertible {
    package var descriptors = Int.max
    package var threads = Int.max
    /// Resident and its own, in bytes: pages of programs and libraries come and go as the system likes.
    package var memory = Int.max
    /// What the allocator gave out and has not got back, in bytes, however it lies in memory.
    package var heap = Int.max

    package init() {}

    /// Without what is free, and the allocator keeps for later: its arenas come to be as large as the most that each ever
    /// held at once, which takes hours.
    package static func trimmed() throws -> ProcessCounts {
        support_release_free_memory()
        return try now()
    }

    package static func now() throws -> ProcessCounts {
        var counts = ProcessCounts()
        counts.descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        counts.threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        let pages = text.split(separator: " ").dropFirst().prefix(2).compactMap { Int($0) }
        if pages.count == 2 { counts.memory = (pages[0] - pages[1]) * 4096 }
        counts.heap = support_heap_byte_count()
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
        // A thread that the runtime started in a rush ends when it has had nothing to do for five seconds: with nothing to
        // wake it, that is.
        for _ in 0..<6 {
            guard let before, last.descriptors > before.descriptors || last.threads > before.threads else { break }
            rest()
            last = try now()
        }
        return last
    }

    private static func rest() {
        sleep(7)
    }

    package var description: String {
        "\(descriptors) descriptors, \(threads) threads, \(memory / 1024) KiB, \(heap / 1024) KiB of them in use"
    }
}
