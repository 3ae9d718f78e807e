import CSupport
import Foundation

/// What a process holds in memory, looked through by root from outside: also what it freed and did not wipe.
package enum MemoryScan {
    /// Only root reads a process that hides itself, and only Linux has `/proc`.
    package static var isPossible: Bool {
        #if os(Linux)
            geteuid() == 0
        #else
            false
        #endif
    }

    /// How often each of these byte strings lies somewhere in the process's memory; what is nowhere is left out.
    package static func occurrences(of wanted: [String: [UInt8]], in process: pid_t) async throws -> [String: Int] {
        // It takes seconds, which no test's thread may.
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try occurrencesNow(of: wanted, in: process) })
            }
        }
    }

    /// The same on the caller's own thread.
    package static func occurrencesNow(of wanted: [String: [UInt8]], in process: pid_t) throws -> [String: Int] {
        let names = wanted.keys.sorted()
        var storage: [UnsafeMutableBufferPointer<UInt8>] = []
        defer { for bytes in storage { bytes.deallocate() } }
        var needles: [support_needle] = []
        for name in names {
            let bytes = wanted[name] ?? []
            precondition((8...4096).contains(bytes.count), "too short to mean anything, or too long")
            let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: bytes.count)
            _ = copy.initialize(fromContentsOf: bytes)
            storage.append(copy)
            needles.append(support_needle(bytes: copy.baseAddress, size: bytes.count, count: 0))
        }
        var scannedByteCount = 0
        let result = support_scan_memory(process, &needles, needles.count, &scannedByteCount)
        guard result == 0 else { throw SupportError.system(call: "scan memory of \(process)", errno: result) }
        guard scannedByteCount > 1 << 20 else { throw SupportError.commandFailed("no memory to scan") }
        let counts = zip(names, needles).map { ($0, Int($1.count)) }
        return Dictionary(uniqueKeysWithValues: counts.filter { $0.1 > 0 })
    }
}

extension KeyPair {
    /// The secret parts of the key, as they stand in OpenSSH's file and the other way round, as libraries keep numbers.
    package var secretParts: [String: [UInt8]] {
        get throws {
            let lines = privateText.split(separator: "\n").dropFirst().dropLast()
            guard let content = Data(base64Encoded: lines.joined()) else {
                throw SupportError.commandFailed("not a key file of OpenSSH")
            }
            var fields = Fields(bytes: [UInt8](content.dropFirst(15)))
            for _ in 0..<3 { _ = fields.next() }
            fields.skip(4)
            _ = fields.next()
            var section = Fields(bytes: fields.next())
            section.skip(8)
            _ = section.next()
            let names =
                switch kind {
                case .ed25519: ["", "seed"]
                case .ecdsa, .ecdsa384, .ecdsa521: ["", "", "scalar"]
                case .rsa: ["", "", "d", "iqmp", "p", "q"]
                }
            var parts: [String: [UInt8]] = [:]
            for name in names {
                let field = section.next()
                guard !name.isEmpty else { continue }
                // A seed has its public half behind it; a number may have a zero in front.
                let number = name == "seed" ? Array(field.prefix(32)) : Array(field.drop { $0 == 0 })
                // Any sixteen bytes of it are too many.
                for start in stride(from: 0, through: number.count - 16, by: 8) {
                    let part = Array(number[start..<start + 16])
                    parts["\(name) from \(start)"] = part
                    parts["\(name) from \(start), backwards"] = part.reversed()
                }
            }
            return parts
        }
    }

    private struct Fields {
        var bytes: [UInt8]

        mutating func skip(_ count: Int) {
            bytes.removeFirst(min(count, bytes.count))
        }

        mutating func next() -> [UInt8] {
            let length = bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            skip(4)
            defer { skip(length) }
            return Array(bytes.prefix(length))
        }
    }
}
