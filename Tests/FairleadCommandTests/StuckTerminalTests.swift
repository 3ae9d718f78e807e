import Foundation
import TestSupport
import Testing

/// A terminal that takes no more output, and one that was typed on too early.
@Suite(.serialized, .enabled(if: geteuid() == 0)) struct StuckTerminalTests {
    @Test("a signal ends a session whose terminal takes no output", arguments: [SIGTERM, SIGHUP])
    func signal(number: Int32) async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(["-t"], "yes")
        try await terminal.read(until: "y\r\ny\r\n")
        let descriptor = open("/proc/\(terminal.identifier)/fd/0", O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        try #require(tcflow(descriptor, TCOOFF) == 0)
        // Once nothing comes any more, a thread is held up in its write.
        var silence = 0
        try await poll(for: "the output to stop", within: .seconds(120)) {
            silence = terminal.readAvailable().isEmpty ? silence + 1 : 0
            return silence > 30 ? () : nil
        }
        terminal.send(number)
        try await terminal.expectEnd(.status(255))
    }

    @Test("what was typed before the question about a host does not answer it")
    func typedAhead() async throws {
        let desk = try await Desk()
        let terminal = try desk.sit(desk.asking, "true")
        try terminal.write("yes\n")
        try await terminal.read(until: "(yes/no/[fingerprint])? ")
        try terminal.write("no\n")
        try await terminal.expectEnd(.status(255))
        #expect(desk.knownHosts == nil)
    }
}
