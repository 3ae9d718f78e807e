import Foundation
import TestSupport
import Testing

/// Programs that the tool starts on its way, and what they find of the tool.
@Suite(.serialized) struct HelperTests {
    enum Helper: String, CaseIterable, Sendable { case askpass, knownHostsCommand, matchExec, localCommand }

    /// The tool's words for it; the same script is all of them.
    private func options(_ helper: Helper, _ path: String, _ desk: Desk) -> [String] {
        switch helper {
        case .askpass: desk.asking
        case .knownHostsCommand: ["-oKnownHostsCommand=\(path)"]
        case .matchExec: []
        case .localCommand: ["-oPermitLocalCommand=yes", "-oLocalCommand=exec \(path)"]
        }
    }

    @Test(
        "TM-16 a program that the tool starts on a terminal finds it as it was, and no descriptor but the standard ones",
        arguments: Helper.allCases)
    func inherits(helper: Helper) async throws {
        let desk = try await Desk()
        let folder = desk.home.path
        // `ls` has the folder itself open besides. The last line is askpass's answer, and a comment for known hosts.
        let path = try desk.home.write(
            """
            #!/bin/sh
            cd '\(folder)'
            stty -g </dev/tty >settings && ls /proc/self/fd >descriptors && echo >done
            [ "$1" ] || exit 0
            echo \(helper == .askpass ? "once" : "'#'")

            """, to: "helper", mode: 0o755)
        let configuration = try desk.home.write("Match exec \(path)\n", to: "config")
        let arguments = desk.arguments(options(helper, path, desk))
            .map { $0 == "none" && helper == .matchExec ? configuration : $0 }
        let terminal = try PseudoTerminal(
            "sh",
            ["-c", "stty -g >before; exec \"$@\"", "sh", FairleadTool.path] + arguments + [
                desk.server.destination, Desk.raw + "head -c 1",
            ],
            environment: plainEnvironment(
                home: folder, ["TERM": "xterm", "SSH_ASKPASS": path, "SSH_ASKPASS_REQUIRE": "force"]), directory: folder
        )
        try await terminal.read(until: "ready")
        try terminal.write("x\r")
        try await terminal.expectEnd(.status(0))
        #expect(try desk.home.text(of: "done") == "\n")
        #expect(try desk.home.text(of: "descriptors") == "0\n1\n2\n3\n")
        #expect(try desk.home.text(of: "settings") == desk.home.text(of: "before"))
    }
}
