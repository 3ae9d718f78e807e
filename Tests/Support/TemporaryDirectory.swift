import Foundation
import Synchronization

/// A folder of a test's own, gone with its last reference, or with this process.
package final class TemporaryDirectory: Sendable {
    package let path: String

    /// Makes it in `parent`, by default where temporary files lie; if public, others may enter it, as a server's user must.
    package init(in parent: String? = nil, isPublic: Bool = false) throws {
        let base = parent ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        var template = Array((base + "/fairlead-test.XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw systemError("mkdtemp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if isPublic { chmod(path, 0o755) }
        _ = Self.removesAtExit
        Self.present.withLock { _ = $0.insert(path) }
    }

    deinit {
        Self.present.withLock { _ = $0.remove(path) }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Those that still exist: what a run shares has no last reference.
    private static let present = Mutex<Set<String>>([])
    private static let removesAtExit = atexit {
        for path in TemporaryDirectory.present.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }

    package func file(_ name: String) -> String {
        path + "/" + name
    }

    /// Writes a file and gives its path.
    @discardableResult
    package func write(_ text: String, to name: String, mode: mode_t = 0o600) throws -> String {
        try write(Array(text.utf8), to: name, mode: mode)
    }

    @discardableResult
    package func write(_ bytes: [UInt8], to name: String, mode: mode_t = 0o600) throws -> String {
        let path = file(name)
        if mode & 0o111 == 0 {
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        } else {
            let text = file(".text-" + UUID().uuidString)
            try Data(bytes).write(to: URL(fileURLWithPath: text))
            defer { unlink(text) }
            try copyProgram(text, to: path)
        }
        guard chmod(path, mode) == 0 else { throw systemError("chmod \(path)") }
        return path
    }

    @discardableResult
    package func makeFolder(_ name: String, mode: mode_t = 0o700) throws -> String {
        let path = file(name)
        guard mkdir(path, mode) == 0, chmod(path, mode) == 0 else { throw systemError("mkdir \(path)") }
        return path
    }

    package func bytes(of name: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: file(name))))
    }

    package func text(of name: String) throws -> String {
        String(decoding: try bytes(of: name), as: UTF8.self)
    }
}
