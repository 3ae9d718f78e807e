import Foundation
import TestSupport
import Testing

@Suite struct RunningProcessTests {
    @Test("output, error and exit status arrive apart")
    func streams() async throws {
        let result = try await RunningProcess.run("sh", ["-c", "echo out; echo err >&2; exit 7"])
        #expect(result.outputText == "out\n")
        #expect(result.errorText == "err\n")
        #expect(result.exit == .status(7))
    }

    @Test("a death by signal is told apart from a status")
    func signal() async throws {
        let result = try await RunningProcess.run("sh", ["-c", "kill -TERM $$"])
        #expect(result.exit == .signal(SIGTERM))
    }

    @Test("the environment is exactly the one given")
    func environment() async throws {
        let result = try await RunningProcess.run("env") { $0.environment = ["ONLY": "this"] }
        #expect(result.outputText == "ONLY=this\n")
    }

    @Test("input larger than a pipe passes whole, and its end is seen")
    func input() async throws {
        let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let result = try await RunningProcess.run("cat") { $0.input = .bytes(bytes) }
        #expect(result.output == bytes)
    }

    @Test("a pipe is written while the program runs")
    func dialogue() async throws {
        var plan = RunningProcess.Plan("sh", ["-c", "read line; echo got $line; cat >/dev/null"])
        plan.input = .pipe
        let process = try RunningProcess(plan)
        process.write("word\n")
        try await process.waitForOutput("got word")
        #expect(process.exit == nil)
        process.closeInput()
        #expect(try await process.result().exit == .status(0))
    }

    @Test("descriptors reach the child under the numbers chosen, even crosswise, and no others do")
    func descriptors() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("three", to: "three")
        try folder.write("four", to: "four")
        let three = open(folder.file("three"), O_RDONLY)
        let four = open(folder.file("four"), O_RDONLY)
        defer {
            close(three)
            close(four)
        }
        let script = "cat <&8; cat <&9; ls /dev/fd | tr '\\n' ' '"
        let result = try await RunningProcess.run("sh", ["-c", script]) { $0.descriptors = [8: four, 9: three] }
        #expect(result.outputText.hasPrefix("fourthree"))
        #expect(result.outputText.contains("0 1 2 3 8 9"), "3 is ls's own")
    }

    @Test("what exceeds the limit is dropped and counted, and the program does not stall")
    func limit() async throws {
        var plan = RunningProcess.Plan("head", ["-c", "1000000", "/dev/zero"])
        plan.outputLimit = 1000
        let process = try RunningProcess(plan)
        let result = try await process.result()
        #expect(result.output.count == 1000)
        #expect(process.outputByteCount == 1_000_000)
    }

    @Test("a program past its deadline is killed and the test is told")
    func deadline() async throws {
        let process = try RunningProcess(.init("sleep", ["100000"]))
        await #expect(throws: SupportError.self) { try await process.result(within: .milliseconds(50)) }
        let end = try await poll(for: "the end") { process.exit }
        #expect(end == .signal(SIGKILL))
    }

    @Test("a program does not outlive the object that stands for it")
    func lifetime() async throws {
        let identifier = try RunningProcess(.init("sleep", ["600"])).identifier
        try await poll(for: "the process to go") { ProcessTree.isRunning(identifier) ? nil : () }
    }

    @Test("a missing program is an error at once")
    func missing() async throws {
        #expect(throws: SupportError.self) { try RunningProcess(.init("no-such-program-here")) }
    }
}
