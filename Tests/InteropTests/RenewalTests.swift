import Fairlead
import Foundation
import NIOCore
import TestSupport
import Testing

/// New keys in the middle of a session, from our side, the server's or both at once.
@Suite(.serialized, .fewAtOnce) struct RenewalTests {
    enum Side: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case ours, both

        var testDescription: String { rawValue }
    }

    @Test(
        "16 MiB pass both ways at once while we, or both sides, renew the keys", arguments: Side.allCases,
        [false, true])
    func renewal(side: Side, isCompressed: Bool) async throws {
        let server = try await OpenSSHServer.withoutProfile {
            $0.lines = side == .both ? ["RekeyLimit 1M", "LogLevel DEBUG1"] : ["LogLevel DEBUG1"]
        }
        let payload = try Payload.bytes(16 * Payload.mebibyte)
        let expected = try Payload.sha256(payload)
        var configuration = server.configuration()
        configuration.rekeyByteCount = 1 << 20
        configuration.prefersCompression = isCompressed
        let result = try await withSSHConnection(configuration) { connection in
            try await connection.withProcess("cat; exit 42") { process in
                async let sent: Void = give(payload, to: process)
                async let echoed = process.output.sha256()
                try await sent
                return (try await echoed, try await process.exitStatus)
            }
        }
        #expect(result.0.byteCount == payload.count)
        #expect(result.0.hash == expected)
        #expect(result.1 == .code(42))
        // Between two exchanges as much as the windows allow may pass, so there are fewer than mebibytes.
        let count = server.log.components(separatedBy: "debug1: SSH2_MSG_NEWKEYS received").count - 1
        #expect(count > 3, "\(count)")
    }

    private func give(_ payload: [UInt8], to process: RemoteProcess) async throws {
        try await process.input.write(ByteBuffer(bytes: payload))
        try await process.input.finish()
    }

    @Test("keys that age are renewed without any traffic to speak of")
    func age() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["LogLevel DEBUG1"] }
        var configuration = server.configuration()
        configuration.rekeyInterval = .seconds(1)
        try await withSSHConnection(configuration) { connection in
            try await connection.withProcess("cat") { process in
                try await process.input.write(ByteBuffer(string: "before"))
                // The third NEWKEYS belongs to the second renewal.
                try await poll(for: "the second renewal") {
                    server.log.components(separatedBy: "debug1: SSH2_MSG_NEWKEYS received").count < 4 ? nil : ()
                }
                try await process.input.write(ByteBuffer(string: ", after"))
                try await process.input.finish()
                let echoed = try await process.output.collect(upTo: 100)
                #expect(String(buffer: echoed) == "before, after")
            }
        }
    }

    @Test("a server that takes RSA with SHA-1 alone lets us in with the legacy profile, and not without")
    func oldLogin() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["PubkeyAcceptedAlgorithms ssh-rsa"] }
        let refused = try await server.tool([], ["true"], key: .rsa)
        #expect(refused.exit == .status(255))
        let taken = try await server.tool(["--profile", "legacy"], ["exit 7"], key: .rsa)
        #expect(taken.exit == .status(7), "\(taken.errorText)")
    }
}
