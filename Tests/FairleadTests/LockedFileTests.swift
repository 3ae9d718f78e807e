import Foundation
import TestSupport
import Testing

@testable import Fairlead

/// A file that somebody else keeps locked.
@Suite struct LockedFileTests {
    @Test("a known_hosts file that stays locked is reported and left as it is, and nobody waits for ever")
    func locked() throws {
        let folder = try TemporaryDirectory()
        let path = try folder.write("first\n", to: "known_hosts")
        // Reading is enough to lock.
        let holder = open(path, O_RDONLY | O_CLOEXEC)
        try #require(holder >= 0 && flock(holder, LOCK_EX) == 0)
        #expect(throws: PlatformFiles.Failure.system(EWOULDBLOCK)) {
            try PlatformFiles.append(line: Array("second\n".utf8), to: path)
        }
        #expect(try folder.text(of: "known_hosts") == "first\n")
        close(holder)
        try PlatformFiles.append(line: Array("second\n".utf8), to: path)
        #expect(try folder.text(of: "known_hosts") == "first\nsecond\n")
    }
}
