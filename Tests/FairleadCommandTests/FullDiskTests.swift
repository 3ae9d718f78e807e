import TestSupport
import Testing

/// Output that cannot be written.
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
}
