import TestSupport
import Testing

@Suite struct SmallServerTests {
    @Test("ssh logs in to dropbear with each kind of key", .enabled(if: DropbearServer.isPossible))
    func dropbear() async throws {
        let server = try await DropbearServer()
        for kind in KeyKind.allCases {
            let arguments = server.clientArguments(kind) + [server.destination, "id -un"]
            let result = try await RunningProcess.run("ssh", arguments)
            #expect(result.outputText == server.user.name + "\n", "\(kind): \(result.errorText)\(server.log)")
        }
        try await poll(for: "logins in the log") { server.log.contains("Pubkey auth succeeded") ? () : nil }
    }

    @Test("ssh logs in to tinysshd", .enabled(if: TinySSHServer.isPossible))
    func tinysshd() async throws {
        let server = try await TinySSHServer()
        let result = try await RunningProcess.run("ssh", server.clientArguments() + [server.destination, "id -un"])
        #expect(result.outputText == server.user.name + "\n", "\(result.errorText)\(server.log)")
    }
}
