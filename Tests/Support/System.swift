import Foundation

func errorText(_ number: Int32) -> String {
    String(cString: strerror(number))
}

func systemError(_ call: String) -> SupportError {
    .system(call: call, errno: errno)
}

/// The program's path: a path as it is, a name from where Debian and Homebrew keep programs.
package func programPath(_ name: String) throws -> String {
    if name.contains("/") { return name }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
    for folder in folders + ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"] {
        let path = folder + "/" + name
        if access(path, X_OK) == 0 { return path }
    }
    throw SupportError.missingProgram(name)
}

/// Whether every one of these programs is installed; for `.enabled(if:)`.
package func isInstalled(_ names: String...) -> Bool {
    names.allSatisfy { (try? programPath($0)) != nil }
}

/// The name of the user that runs the tests, from the password file as ssh takes it.
package func currentUserName() -> String { userName }

/// Asked once: the answer is in memory that all threads share.
private let userName = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"

/// A small environment of our own: nothing of the developer's reaches what runs in it.
package func plainEnvironment(home: String, _ more: [String: String] = [:]) -> [String: String] {
    let base = [
        "HOME": home, "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "LANG": "C.UTF-8",
        "USER": currentUserName(), "LOGNAME": currentUserName(), "SHELL": "/bin/sh",
    ]
    // Programs that a sanitizer watches are told what it is not to mind.
    return base.merging(sanitizerOptions) { $1 }.merging(more) { $1 }
}

/// Empty but where `Scripts/sanitize` runs the tests.
package let sanitizerOptions = ProcessInfo.processInfo.environment.filter {
    $0.key == "ASAN_OPTIONS" || $0.key == "TSAN_OPTIONS"
}

/// Asks every few milliseconds until the answer is there or the time is over.
package func poll<Answer>(
    for what: String, within limit: Duration = .seconds(60), soFar: () -> String = { "" },
    _ question: () throws -> Answer?
) async throws -> Answer {
    let end = ContinuousClock.now + limit
    while true {
        if let answer = try question() { return answer }
        guard ContinuousClock.now < end else { throw SupportError.deadline(waitingFor: what, soFar: soFar()) }
        try await Task.sleep(for: .milliseconds(3))
    }
}

/// Writes everything, whatever the descriptor takes at a time.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = Foundation.poll(&entry, 1, 100)
        } else if errno != EINTR {
            throw systemError("write")
        }
    }
}

/// Reads once; empty at the end.
func readSome(_ descriptor: Int32) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
        let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
        if count > 0 { return Array(bytes.prefix(count)) }
        if count < 0 && (errno == EINTR || errno == EAGAIN) { continue }
        return []
    }
}
