import Foundation

/// `Tests/Faults/shim.c`, which goes before libc in a program's calls to the system and lets one of them fail; Linux only.
package final class FaultShim: Sendable {
    /// Which call fails, how, and the how manieth of its kind; 0 is every second one, -1 each.
    package struct Fault: Sendable, CustomStringConvertible {
        package let call: String
        package let number: Int32
        package let nth: Int

        package init(call: String, number: Int32, nth: Int) {
            (self.call, self.number, self.nth) = (call, number, nth)
        }

        package var description: String { "\(call) \(nth): \(errorText(number))" }

        /// What the shim reads.
        package var environment: [String: String] {
            ["FAULT_CALL": call, "FAULT_ERRNO": String(number), "FAULT_NTH": String(nth)]
        }
    }

    /// How often each call was made, and how many were made to fail.
    package struct Counts: Sendable {
        package private(set) var calls: [String: Int] = [:]
        package private(set) var failedCount = 0

        init(_ table: [UInt8]) {
            for start in stride(from: 0, to: table.count - 31, by: 32) {
                let name = String(decoding: table[start..<start + 24].prefix { $0 != 0 }, as: UTF8.self)
                let count = table[start + 24..<start + 32].reversed().reduce(0) { $0 << 8 | Int($1) }
                if start == 0 { failedCount = count } else if count > 0 { calls[name] = count }
            }
        }
    }

    package static let isPossible: Bool = {
        #if os(Linux)
            isInstalled("clang") || isInstalled("cc")
        #else
            false
        #endif
    }()

    /// One for the whole run.
    package static var shared: FaultShim { get async throws { try await made.value } }

    private static let made = Task { try await FaultShim() }
    private let folder: TemporaryDirectory

    private init() async throws {
        folder = try TemporaryDirectory(isPublic: true)
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Faults/shim.c").path
        try await RunningProcess.runSuccessfully(
            isInstalled("clang") ? "clang" : "cc",
            ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-o", path, source]
        ) { $0.environment = plainEnvironment(home: folder.path) }
    }

    private var path: String { folder.file("shim.so") }

    /// Puts the shim before a program; with a folder, the counts are kept there.
    package func precede(
        _ plan: inout RunningProcess.Plan, _ environment: [String: String] = [:],
        counting folder: TemporaryDirectory? = nil
    ) {
        plan.environment["LD_PRELOAD"] = path
        plan.environment.merge(environment) { $1 }
        if let folder { plan.environment["FAULT_TABLE"] = folder.file(Self.table) }
    }

    package static func counts(in folder: TemporaryDirectory) -> Counts {
        Counts((try? folder.bytes(of: table)) ?? [])
    }

    private static let table = "calls"
}
