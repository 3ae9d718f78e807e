import Fairlead
import Foundation
import NIOCore
import SSHCrypto
import TestSupport
import Testing

/// A hundred mebibytes each way, with and without new keys on the way.
@Suite(.serialized, .fewAtOnce) struct TransferTests {
    /// A server that starts a key exchange after each mebibyte, beside one that never does.
    enum Rekeying: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case none, everyMebibyte

        var testDescription: String { rawValue }
        var lines: [String] { self == .none ? [] : ["RekeyLimit 1M", "LogLevel DEBUG1"] }
    }

    @Test("100 MiB come down whole, with the tool", arguments: Rekeying.allCases)
    func download(rekeying: Rekeying) async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = rekeying.lines }
        let payload = try Payload.File(byteCount: 100 * Payload.mebibyte)
        let folder = try TemporaryDirectory()
        let output = try openFile(folder.file("output"), O_WRONLY | O_CREAT)
        defer { close(output) }
        let result = try await server.tool([], ["cat \(payload.path)"], within: .seconds(300)) {
            $0.output = .descriptor(output)
        }
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(try await Payload.sha256(ofFile: folder.file("output")) == payload.sha256)
        expectRekeys(server, rekeying)
    }

    @Test("100 MiB go up whole from a file, with the tool", arguments: Rekeying.allCases)
    func upload(rekeying: Rekeying) async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = rekeying.lines }
        let payload = try Payload.File(byteCount: 100 * Payload.mebibyte)
        let input = try payload.open()
        defer { close(input) }
        let result = try await server.tool([], ["sha256sum"], within: .seconds(300)) { $0.input = .descriptor(input) }
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(result.outputText.prefix(64) == payload.sha256)
        expectRekeys(server, rekeying)
    }

    @Test("100 MiB pass both ways at once, with the library", arguments: Rekeying.allCases)
    func echo(rekeying: Rekeying) async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = rekeying.lines }
        let payload = try Payload.bytes(100 * Payload.mebibyte)
        let expected = try Payload.sha256(payload)
        let result = try await withSSHConnection(server.configuration()) { connection in
            try await connection.withProcess("cat; exit 42") { process in
                async let sent: Void = send(ByteBuffer(bytes: payload), to: process)
                async let echoed = process.output.sha256()
                try await sent
                return (try await echoed, try await process.exitStatus)
            }
        }
        #expect(result.0.byteCount == payload.count)
        #expect(result.0.hash == expected)
        #expect(result.1 == .code(42))
        expectRekeys(server, rekeying)
    }

    @Test("dropbear takes and gives 100 MiB whole", .enabled(if: DropbearServer.isPossible))
    func dropbear() async throws {
        let server = try await ServerProgram.dropbear.shared
        let payload = try Payload.File(byteCount: 100 * Payload.mebibyte)
        let folder = try TemporaryDirectory()
        let input = try payload.open()
        let output = try openFile(folder.file("output"), O_WRONLY | O_CREAT)
        defer {
            close(input)
            close(output)
        }
        let result = try await server.tool([], ["cat"], within: .seconds(300)) {
            $0.input = .descriptor(input)
            $0.output = .descriptor(output)
        }
        #expect(result.exit == .status(0), "\(result.errorText)")
        #expect(try await Payload.sha256(ofFile: folder.file("output")) == payload.sha256)
    }

    private func send(_ bytes: ByteBuffer, to process: RemoteProcess) async throws {
        try await process.input.write(bytes)
        try await process.input.finish()
    }

    /// One for each mebibyte is the rule; while one is on its way, as much as a window (2 MiB) may follow.
    private func expectRekeys(_ server: OpenSSHServer, _ rekeying: Rekeying) {
        guard rekeying == .everyMebibyte else { return }
        let count = server.log.components(separatedBy: "debug1: SSH2_MSG_NEWKEYS received").count - 1
        #expect(count > 25)
    }
}
