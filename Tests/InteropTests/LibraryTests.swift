import Fairlead
import Foundation
import NIOCore
import TestSupport
import Testing

/// The library's doors, against each server.
@Suite(.fewAtOnce) struct LibraryTests {
    @Test("run gives output, error output and exit status", arguments: ServerProgram.possible)
    func run(program: ServerProgram) async throws {
        let result = try await withSSHConnection(program.shared.configuration()) { connection in
            try await connection.run("cat; echo err >&2; exit 3", input: ByteBuffer(string: "given"))
        }
        #expect(result.output.text == "given")
        #expect(result.errorOutput.text == "err\n")
        #expect(result.exitStatus == .code(3))
        #expect(!result.exitStatus.isSuccess)
    }

    @Test("a signal is told by its name", arguments: ServerProgram.possible)
    func signal(program: ServerProgram) async throws {
        let result = try await withSSHConnection(program.shared.configuration()) { connection in
            try await connection.run("kill -TERM $$")
        }
        guard case .signal(let name, _, _) = result.exitStatus else {
            Issue.record("no signal: \(result.exitStatus)")
            return
        }
        #expect(name == "TERM")
    }

    @Test("as much output as the limit passes, and more is an error", arguments: ServerProgram.possible)
    func byteLimit(program: ServerProgram) async throws {
        try await withSSHConnection(program.shared.configuration()) { connection in
            let exact = try await connection.run("head -c 1000 /dev/zero", byteLimit: 1000)
            #expect(exact.output.readableBytes == 1000)
            let error = await #expect(throws: SSHError.self) {
                try await connection.run("head -c 1001 /dev/zero", byteLimit: 1000)
            }
            #expect(error?.stage == .channel)
            #expect(error?.kind == .outputLimit)
        }
    }

    // Not with dropbear: 2022.83 closes a session that is opened while the program of another one dies.
    @Test(
        "a command that is cut off for its output ends, whichever stream it was, and the connection goes on",
        arguments: ["yes", "yes >&2"])
    func endlessOutput(command: String) async throws {
        try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            let error = await #expect(throws: SSHError.self) { try await connection.run(command, byteLimit: 1000) }
            #expect(error?.kind == .outputLimit)
            let next = try await connection.run("echo still")
            #expect(next.output.text == "still\n")
        }
    }

    @Test("a process is written to and read from in turn", arguments: ServerProgram.possible)
    func dialogue(program: ServerProgram) async throws {
        try await withSSHConnection(program.shared.configuration()) { connection in
            let status = try await connection.withProcess("cat; exit 5") { process in
                var chunks = process.output.makeAsyncIterator()
                for word in ["one", "two", "three"] {
                    try await process.input.write(word.utf8)
                    #expect(try await chunks.next()?.text == word)
                }
                try await process.input.finish()
                #expect(try await chunks.next() == nil)
                return try await process.exitStatus
            }
            #expect(status == .code(5))
        }
    }

    @Test("a shell takes its lines from the input", arguments: ServerProgram.possible)
    func shell(program: ServerProgram) async throws {
        let (output, status) = try await withSSHConnection(program.shared.configuration()) { connection in
            try await connection.withShell { shell in
                try await shell.input.write("echo $((40 + 2))\nexit 6\n".utf8)
                return (try await shell.output.collect().text, try await shell.exitStatus)
            }
        }
        #expect(output.contains("42\n"))
        #expect(status == .code(6))
    }

    @Test("a process may have a terminal, and its size changes", arguments: ServerProgram.possible)
    func terminal(program: ServerProgram) async throws {
        let terminal = PseudoTerminal(term: "dumb", size: .init(columns: 91, rows: 17))
        let output = try await withSSHConnection(program.shared.configuration()) { connection in
            try await connection.withProcess("echo $TERM; stty size; read x; stty size", terminal: terminal) {
                process in
                var text = ""
                for try await chunk in process.output {
                    text += chunk.text
                    guard text.hasSuffix("17 91\r\n") else { continue }
                    try await process.resize(to: .init(columns: 120, rows: 40))
                    try await process.input.write("\n".utf8)
                }
                return text
            }
        }
        #expect(output.hasPrefix("dumb\r\n17 91\r\n"))
        #expect(output.hasSuffix("40 120\r\n"))
    }

    @Test("a variable that the server accepts reaches the process")
    func environment() async throws {
        let output = try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            try await connection.withProcess("echo $PLANTED", environment: ["PLANTED": "here"]) { process in
                try await process.output.collect().text
            }
        }
        #expect(output == "here\n")
    }

    @Test("a subsystem speaks its own protocol")
    func subsystem() async throws {
        let answer = try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            try await connection.withSubsystem("sftp") { process in
                // SSH_FXP_INIT of version 3; SSH_FXP_VERSION of version 3 is the answer, behind its length.
                try await process.input.write([0, 0, 0, 5, 1, 0, 0, 0, 3])
                var answer = ByteBuffer()
                for try await var chunk in process.output {
                    answer.writeBuffer(&chunk)
                    if answer.readableBytes >= 9 { break }
                }
                return answer.getBytes(at: 4, length: 5)
            }
        }
        #expect(answer == [2, 0, 0, 0, 3])
    }

    @Test("a subsystem that does not exist is refused", arguments: ServerProgram.possible)
    func noSubsystem(program: ServerProgram) async throws {
        try await withSSHConnection(program.shared.configuration()) { connection in
            let error = await #expect(throws: SSHError.self) {
                try await connection.withSubsystem("no-such-thing") { _ in }
            }
            #expect(error?.stage == .channel)
            #expect(error?.kind == .refused)
        }
    }

    @Test("a process is sent a signal by name")
    func sendSignal() async throws {
        let status = try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            try await connection.withProcess("trap 'exit 33' USR1; echo up; while :; do sleep 0.01; done") { process in
                var chunks = process.output.makeAsyncIterator()
                _ = try await chunks.next()
                try await process.send(signal: "USR1")
                return try await process.exitStatus
            }
        }
        #expect(status == .code(33))
    }

    @Test("twenty commands run at once on one connection, each with its own bytes")
    func manyChannels() async throws {
        let payload = ByteBuffer(bytes: try Payload.bytes(200_000))
        try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            try await withThrowingTaskGroup(of: (Int, CommandResult).self) { group in
                for number in 0..<20 {
                    group.addTask {
                        (number, try await connection.run("cat; exit \(number)", input: payload))
                    }
                }
                var numbers: Set<Int> = []
                for try await (number, result) in group {
                    #expect(result.output == payload)
                    #expect(result.exitStatus == .code(UInt32(number)))
                    numbers.insert(number)
                }
                #expect(numbers.count == 20)
            }
        }
    }

    @Test("a stream that nobody reads holds up no other")
    func slowReader() async throws {
        try await withSSHConnection(ServerProgram.openSSH.shared.configuration()) { connection in
            try await connection.withProcess("cat /dev/zero") { _ in
                let result = try await connection.run("head -c 5000000 /dev/zero")
                #expect(result.output.readableBytes == 5_000_000)
            }
        }
    }

    @Test("several connections run side by side")
    func manyConnections() async throws {
        let configuration = try await ServerProgram.openSSH.shared.configuration()
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<8 {
                group.addTask {
                    try await withSSHConnection(configuration) { try await $0.run("echo \(number)").output.text }
                }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(outputs == Set((0..<8).map { "\($0)\n" }))
    }
}
