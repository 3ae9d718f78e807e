import Fairlead
import Foundation
import Synchronization
import TestSupport
import Testing

/// What the settings of the transport do with real servers.
@Suite(.fewAtOnce) struct ProfileTests {
    /// A server that has nothing but what an old device has.
    private static func oldServer() async throws -> OpenSSHServer {
        try await OpenSSHServer.withoutProfile {
            $0.hostKeys = [.rsa]
            $0.lines = [
                "KexAlgorithms diffie-hellman-group14-sha1", "HostKeyAlgorithms ssh-rsa", "Ciphers aes128-cbc",
                "MACs hmac-sha1",
            ]
        }
    }

    @Test("KI-19 an old device is refused with the sentence that names the remedy, and the remedies work")
    func legacy() async throws {
        let server = try await Self.oldServer()
        let refused = try await server.tool(["-c", "+aes128-cbc"], ["true"])
        #expect(refused.exit == .status(255))
        #expect(refused.errorText.contains("No common algorithm for key exchange: we offer "))
        #expect(refused.errorText.contains("; the server offers diffie-hellman-group14-sha1"))
        let remedy = "--profile legacy, or -o KexAlgorithms=+diffie-hellman-group14-sha1\n"
        #expect(refused.errorText.hasSuffix("; to permit it: " + remedy), "\(refused.errorText)")

        let legacy = try await server.tool(["--profile", "legacy"], ["echo", "in"])
        #expect(legacy.outputText == "in\n", "\(legacy.errorText)")
        let warnings = legacy.errorText.split(separator: "\n").filter { $0.contains("the legacy profile") }
        #expect(warnings.count == 1)
        for name in ["diffie-hellman-group14-sha1", "ssh-rsa", "aes128-cbc", "hmac-sha1", "RSA keys of 1024 bits"] {
            #expect(warnings.first?.contains(name) == true)
        }

        let named = try await server.tool(
            [
                "-o", "KexAlgorithms=+diffie-hellman-group14-sha1", "-o", "HostKeyAlgorithms=+ssh-rsa", "-c",
                "+aes128-cbc", "-m", "+hmac-sha1",
            ], ["echo", "in"])
        #expect(named.outputText == "in\n", "\(named.errorText)")
        #expect(!named.errorText.contains("the legacy profile"))
    }

    @Test("KI-19 each slot that fails names its own option")
    func slots() async throws {
        let server = try await Self.oldServer()
        var options = ["-o", "KexAlgorithms=+diffie-hellman-group14-sha1"]
        for (option, name) in [
            ("HostKeyAlgorithms", "ssh-rsa"), ("Ciphers", "aes128-cbc"), ("MACs", "hmac-sha1"),
        ] { options += ["-o", "\(option)=+\(name)"] }
        // Leaving any one out, the refusal names just that one.
        for index in stride(from: 0, to: options.count, by: 2) {
            var fewer = options
            let missing = fewer.remove(at: index + 1)
            fewer.remove(at: index)
            let result = try await server.tool(fewer, ["true"])
            #expect(result.errorText.hasSuffix("--profile legacy, or -o \(missing)\n"), "\(result.errorText)")
        }
    }

    @Test("the strict profile takes a post-quantum exchange with sshd, and refuses a server without one")
    func strict() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        var configuration = server.configuration()
        configuration.profile = .strict
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.isPostQuantum)
        #expect(info.isStrict)
        #expect(info.macClientToServer == nil)
        let classical = try await OpenSSHServer.withoutProfile { $0.lines = ["KexAlgorithms curve25519-sha256"] }
        configuration.port = classical.port
        let error = await connectionFailure(configuration)
        #expect(error?.kind == .noCommonAlgorithm)
        #expect(error?.offers?.remedy == "-o KexAlgorithms=+curve25519-sha256")
    }

    @Test("a host key of 1,024 bits is refused with the option's name, and taken where that or the profile permits it")
    func shortKey() async throws {
        let folder = try TemporaryDirectory(isPublic: true)
        let path = folder.file("short")
        try await RunningProcess.runSuccessfully("ssh-keygen", ["-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", path])
        let server = try await OpenSSHServer.withoutProfile {
            $0.hostKeys = []
            $0.lines = ["HostKey \(path)"]
        }
        let trusting = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
        let refused = try await server.tool(trusting, ["echo", "in"])
        #expect(refused.exit == .status(255))
        #expect(refused.errorText.contains("1024 bits"))
        #expect(refused.errorText.contains("RequiredRSASize"))
        for permission in [["-o", "RequiredRSASize=1024"], ["--profile=legacy"], ["-o", "AlgorithmProfile legacy"]] {
            let result = try await server.tool(permission + trusting, ["echo", "in"])
            #expect(result.outputText == "in\n", "\(result.errorText)")
        }
        let raised = try await server.tool(["--profile=legacy", "-oRequiredRSASize=2048"] + trusting, ["true"])
        #expect(raised.exit == .status(255))
    }

    @Test("with -C what repeats itself takes less of the line, and without it does not")
    func compression() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["Compression yes"] }
        let command = "head -c 1048576 /dev/zero"
        for (options, isCompressed) in [(["-C"], true), (["-o", "Compression=yes"], true), ([], false)] {
            let relay = try await RecordingRelay.start(to: server.port)
            let alias = ["-p", String(relay.port), "-o", "HostKeyAlias=[\(server.host)]:\(server.port)"]
            let result = try await server.tool(options + alias, [command])
            #expect(result.output == [UInt8](repeating: 0, count: Payload.mebibyte), "\(result.errorText)")
            let count = try await relay.finishedRecording().serverToClient.count
            #expect((count < 100_000) == isCompressed)
        }
    }

    @Test("RekeyLimit renews the keys on the way, and the bytes are the same")
    func rekeyLimit() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let lines = Mutex<[String]>([])
        var configuration = server.configuration()
        configuration.rekeyByteCount = 256 * 1024
        configuration.log { _, line in lines.withLock { $0.append(line) } }
        let output = try await withSSHConnection(configuration) {
            try await $0.run("head -c 16777216 /dev/zero").output
        }
        // Eight windows: what one window holds may all be on its way before our KEXINIT arrives.
        #expect(output.readableBytes == 16 * Payload.mebibyte)
        #expect(lines.withLock { $0.count { $0.hasPrefix("keys: ") } } > 2)
    }

    @Test("a server that goes silent ends the tool where ServerAliveInterval is set")
    func silence() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let tool = try server.startTool(
            ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=1"], ["echo in; sleep 3600"])
        defer { tool.kill() }
        try await tool.waitForOutput("in\n")
        let sessions = server.sessions
        for session in sessions { kill(session, SIGSTOP) }
        defer { for session in sessions { kill(session, SIGCONT) } }
        let result = try await tool.result()
        #expect(result.exit == .status(255))
        #expect(result.errorText.lowercased().contains("time"), "\(result.errorText)")
    }
}
