import Foundation
import SSHIdentity
import TestSupport
import Testing

@testable import Fairlead

/// Many processes that write one known_hosts, killed, refused and short of room.
@Suite(.serialized) struct KnownHostsWritersTests {
    private let folder: TemporaryDirectory
    private let path: String
    private static let first = "first.example ssh-ed25519 AAAA\n"

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("known_hosts")
    }

    @Test("LF-03, G9: 64 processes that add 200 lines each, and edit, lose no line and tear none")
    func writers() async throws {
        try folder.write(Self.first, to: "known_hosts")
        await withTaskGroup(of: Void.self) { group in
            for process in 0..<64 {
                group.addTask { [path] in
                    await #expect(processExitsWith: .success) {
                        [path = path as String, process = process as Int] in
                        for number in 0..<200 {
                            try Writer.append(process, number, to: path)
                            // Every eighth process takes some lines of its own back.
                            if process % 8 == 0, number % 200 == 100 {
                                let isRemoved = try Writer.remove(process, number, from: path)
                                #expect(isRemoved)
                            }
                        }
                    }
                }
            }
        }
        var expected: Set<String> = [String(Self.first.dropLast())]
        for process in 0..<64 {
            for number in 0..<200 where process % 8 != 0 || number % 200 != 100 {
                expected.insert(String(Writer.line(process, number).dropLast()))
            }
        }
        let text = try folder.text(of: "known_hosts")
        let lines = text.split(separator: "\n").map(String.init)
        #expect(text.hasSuffix("\n"))
        #expect(lines.count == expected.count)
        let isSame = Set(lines) == expected
        #expect(isSame)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.sorted() == ["known_hosts", "known_hosts.old"])
    }

    @Test("LF-04: of 200 writers killed at any moment, none tears a line, loses another's, or one that it had reported")
    func killed() async throws {
        try folder.write(Self.first, to: "known_hosts")
        try folder.makeFolder("journal")
        for round in 0..<20 {
            await withTaskGroup(of: Void.self) { group in
                for process in (round * 10)..<(round * 10 + 10) {
                    group.addTask { [path, folder] in
                        let journal = folder.file("journal/\(process)")
                        await #expect(processExitsWith: .signal(SIGKILL)) {
                            [path = path as String, journal = journal as String, process = process as Int] in
                            try Writer.writeUntilKilled(process, path: path, journal: journal)
                        }
                    }
                }
            }
        }
        let lines = try folder.text(of: "known_hosts").split(separator: "\n").map(String.init)
        #expect(Set(lines).count == lines.count)
        var present = Set(lines)
        #expect(present.remove(String(Self.first.dropLast())) != nil)
        var reports = 0
        for process in 0..<200 {
            let journal = (try? folder.text(of: "journal/\(process)")) ?? ""
            for report in journal.split(separator: "\n") {
                reports += 1
                let number = try #require(Int(report.dropFirst()))
                let line = String(Writer.line(process, number).dropLast())
                // One that was taken back is gone, one that was added is there.
                if report.first == "-" { #expect(!present.contains(line)) }
                if report.first == "+", !journal.contains("-\(number)\n") {
                    let isThere = present.contains(line)
                    #expect(isThere || journal.hasSuffix("?\(number)\n"), "\(process) \(number)")
                }
            }
        }
        #expect(reports > 300)
        let whole = try Regex("w[0-9]+-[0-9]+\\.example ssh-ed25519 A{80}=")
        for line in present { #expect(line.wholeMatch(of: whole) != nil) }
    }

    @Test("LF-02: a limit of a file's size stops a line and an edit without a signal, and leaves the file as it was")
    func sizeLimit() async throws {
        try folder.write(Self.first, to: "known_hosts")
        await #expect(processExitsWith: .success) { [path = path as String] in
            var limit = rlimit(rlim_cur: 40, rlim_max: 40)
            #if canImport(Glibc)
                try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
            #else
                try #require(setrlimit(RLIMIT_FSIZE, &limit) == 0)
            #endif
            #expect(throws: PlatformFiles.Failure.system(EFBIG)) { try Writer.append(1, 1, to: path) }
            #expect(throws: PlatformFiles.Failure.system(EFBIG)) {
                try KnownHostsFile.edit(path) { $0 + Array(Writer.line(1, 1).utf8) }
            }
        }
        #expect(try folder.text(of: "known_hosts") == Self.first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["known_hosts"])
    }

    @Test(
        "LF-02, LF-05: what another user may only read is neither extended nor replaced, behind a link either",
        .enabled("as root, who can become another") { geteuid() == 0 })
    func readOnly() async throws {
        let open = try TemporaryDirectory(isPublic: true)
        let names = ["known_hosts", "link"]
        try open.write(Self.first, to: "known_hosts", mode: 0o644)
        try FileManager.default.createSymbolicLink(atPath: open.file("link"), withDestinationPath: "known_hosts")
        for mode in [0o755, 0o777] as [mode_t] {
            try #require(chmod(open.path, mode) == 0)
            for path in names.map(open.file) {
                await #expect(processExitsWith: .success) { [path = path as String] in
                    try #require(setgid(65534) == 0 && setuid(65534) == 0)
                    #expect(throws: PlatformFiles.Failure.system(EACCES)) { try Writer.append(1, 1, to: path) }
                    #expect(throws: PlatformFiles.Failure.system(EACCES)) { try KnownHostsFile.edit(path) { _ in [] } }
                }
            }
            #expect(try open.text(of: "known_hosts") == Self.first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: open.path).sorted() == names)
        }
    }
}

/// What a writing process does.
private enum Writer {
    static func line(_ process: Int, _ number: Int) -> String {
        "w\(process)-\(number).example ssh-ed25519 \(String(repeating: "A", count: 80))=\n"
    }

    static func append(_ process: Int, _ number: Int, to path: String) throws {
        // Who waits too long for the lock is told so, and has lost nothing: it tries again.
        while true {
            do throws(PlatformFiles.Failure) {
                return try KnownHostsFile.append(line: Array(line(process, number).utf8), to: path)
            } catch {
                guard error == .system(EWOULDBLOCK) else { throw error }
            }
        }
    }

    /// Whether the line was there.
    static func remove(_ process: Int, _ number: Int, from path: String) throws -> Bool {
        let line = Data(line(process, number).utf8)
        while true {
            do throws(PlatformFiles.Failure) {
                return try KnownHostsFile.edit(path) { contents in
                    var contents = Data(contents)
                    guard let range = contents.range(of: line) else { return nil }
                    contents.removeSubrange(range)
                    return Array(contents)
                } != nil
            } catch {
                guard error == .system(EWOULDBLOCK) else { throw error }
            }
        }
    }

    /// Reports each line that was added (`+`), is about to be taken back (`?`) and was taken back (`-`).
    static func writeUntilKilled(_ process: Int, path: String, journal: String) throws {
        let descriptor = open(journal, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        func report(_ text: String) { _ = write(descriptor, text, text.utf8.count) }
        let delay = UInt32.random(in: 0..<60_000)
        Thread.detachNewThread {
            usleep(delay)
            kill(getpid(), SIGKILL)
        }
        for number in 0... {
            try append(process, number, to: path)
            report("+\(number)\n")
            guard number % 3 == 2 else { continue }
            report("?\(number)\n")
            if try remove(process, number, from: path) { report("-\(number)\n") }
        }
    }
}
