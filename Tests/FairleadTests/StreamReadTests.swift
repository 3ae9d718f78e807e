import Foundation
import NIOCore
import TestSupport
import Testing

@testable import Fairlead

@Suite struct StreamReadTests {
    @Test("the end of a file is its end, whatever went wrong on the thread before")
    func endOfFile() throws {
        let wake = try #require(PlatformStreams.WakePipe())
        defer { wake.close() }
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var buffer = ByteBuffer()
        for number in [EAGAIN, EINTR, 0] {
            errno = number
            let input = PlatformStreams.read(file, wakeDescriptor: wake.readEnd, upTo: 10, into: &buffer)
            guard case .end = input else {
                Issue.record("\(input) after \(number)")
                continue
            }
        }
    }
}
