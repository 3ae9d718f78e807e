import Fairlead
import Foundation
import TestSupport
import Testing

/// What a user says about the transport itself, as it is on the wire and in the system.
@Suite(.fewAtOnce) struct OwnTransportOptionTests {
    @Test("VersionAddendum stands behind our identification, and the keys are agreed on with it")
    func addendum() async throws {
        let server = try await OpenSSHServer { $0.lines = ["LogLevel DEBUG1"] }
        let result = try await server.tool(["-oVersionAddendum=from the desk"], ["echo in"])
        #expect(result.outputText == "in\n", "\(result.errorText)")
        try await server.waitForLog("remote software version Fairlead_0.1 from the desk")
        var configuration = server.configuration()
        for text in ["a\r\nb", "ä", String(repeating: "x", count: 300)] {
            configuration.versionAddendum = text
            let error = await connectionFailure(configuration)
            #expect(error?.kind == .misuse && error?.stage == .usage)
        }
    }

    @Test(
        "IPQoS marks what is sent, by what the session is for",
        arguments: [("0x48 0x20", "0x48", "0x20"), ("none", nil, nil)])
    func trafficClass(value: String, interactive: String?, bulk: String?) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let folder = try TemporaryDirectory()
        for (options, expected) in [(["-tt"], interactive), ([], bulk)] {
            let trace = folder.file("trace")
            let arguments = [
                "-f", "-o", trace, "-e", "trace=setsockopt", "-xx", try FairleadTool.path, "-oIPQoS=\(value)",
            ]
            let result = try await RunningProcess.run(
                "strace", arguments + options + server.clientArguments() + [server.destination, "true"])
            #expect(result.exit == .status(0), "\(result.errorText)")
            let line = try folder.text(of: "trace").split(separator: "\n").first { $0.contains("IP_TOS") }
            let mark = expected.map { "\\x" + $0.dropFirst(2) }
            #expect((line != nil) == (mark != nil) && line?.contains(mark ?? "") != false, "\(line ?? "")")
        }
    }

    @Test("a traffic class that the system refuses is told with -v, and keeps nobody from connecting")
    func refusedTrafficClass() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        // The third call is the one for the class, after TCP_NODELAY and SO_KEEPALIVE.
        let refusing = ["-f", "-qq", "-o", "/dev/null", "-e", "inject=setsockopt:error=EPERM:when=3"]
        let result = try await RunningProcess.run(
            "strace",
            try refusing + [FairleadTool.path, "-v", "-oIPQoS=0x48"] + server.clientArguments()
                + [server.destination, "echo in"])
        #expect(result.errorText.contains("debug1: the traffic class cannot be set: "), "\(result.errorText)")
        #expect(result.outputText == "in\n" && result.exit == .status(0))
    }
}
