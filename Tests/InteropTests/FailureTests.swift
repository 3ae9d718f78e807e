import Fairlead
import Foundation
import NIOCore
import TestSupport
import Testing

/// What cannot work tells how far it came and why.
@Suite(.fewAtOnce) struct FailureTests {
    private func configuration(host: String = Loopback.address, port: Int) -> SSHConfiguration {
        SSHConfiguration(host: host, port: port, user: "user", hostVerification: .pinned([]), credentials: [])
    }

    private func tool(port: Int, _ options: [String] = []) async throws -> RunningProcess.Result {
        try await FairleadTool.run(
            ["-F", "none", "-o", "BatchMode=yes", "-p", String(port)] + options + ["user@\(Loopback.address)", "true"],
            home: "/proc/nonexistent")
    }

    @Test("NW-04 a port where nobody listens")
    func refused() async throws {
        let port = try Loopback.freePort()
        let error = await connectionFailure(configuration(port: port))
        #expect(error?.stage == .connect)
        #expect(error?.kind == .system(errno: ECONNREFUSED))
        let result = try await tool(port: port)
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("Connection refused"))
        #expect(result.errorText.contains("port \(port)"))
    }

    @Test("NW-06 a host name that does not exist")
    func unknownHost() async throws {
        let error = await connectionFailure(configuration(host: "no-such-host.invalid", port: 22))
        #expect(error?.stage == .resolve)
        #expect(error?.kind == .unknownHost)
        #expect(error?.message.contains("no-such-host.invalid") == true)
        let result = try await FairleadTool.run(
            ["-F", "none", "user@no-such-host.invalid", "true"], home: "/proc/nonexistent")
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("Could not resolve hostname no-such-host.invalid"))
    }

    @Test("a server that says nothing is given up after the connect timeout")
    func silence() async throws {
        let server = try await LoopbackServer.saying([])
        var configuration = configuration(port: server.port)
        configuration.connectTimeout = .seconds(5)
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .identification)
        #expect(error?.kind == .timeout)
        try await poll(for: "the socket to close") { server.openConnectionCount == 0 ? () : nil }
        let result = try await tool(port: server.port, ["-o", "ConnectTimeout=1"])
        #expect(result.exit == .status(255))
    }

    @Test("ID-17 a server of another protocol is told by its own words")
    func notSSH() async throws {
        let text = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        let server = try await LoopbackServer.saying(Array(text.utf8), thenCloses: true)
        let error = await connectionFailure(configuration(port: server.port))
        #expect(error?.stage == .identification)
        #expect(error?.kind == .notSSH)
        #expect(error?.serverText == "HTTP/1.1 400 Bad Request")
        let result = try await tool(port: server.port)
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("HTTP/1.1 400 Bad Request"))
    }

    @Test("ID-18 a server that hangs up at once gets one more try")
    func hangsUp() async throws {
        let server = try await LoopbackServer.saying([], thenCloses: true)
        let error = await connectionFailure(configuration(port: server.port))
        #expect(error?.kind == .closed)
        #expect(error?.stage == .identification)
        #expect(server.connectionCount == 2)
    }

    @Test("ID-18 a server that drops the connection at once gets one more try")
    func resets() async throws {
        let server = try await LoopbackServer.resetting()
        let error = await connectionFailure(configuration(port: server.port))
        #expect(error?.kind == .system(errno: ECONNRESET))
        #expect(error?.stage == .identification)
        #expect(server.connectionCount == 2)
    }

    @Test("a DISCONNECT gives its code and its words, made safe to show")
    func disconnect() async throws {
        var payload = ByteBuffer(bytes: [1, 0, 0, 0, 12])
        let words = "go \u{1B}[31maway"
        payload.writeInteger(UInt32(words.utf8.count))
        payload.writeString(words)
        payload.writeInteger(UInt32(0))
        let packet = PlainPackets.packet(Array(payload.readableBytesView))
        let server = try await LoopbackServer.saying(Array("SSH-2.0-curt\r\n".utf8) + packet, thenCloses: true)
        let error = await connectionFailure(configuration(port: server.port))
        #expect(error?.kind == .disconnected(code: 12))
        #expect(error?.serverText?.hasPrefix("go ") == true)
        #expect(error?.serverText?.hasSuffix("[31maway") == true)
        #expect(error?.serverText?.contains("\u{1B}") == false)
        #expect(server.connectionCount == 1)
        let result = try await tool(port: server.port)
        #expect(result.exit == .status(255))
        #expect(result.errorText.contains("[31maway"))
        #expect(!result.error.contains(0x1B))
    }

    @Test("a server's patience is no reason to fail: another connection goes on where it ended")
    func tooManyFailures() async throws {
        let server = try await OpenSSHServer.withoutProfile {
            $0.lines = ["MaxAuthTries 2"]
            $0.authorizedKeys = [.rsa]
        }
        var configuration = server.configuration()
        configuration.credentials = [KeyKind.ed25519, .ecdsa, .rsa].map { .keyFile(server.files.keyPath($0)) }
        try await withSSHConnection(configuration) { _ in }
    }

    @Test("what was tried, skipped and refused is told when nothing is left, and never as the server's impatience")
    func nothingLeft() async throws {
        let server = try await OpenSSHServer.withoutProfile {
            $0.lines = ["MaxAuthTries 2", "PasswordAuthentication no", "KbdInteractiveAuthentication no"]
            $0.authorizedKeys = []
        }
        var configuration = server.configuration()
        configuration.credentials =
            [KeyKind.ed25519, .ecdsa, .rsa].map { .keyFile(server.files.keyPath($0)) } + [.keyFile("/nowhere/id")]
        let error = try #require(await connectionFailure(configuration))
        #expect(error.kind == .denied)
        #expect("\(error)".hasSuffix("Permission denied (publickey)."))
        for kind in [KeyKind.ed25519, .ecdsa, .rsa] {
            let path = server.files.keyPath(kind)
            #expect(error.attempts.contains { $0.contains(path) && !$0.contains("skipped") }, "\(error.attempts)")
        }
        #expect(error.attempts.contains { $0.contains("/nowhere/id") })
    }

    @Test("no algorithm in common shows both lists")
    func negotiation() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["Ciphers aes256-ctr"] }
        var configuration = server.configuration()
        try configuration.select("aes128-ctr", for: .cipher)
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .negotiation)
        #expect(error?.kind == .noCommonAlgorithm)
        #expect(error?.offers?.ours == "aes128-ctr")
        #expect(error?.offers?.theirs == "aes256-ctr")
    }

    @Test("a command that the server does not allow to start is refused")
    func noSessions() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["MaxSessions 0"] }
        let error = await #expect(throws: SSHError.self) {
            try await withSSHConnection(server.configuration()) { try await $0.run("true") }
        }
        #expect(error?.stage == .channel)
        #expect(error?.kind == .refused)
    }
}
