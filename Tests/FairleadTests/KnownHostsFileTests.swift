import Foundation
import SSHIdentity
import TestSupport
import Testing

@testable import Fairlead

/// Writing known_hosts while it is locked, full, linked, or somebody else's.
@Suite struct KnownHostsFileTests {
    private let folder: TemporaryDirectory
    private let path: String
    private static let first = "first.example ssh-ed25519 AAAA\n"
    private static let second = "second.example ssh-ed25519 BBBB\n"

    init() throws {
        folder = try TemporaryDirectory()
        path = folder.file("known_hosts")
    }

    private func append(_ text: String) throws {
        try KnownHostsFile.append(line: Array(text.utf8), to: path)
    }

    private func edit(_ path: String, _ text: String?) throws -> String? {
        try KnownHostsFile.edit(path) { _ in text.map { Array($0.utf8) } }
    }

    @Test("a file that stays locked is reported and left as it is, and nobody waits for ever")
    func locked() throws {
        try folder.write(Self.first, to: "known_hosts")
        // Reading is enough to lock.
        let holder = open(path, O_RDONLY | O_CLOEXEC)
        try #require(holder >= 0 && flock(holder, LOCK_EX) == 0)
        #expect(throws: PlatformFiles.Failure.system(EWOULDBLOCK)) { try append(Self.second) }
        #expect(throws: PlatformFiles.Failure.system(EWOULDBLOCK)) { try edit(path, Self.second) }
        #expect(try folder.text(of: "known_hosts") == Self.first)
        close(holder)
        try append(Self.second)
        #expect(try folder.text(of: "known_hosts") == Self.first + Self.second)
    }

    @Test("a lock on a file that was replaced meanwhile is no lock: the line lands in the new file")
    func replaced() async throws {
        try folder.write(Self.first, to: "known_hosts")
        let holder = open(path, O_RDONLY | O_CLOEXEC)
        try #require(holder >= 0 && flock(holder, LOCK_EX) == 0)
        let path = path
        let writer = Thread { try? KnownHostsFile.append(line: Array(Self.second.utf8), to: path) }
        writer.start()
        try folder.write("new\n", to: "next")
        try #require(rename(folder.file("next"), path) == 0)
        close(holder)
        _ = try await poll(for: "the line") { try folder.text(of: "known_hosts") == "new\n" + Self.second ? true : nil }
    }

    @Test("LF-04 an edit leaves the file as it was beside it, and nothing else")
    func edited() throws {
        try folder.write(Self.first, to: "known_hosts", mode: 0o640)
        #expect(try edit(path, Self.second) == path + ".old")
        #expect(try folder.text(of: "known_hosts") == Self.second)
        #expect(try folder.text(of: "known_hosts.old") == Self.first)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.sorted() == ["known_hosts", "known_hosts.old"])
        for name in names { #expect(try status(folder.file(name)).st_mode & 0o777 == 0o640) }
    }

    @Test("an edit that wants no change makes none, and one of no file says so")
    func untouched() throws {
        #expect(throws: PlatformFiles.Failure.missing) { try edit(path, Self.second) }
        try folder.write(Self.first, to: "known_hosts")
        let before = try status(path)
        #expect(try edit(path, nil) == nil)
        #expect(try status(path).st_ino == before.st_ino)
        #expect(access(path + ".old", F_OK) != 0)
    }

    @Test("LF-05 a symbolic link stays one, whoever writes; what it leads to is written")
    func link() throws {
        let deep = try folder.makeFolder("deep")
        let target = try folder.write(Self.first, to: "deep/hosts", mode: 0o600)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "deep/hosts")
        try append(Self.second)
        #expect(try folder.text(of: "deep/hosts") == Self.first + Self.second)
        // The system may have its own links before the folder.
        #expect(try edit(path, "new\n")?.hasSuffix("/deep/hosts.old") == true)
        #expect(try folder.text(of: "deep/hosts") == "new\n")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == "deep/hosts")
        #expect(try FileManager.default.contentsOfDirectory(atPath: deep).sorted() == ["hosts", "hosts.old"])
        #expect(access(target, F_OK) == 0)
    }

    @Test("LF-05 a file keeps its owner when another may edit it", .enabled(if: geteuid() == 0))
    func owner() throws {
        try folder.write(Self.first, to: "known_hosts")
        try #require(chown(path, 12345, 23456) == 0)
        _ = try edit(path, Self.second)
        for name in ["known_hosts", "known_hosts.old"] {
            let status = try status(folder.file(name))
            #expect(status.st_uid == 12345 && status.st_gid == 23456)
        }
    }

    @Test("a directory, a FIFO and a device are not edited, and nobody waits for them")
    func noFile() throws {
        #expect(throws: PlatformFiles.Failure.system(EISDIR)) { try edit(folder.path, Self.second) }
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: PlatformFiles.Failure.notRegular) { try edit(path, Self.second) }
        #expect(throws: PlatformFiles.Failure.notRegular) { try edit("/dev/null", Self.second) }
        try KnownHostsFile.append(line: Array(Self.first.utf8), to: "/dev/null")
    }

    @Test("LF-01: a FIFO, a directory, a gigabyte, no file, an empty and an unreadable one are told apart at once")
    func reading() async throws {
        func read(_ path: String) throws(PlatformFiles.Failure) -> [UInt8] {
            try PlatformFiles.read(path, upTo: KnownHosts.maximumByteCount)
        }
        #expect(throws: PlatformFiles.Failure.missing) { try read(path) }
        #expect(throws: PlatformFiles.Failure.missing) { try read(path + "/below") }
        #expect(throws: PlatformFiles.Failure.directory) { try read(folder.path) }
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: PlatformFiles.Failure.notRegular) { try read(path) }
        let huge = try folder.write("", to: "huge")
        try #require(truncate(huge, 1 << 30) == 0)
        #expect(throws: PlatformFiles.Failure.tooLarge) { try read(huge) }
        let empty = try folder.write("", to: "empty")
        #expect(try read(empty).isEmpty)
        #expect(try read("/dev/null").isEmpty)
        let open = try TemporaryDirectory(isPublic: true)
        let secret = try open.write(Self.first, to: "unreadable", mode: 0)
        await #expect(processExitsWith: .success) { [path = secret as String] in
            if geteuid() == 0 { try #require(setuid(65534) == 0) }
            #expect(throws: PlatformFiles.Failure.system(EACCES)) {
                try PlatformFiles.read(path, upTo: KnownHosts.maximumByteCount)
            }
        }
    }

    @Test(
        "G9 a part of a line is cut off again, unless somebody wrote behind it: then it is a comment", arguments: 1...9)
    func fragment(count: Int) throws {
        for follower in ["", Self.second] {
            try folder.write(Self.first, to: "known_hosts")
            let descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
            let other = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
            try #require(descriptor >= 0 && other >= 0)
            #expect(write(descriptor, "\nthird.example", count) == count)
            #expect(write(other, follower, follower.utf8.count) == follower.utf8.count)
            KnownHostsFile.takeBack(count, from: descriptor)
            close(descriptor)
            close(other)
            let text = try folder.text(of: "known_hosts")
            #expect(text.hasPrefix(Self.first) && text.hasSuffix(follower))
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(lines.count == (follower.isEmpty ? 1 : 2))
            #expect(text.utf8.count == (Self.first + follower).utf8.count + (follower.isEmpty ? 0 : count))
        }
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(path, &status) == 0)
        return status
    }
}
