import Fairlead
import Foundation
import TestSupport
import Testing

/// Sessions on which nothing moves (`ChannelTimeout`).
@Suite(.fewAtOnce) struct IdleSessionTests {
    @Test(
        "an idle session is closed, and the tool ends with 255 and a sentence",
        arguments: [
            "ChannelTimeout=session=5", "ChannelTimeout=sess*=5 *=0", "ChannelTimeout=global=5 session=0",
            "ChannelTimeout=global=0 session=1h global=5",
        ])
    func idle(option: String) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let result = try await server.tool(["-o", option], ["echo before; exec sleep 3600"])
        #expect(result.outputText == "before\n")
        #expect(result.errorText == "fairlead: The session was closed: it was idle for too long\n")
        #expect(result.exit == .status(255))
    }

    @Test(
        "what moves, either way, keeps a session open",
        arguments: ["ChannelTimeout=session=4", "ChannelTimeout=global=4"])
    func busy(option: String) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let script = "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.5; done"
        async let down = server.tool(["-o", option], [script])
        let words = try [FairleadTool.path, "-o", option] + server.clientArguments() + [server.destination]
        let up = try await RunningProcess.run("sh", ["-c", "(\(script)) | \"$@\" 'cat >/dev/null'", "sh"] + words)
        #expect(up.exit == .status(0), "\(up.errorText)")
        let result = try await down
        #expect(result.exit == .status(0) && result.outputText.hasSuffix("10\n"), "\(result.errorText)")
    }

    @Test(
        "the first pattern counts, 0 is for ever, and what is meant for others does not concern us",
        arguments: ["ChannelTimeout=s*=0 session=1", "ChannelTimeout=direct-tcpip=1", "ChannelTimeout=none"])
    func exempt(option: String) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let result = try await server.tool(["-o", option], ["sleep 2; echo on"])
        #expect(result.outputText == "on\n" && result.exit == .status(0), "\(result.errorText)")
    }

    @Test("an idle session's status that came before is still the result")
    func status() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        // What is left behind holds the streams, so that the channel stays open.
        let result = try await server.tool(["-oChannelTimeout=session=5"], ["sleep 3600 & exit 7"])
        #expect(result.exit == .status(7), "\(result.errorText)")
    }

    @Test("how a program ends whose terminal our own close took away is not its result")
    func closedTerminal() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        try await withThrowingTaskGroup(of: RunningProcess.Result.self) { group in
            for _ in 0..<16 {
                group.addTask { try await server.tool(["-tt", "-oChannelTimeout=session=1"], ["sleep 3600"]) }
            }
            for try await result in group {
                #expect(result.exit == .status(255) && result.errorText.contains("idle for too long"))
            }
        }
    }

    @Test("a reader that takes nothing does not keep an idle session")
    func stoppedReader() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let ends = try makePipe()
        defer { for end in [ends.reader, ends.writer] { close(end) } }
        let result = try await server.tool(["-oChannelTimeout=session=1"], ["yes"]) {
            $0.output = .descriptor(ends.writer)
        }
        #expect(result.exit == .status(255), "\(result.errorText)")
    }

    @Test("the library tells of an idle session whoever reads, writes or waits, and the connection goes on")
    func library() async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        var configuration = server.configuration()
        // Long enough for a slow machine to begin a program.
        configuration.sessionIdleTimeout = .seconds(5)
        try await withSSHConnection(configuration) { connection in
            try await connection.withProcess("exec sleep 3600") { process in
                let idle = await #expect(throws: SSHError.self) { try await process.exitStatus }
                #expect(idle?.stage == .channel && idle?.kind == .timeout)
                let read = await #expect(throws: SSHError.self) { try await process.output.collect() }
                #expect(read?.kind == .timeout)
                await #expect(throws: SSHError.self) { try await process.input.write(.init(string: "x")) }
            }
            let result = try await connection.run("echo on")
            #expect(result.output.text == "on\n")
        }
    }
}
