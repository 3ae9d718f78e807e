import Fairlead
import TestSupport
import Testing

/// What the tool tells about itself without a host.
@Suite struct QueryTests {
    private func tool(_ arguments: String...) async throws -> RunningProcess.Result {
        try await FairleadTool.run(arguments, home: "/proc/nonexistent")
    }

    @Test("-Q lists one name a line on standard output", arguments: ["cipher", "kex", "Ciphers", "protocol-version"])
    func names(query: String) async throws {
        let result = try await tool("-Q", query)
        #expect(result.exit == .status(0))
        let names = try #require(SSHConfiguration.algorithmNames(query))
        #expect(result.outputText == names.map { $0 + "\n" }.joined())
        #expect(result.errorText == "")
    }

    @Test("another query is an error that tells how to list them")
    func unknown() async throws {
        let result = try await tool("-Q", "nonsense")
        #expect(result.exit == .status(255))
        #expect(result.outputText == "")
        #expect(result.errorText == "fairlead: unsupported query \"nonsense\"; -Q help lists those that there are\n")
    }

    @Test("a list that names nothing is an error that tells what there is, and where it was written")
    func badList() async throws {
        let result = try await tool("-F", "none", "-c", "arcfour", "host")
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("command-line"))
        #expect(result.errorText.contains("Bad Ciphers 'arcfour'"))
        #expect(result.errorText.contains("aes128-gcm@openssh.com"))
    }

    @Test("a Match exec that is killed is neither true nor false, and a status above 128 is one like any other")
    func killedMatch() async throws {
        let folder = try TemporaryDirectory()
        let killed = try folder.write("Match exec \"kill -KILL $$\"\nPort 99\n", to: "killed")
        let failed = try folder.write("Match exec \"exit 137\"\nPort 99\n", to: "failed")
        let refusal = try await tool("-F", killed, "-G", "host")
        #expect(refusal.exit == .status(255) && refusal.outputText == "")
        #expect(refusal.errorText.contains("match exec 'kill -KILL $$' error: it ended abnormally"))
        let answer = try await tool("-F", failed, "-G", "host")
        #expect(answer.exit == .status(0) && answer.outputText.contains("\nport 22\n"))
    }
}
