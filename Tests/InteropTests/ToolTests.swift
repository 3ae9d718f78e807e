import Foundation
import TestSupport
import Testing

/// What the tool does with streams and statuses, against each server.
@Suite(.fewAtOnce) struct ToolTests {
    @Test("the command's exit status is the tool's", arguments: ServerProgram.possible, [0, 1, 42, 255] as [Int32])
    func exitStatus(program: ServerProgram, status: Int32) async throws {
        let result = try await program.shared.tool([], ["exit \(status)"])
        #expect(result.exit == .status(status), "\(result.errorText)")
        #expect(result.errorText == "")
    }

    @Test("death by a signal is 128 and its number", arguments: ServerProgram.possible)
    func signal(program: ServerProgram) async throws {
        let result = try await program.shared.tool([], ["kill -TERM $$"])
        #expect(result.exit == .status(128 + SIGTERM), "\(result.errorText)")
        #expect(result.errorText.contains("SIGTERM"))
    }

    @Test("called by the name of ssh, death by a signal is 255")
    func signalAsSSH() async throws {
        let server = try await ServerProgram.openSSH.shared
        let folder = try TemporaryDirectory()
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("ssh"), withDestinationPath: try FairleadTool.path)
        let arguments = server.clientArguments(.ed25519) + [server.destination]
        let killed = try await RunningProcess.run(folder.file("ssh"), arguments + ["kill -KILL $$"])
        #expect(killed.exit == .status(255), "\(killed.errorText)")
        let plain = try await RunningProcess.run(folder.file("ssh"), arguments + ["exit 7"])
        #expect(plain.exit == .status(7), "\(plain.errorText)")
    }

    @Test("standard output and standard error stay apart", arguments: ServerProgram.possible)
    func streams(program: ServerProgram) async throws {
        let result = try await program.shared.tool([], ["echo out; echo err >&2; echo more"])
        #expect(result.outputText == "out\nmore\n")
        #expect(result.errorText == "err\n")
    }

    @Test("both streams may be the same file, and a line is never torn by the other", arguments: ServerProgram.possible)
    func sharedStreams(program: ServerProgram) async throws {
        let folder = try TemporaryDirectory()
        let both = try openFile(folder.file("both"), O_WRONLY | O_CREAT | O_APPEND)
        defer { close(both) }
        let command = "for i in 1 2 3 4 5 6 7 8 9; do echo output $i; echo error $i >&2; done"
        let result = try await program.shared.tool([], [command]) {
            $0.output = .descriptor(both)
            $0.error = .descriptor(both)
        }
        #expect(result.exit == .status(0))
        let lines = try folder.text(of: "both").split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("output") } == (1...9).map { "output \($0)" })
        #expect(lines.filter { $0.hasPrefix("error") } == (1...9).map { "error \($0)" })
    }

    @Test("standard input may be a pipe", arguments: ServerProgram.possible)
    func pipedInput(program: ServerProgram) async throws {
        let bytes = try Payload.bytes(3_000_000)
        let result = try await program.shared.tool([], ["cat"]) { $0.input = .bytes(bytes) }
        #expect(result.output == bytes)
        #expect(result.exit == .status(0), "\(result.errorText)")
    }

    @Test("standard input may be /dev/null", arguments: ServerProgram.possible)
    func emptyInput(program: ServerProgram) async throws {
        let result = try await program.shared.tool([], ["cat; echo end"])
        #expect(result.outputText == "end\n")
    }

    @Test("a pipe that stays open does not keep the tool from ending", arguments: ServerProgram.possible)
    func openInput(program: ServerProgram) async throws {
        let client = try await program.shared.startTool([], ["echo ready; exit 3"]) { $0.input = .pipe }
        try await client.waitForOutput("ready")
        #expect(try await client.result().exit == .status(3))
    }

    @Test("what is written to a pipe arrives while the command runs", arguments: ServerProgram.possible)
    func dialogue(program: ServerProgram) async throws {
        let client = try await program.shared.startTool([], ["read a; echo got $a; read b; echo and $b"]) {
            $0.input = .pipe
        }
        client.write("one\n")
        try await client.waitForOutput("got one")
        client.write("two\n")
        try await client.waitForOutput("and two")
        #expect(try await client.result().exit == .status(0))
    }

    @Test("-n gives the command no input and leaves ours unread", arguments: ServerProgram.possible)
    func noInput(program: ServerProgram) async throws {
        let folder = try TemporaryDirectory()
        try folder.write("first\nsecond\n", to: "input")
        let input = try openFile(folder.file("input"), O_RDONLY)
        defer { close(input) }
        let result = try await program.shared.tool(["-n"], ["cat; echo end"]) { $0.input = .descriptor(input) }
        #expect(result.outputText == "end\n")
        #expect(lseek(input, 0, SEEK_CUR) == 0)
    }

    @Test("a reader that has had enough ends an endless command", arguments: ServerProgram.possible)
    func enoughRead(program: ServerProgram) async throws {
        let server = try await program.shared
        let tool = try FairleadTool.path
        let script = "\"$0\" \"$@\" | head -1; exit 0"
        let result = try await RunningProcess.run(
            "sh", ["-c", script, tool] + server.clientArguments(.ed25519) + [server.destination, "yes here"])
        #expect(result.outputText == "here\n")
        #expect(result.errorText == "")
    }

    @Test("a shell without a terminal runs the lines of standard input", arguments: ServerProgram.possible)
    func shell(program: ServerProgram) async throws {
        let result = try await program.shared.tool(["-T"], []) {
            $0.input = .bytes(Array("echo $((40 + 2))\nexit 9\n".utf8))
        }
        #expect(result.outputText.contains("42\n"))
        #expect(result.exit == .status(9), "\(result.errorText)")
    }

    @Test("-tt gives the command a terminal", arguments: ServerProgram.possible)
    func terminal(program: ServerProgram) async throws {
        let result = try await program.shared.tool(["-tt"], ["test -t 0 && test -t 1 && echo yes; exit 4"])
        #expect(result.outputText == "yes\r\n", "\(result.errorText)")
        #expect(result.exit == .status(4))
    }

    @Test("-s starts a subsystem")
    func subsystem() async throws {
        let client = try await ServerProgram.openSSH.shared.startTool(["-s"], ["sftp"]) { $0.input = .pipe }
        // SSH_FXP_INIT of version 3; the answer is SSH_FXP_VERSION of version 3, behind its length.
        client.write([0, 0, 0, 5, 1, 0, 0, 0, 3])
        try await poll(for: "the answer") { client.output.count >= 9 ? () : nil }
        #expect(client.output[4..<9] == [2, 0, 0, 0, 3])
        client.closeInput()
        #expect(try await client.result().exit == .status(0))
    }

    @Test("a variable of SetEnv reaches the command")
    func environment() async throws {
        let result = try await ServerProgram.openSSH.shared.tool(["-o", "SetEnv=PLANTED=a=b"], ["echo $PLANTED"])
        #expect(result.outputText == "a=b\n")
    }

    @Test("TERM in mid-session ends the tool with 255 and its session with it")
    func terminated() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let client = try server.startTool([], ["echo up; exec sleep 3600"])
        try await client.waitForOutput("up")
        #expect(!server.sessions.isEmpty)
        client.send(SIGTERM)
        #expect(try await client.result().exit == .status(255))
        try await poll(for: "the session to end") { server.sessions.isEmpty ? () : nil }
    }
}
