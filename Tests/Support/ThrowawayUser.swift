import Foundation
import Synchronization

/// A user of this machine that exists for one test.
///
/// Only root can make one. Gone with its last reference, and with this
/// process.
package final class ThrowawayUser: Sendable {
    package let name: String
    package let password: String
    package let home: TemporaryDirectory
    private let watchdog: Watchdog

    /// Whether this machine and this user allow it; for `.enabled(if:)`.
    package static var isPossible: Bool {
        #if os(Linux)
            geteuid() == 0 && isInstalled("useradd", "userdel", "chpasswd")
        #else
            false
        #endif
    }

    package static func create(password: String = "correct horse 7 battery") async throws -> ThrowawayUser {
        guard isPossible else { throw SupportError.needsRoot("a throwaway user") }
        let user = try ThrowawayUser(password: password)
        try await user.register()
        return user
    }

    private static let counter = Mutex(0)

    private init(password: String) throws {
        let number = Self.counter.withLock { counter in
            counter += 1
            return counter
        }
        name = "flt\(getpid())x\(number)"
        self.password = password
        // Not in /tmp: tinysshd refuses a home below a folder that others can write.
        home = try TemporaryDirectory(in: "/home", isPublic: true)
        // Another run may hold the lock of the password file for a moment.
        watchdog = try Watchdog(
            """
            pkill -9 -u '\(name)' 2>/dev/null
            for try in 1 2 3 4 5 6 7 8 9 10; do
                userdel -f '\(name)' 2>/dev/null; id '\(name)' >/dev/null 2>&1 || break; sleep 0.2
            done
            rm -rf '\(home.path)'
            """)
    }

    deinit {
        watchdog.bark()
    }

    /// The password file has one lock, and who finds it taken gives up at once: so we try again.
    private func register() async throws {
        try await retry("useradd", ["-M", "-N", "-d", home.path, "-s", "/bin/sh", name], input: "")
        try await retry("chpasswd", ["-c", "SHA512"], input: "\(name):\(password)\n")
        guard let entry = getpwnam(name), chown(home.path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else {
            throw systemError("chown \(home.path)")
        }
        chmod(home.path, 0o755)
    }

    private func retry(_ program: String, _ arguments: [String], input: String) async throws {
        var last = ""
        for _ in 0..<300 {
            let result = try await RunningProcess.run(program, arguments) { $0.input = .bytes(Array(input.utf8)) }
            if result.exit == .status(0) { return }
            last = "\(program): \(result.exit) \(result.errorText)"
            try await Task.sleep(for: .milliseconds(100))
        }
        throw SupportError.commandFailed(last)
    }

    /// Lets these keys log in, for servers that read `~/.ssh/authorized_keys`.
    package func authorize(_ keys: [KeyPair]) throws {
        let folder = home.file(".ssh")
        mkdir(folder, 0o755)
        try home.write(keys.map { $0.publicLine + "\n" }.joined(), to: ".ssh/authorized_keys", mode: 0o644)
        guard let entry = getpwnam(name) else { throw systemError("getpwnam \(name)") }
        for path in [folder, folder + "/authorized_keys"] {
            guard chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) == 0 else { throw systemError("chown") }
        }
    }
}
