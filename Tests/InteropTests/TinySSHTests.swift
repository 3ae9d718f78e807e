import Fairlead
import TestSupport
import Testing

/// A server with one cipher and without strict key exchange: it works, and the lack is told.
@Suite(.fewAtOnce) struct TinySSHTests {
    @Test("tinysshd echoes a file, and the missing strictness is told", .enabled(if: TinySSHServer.isPossible))
    func echo() async throws {
        let server = try await TinySSHServer()
        let bytes = try Payload.bytes(5_000_000)
        let result = try await server.tool([], ["cat; exit 42"], within: .seconds(300)) { $0.input = .bytes(bytes) }
        #expect(result.exit == .status(42))
        #expect(result.output == bytes)
        #expect(result.errorText.components(separatedBy: "strict key exchange").count == 2)
        let info = try await withSSHConnection(server.configuration()) { await $0.info }
        #expect(info.cipherClientToServer == "chacha20-poly1305@openssh.com")
        #expect(!info.isStrict)
    }
}
