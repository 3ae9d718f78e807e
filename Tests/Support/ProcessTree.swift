import Foundation

/// Who descends from whom, as `/proc` shows it.
package enum ProcessTree {
    /// The process's children, their children and so on; empty where there is no `/proc`.
    package static func descendants(of root: pid_t) -> [pid_t] {
        var children: [pid_t: [pid_t]] = [:]
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        for identifier in names.compactMap({ pid_t($0) }) {
            guard let parent = parent(of: identifier) else { continue }
            children[parent, default: []].append(identifier)
        }
        var found: [pid_t] = []
        var next = children[root] ?? []
        while let identifier = next.popLast() {
            found.append(identifier)
            next += children[identifier] ?? []
        }
        return found
    }

    /// Whether the process still runs; one that ended and was not waited for does not.
    package static func isRunning(_ identifier: pid_t) -> Bool {
        #if os(Linux)
            let state = fields(of: "\(identifier)")?.first
            return state != nil && state != "Z" && state != "X"
        #else
            return kill(identifier, 0) == 0
        #endif
    }

    /// Whether a thread of the process runs, or would if there were a processor for it; false where there is no `/proc`.
    package static func isAtWork(_ identifier: pid_t) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/task")) ?? []
        return threads.contains { thread in
            let state = pid_t(thread).flatMap { fields(of: "\(identifier)/task/\($0)") }?.first
            return state == "R" || state == "D"
        }
    }

    private static func parent(of identifier: pid_t) -> pid_t? {
        guard let fields = fields(of: "\(identifier)"), fields.count > 1 else { return nil }
        return pid_t(fields[1])
    }

    /// The fields of `stat` after the second, which is a name in parentheses that may hold anything: state, parent, ….
    private static func fields(of path: String) -> [Substring]? {
        guard let text = try? String(contentsOfFile: "/proc/\(path)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        return text[end...].dropFirst().split(separator: " ")
    }
}
