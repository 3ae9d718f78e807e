import Fairlead
import NIOCore
import PeerSupport
import SSHCore
import SSHIdentity
import SSHWire
import Synchronization
import TestSupport
import Testing

/// Logins that a server grants although nobody proved anything, or that it must not get (hostile.md's AU, attacks.md D1).
@Suite(.fewAtOnce) struct UnprovenLoginTests {
    /// How a server lets anybody in.
    enum Gift: String, CaseIterable, Sendable {
        case none = "AU-01", keyUnproven = "AU-02", nothingAsked = "AU-03"
    }

    private func server(_ judge: @escaping @Sendable (AuthenticationAttempt) -> [AuthenticationReply]?) async throws
        -> LoopbackServer
    {
        try await .scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            configuration.judge = { _, attempt in judge(attempt) }
            return configuration
        }
    }

    private static func replies(_ gift: Gift, _ attempt: AuthenticationAttempt) -> [AuthenticationReply] {
        switch (gift, attempt.method) {
        case (.none, .none), (.keyUnproven, .query), (.nothingAsked, .answers): return [.success]
        case (.nothingAsked, .other):
            let request = UserauthInfoRequest(name: ByteBuffer(), instruction: ByteBuffer(), prompts: [])
            return [.payload(request.payload)]
        default: return [.failure(["keyboard-interactive", "publickey"], isPartial: false)]
        }
    }

    private func configuration(_ gift: Gift) async throws -> (LoopbackServer, SSHConfiguration) {
        let server = try await server { Self.replies(gift, $0) }
        var configuration = server.configuration
        switch gift {
        case .none: break
        case .keyUnproven: configuration.credentials = [.signer(try NeverSigning())]
        case .nothingAsked: configuration.credentials = [.keyboardInteractive()]
        }
        return (server, configuration)
    }

    /// One that costs a person a touch, so that the server is asked first.
    private struct NeverSigning: Signer {
        let publicKey: PublicKey

        init() throws { publicKey = try PublicKey(TestKeys.ed25519(seed: 77).verificationKey) }

        func sign(_ data: [UInt8], algorithm: String) async throws -> [UInt8] {
            Issue.record("a signature was asked for")
            return []
        }
    }

    @Test(
        "AU-01 AU-02 AU-03 D1: a login without any proof is told as one, and refused where proof is required",
        arguments: Gift.allCases)
    func unproven(gift: Gift) async throws {
        var (server, configuration) = try await configuration(gift)
        let isProven = try await withSSHConnection(configuration) { await $0.info.isAuthenticationProven }
        #expect(!isProven)
        configuration.requiresProof = true
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .authentication && error?.kind == .denied)
        #expect(error?.message.contains("no proof") == true)
        withExtendedLifetime(server) {}
        server = try await self.server { _ in nil }
        configuration = server.configuration
        configuration.requiresProof = true
        #expect(try await withSSHConnection(configuration) { await $0.info.isAuthenticationProven })
    }

    /// What may pose as our question once a session is open.
    private static let bait = "root@host's password: "

    @Test(
        "AU-01 AU-02 AU-03 D1: the tool draws a line on standard error before anything of a server that let it in unproven",
        arguments: Gift.allCases, [false, true])
    func boundary(gift: Gift, isTerminal: Bool) async throws {
        let server = try await LoopbackServer.scripted {
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
            configuration.judge = { _, attempt in Self.replies(gift, attempt) }
            configuration.program = { _ in [.output(Array(Self.bait.utf8)), .exitStatus(0), .endOfOutput, .close] }
            return configuration
        }
        let home = try TemporaryDirectory()
        // Of a key that is locked the server is asked first, and nothing is asked for where there is nothing to show.
        let pair = try await KeyPair.generate(.ed25519, passphrase: "open sesame")
        let way =
            switch gift {
            case .none: ["-oPubkeyAuthentication=no", "-oKbdInteractiveAuthentication=no", "-oBatchMode=yes"]
            case .keyUnproven: ["-i", try home.write(pair.privateText, to: "key")]
            case .nothingAsked: ["-oPubkeyAuthentication=no"]
            }
        let words =
            way + [
                "-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oIdentityAgent=none",
                "-p", String(server.port), Loopback.address,
            ]
        let line = "Warning: the server let us in without any proof of who we are"
        if isTerminal {
            let terminal = try TestSupport.PseudoTerminal(
                FairleadTool.path, words, environment: plainEnvironment(home: home.path, ["TERM": "xterm"]))
            let shown = try await terminal.read(until: Self.bait)
            #expect(shown.contains(line + "\r\n"), "\(shown)")
            #expect(try await terminal.waitForExit() == .status(0))
        } else {
            let result = try await FairleadTool.run(words + ["true"], home: home.path)
            #expect(result.exit == .status(0) && result.outputText == Self.bait)
            #expect(result.errorText.contains(line + "\n"), "\(result.errorText)")
        }
    }

    @Test(
        "D14: an agent hears nothing of a host whose key has changed, and is asked for its keys where the key is known")
    func agentOfChangedHost() async throws {
        let server = try await server { _ in nil }
        let folder = try TemporaryDirectory()
        let agent = try await ScriptedAgent.start { _ in .message([12, 0, 0, 0, 0]) }
        var configuration = server.configuration
        configuration.credentials = [
            .agent(SSHAgent.patient(agent.path)), .password(Secret(copying: "correct horse".utf8)),
        ]
        for (seed, isAsked) in [(5, false), (1, true)] as [(UInt64, Bool)] {
            let key = try PublicKey(TestKeys.ed25519(seed: seed).verificationKey)
            let known = try folder.write(
                "[\(configuration.host)]:\(server.port) \(key.openSSHLine)\n", to: "known\(seed)")
            configuration.hostVerification = .knownHosts(userFiles: [known], policy: .off)
            if isAsked {
                try await withSSHConnection(configuration) { _ in }
            } else {
                #expect(await connectionFailure(configuration)?.kind == .denied)
            }
            #expect(agent.questions.isEmpty != isAsked)
        }
    }

    @Test(
        "a login that goes on after the server's impatience stays with its host, though a connection between died early"
    )
    func continuedElsewhere() async throws {
        let count = Mutex(0)
        let asked = Mutex(0)
        let server = try await LoopbackServer.scripted {
            let number = count.withLock {
                $0 += 1
                return $0
            }
            // The second ends before anybody has shown a key; the third is another host.
            guard number != 2 else { return nil }
            var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519(seed: number == 3 ? 9 : 1))
            configuration.judge = { _, attempt in
                guard case .password = attempt.method else {
                    return [.failure(["password"], isPartial: false)]
                }
                asked.withLock { $0 += 1 }
                guard number == 1 else { return [.success] }
                return [
                    .payload(
                        Disconnect(
                            reason: DisconnectReason(rawValue: 2), description: "Too many authentication failures"
                        ).payload)
                ]
            }
            return configuration
        }
        var configuration = server.configuration
        configuration.credentials = ["one", "two"].map { .password(Secret(copying: $0.utf8)) }
        let folder = try TemporaryDirectory()
        configuration.hostVerification = .knownHosts(userFiles: [folder.file("known_hosts")], policy: .off)
        let error = await connectionFailure(configuration)
        #expect(server.connectionCount == 3 && asked.withLock { $0 } == 1)
        #expect(error?.kind == .hostKeyChanged)
    }

    @Test("D15: a password longer than any server reads is the caller's mistake")
    func longPassword() async throws {
        let server = try await server { _ in nil }
        var configuration = server.configuration
        configuration.credentials = [.password(Secret(copying: [UInt8](repeating: 0x61, count: 1 << 20)))]
        #expect(await connectionFailure(configuration)?.kind == .misuse)
    }
}
