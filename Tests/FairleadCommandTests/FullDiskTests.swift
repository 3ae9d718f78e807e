import TestSupport
import Testing

/// Output that cannot be written, and input that cannot be read.
@Suite struct FullDiskTests {
    @Test(
        "output that a full disk does not take is told, with 255, however the command ended",
        arguments: [1, 10_000_000])
    func full(byteCount: Int) async throws {
        let desk = try await Desk()
        let result = try await RunningProcess.run(
            "sh",
            try ["-c", "exec \"$@\" >/dev/full", "sh", FairleadTool.path] + desk.arguments([])
                + [desk.server.destination, "head -c \(byteCount) /dev/zero"]
        ) { $0.environment = plainEnvironment(home: desk.home.path) }
        #expect(result.exit == .status(255))
        #expect(result.errorText == "fairlead: Could not write the output: No space left on device\n")
    }

    @Test("input that cannot be read is told, with 255, however the command ended, and not taken for its end")
    func unreadable() async throws {
        let desk = try await Desk()
        // The first page of a process is nobody's.
        let result = try await RunningProcess.run(
            "sh",
            try ["-c", "exec 3</proc/$$/mem; \"$@\" <&3", "sh", FairleadTool.path] + desk.arguments([])
                + [desk.server.destination, "wc -c"]
        ) { $0.environment = plainEnvironment(home: desk.home.path) }
        #expect(result.exit == .status(255))
        #expect(result.errorText == "fairlead: Could not read the input: Input/output error\n")
    }

    @Test("input that was never there to be read is empty, as nohup has it", arguments: ["0>/dev/null", "</"])
    func nothing(redirection: String) async throws {
        let desk = try await Desk()
        let result = try await RunningProcess.run(
            "sh",
            try ["-c", "exec \"$@\" \(redirection)", "sh", FairleadTool.path] + desk.arguments([])
                + [desk.server.destination, "wc -c"]
        ) { $0.environment = plainEnvironment(home: desk.home.path) }
        #expect(result.exit == .status(0) && result.outputText == "0\n", "\(result.errorText)")
    }
}
