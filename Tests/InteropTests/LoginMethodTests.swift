import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHWire
import TestSupport
import Testing

/// Every way to prove who one is, one after the other and in any order, on a terminal, by askpass and from the library.
@Suite(.fewAtOnce) struct LoginMethodTests {
    /// The tool with a program that answers, and no terminal.
    private func askpass(
        _ server: any InteropServer, _ options: [String] = [], answers: [String]
    ) async throws -> (result: RunningProcess.Result, asked: [String], left: [String]) {
        let askpass = try Askpass(answers)
        let result = try await server.tool(["-oBatchMode=no"] + options, ["echo in"]) {
            $0.environment.merge(askpass.environment) { $1 }
        }
        return (result, askpass.asked, askpass.answersLeft)
    }

    /// The tool on a terminal.
    private func terminal(
        _ server: any InteropServer, _ options: [String] = []
    ) throws -> TestSupport.PseudoTerminal {
        try TestSupport.PseudoTerminal(
            FairleadTool.path,
            ["-oBatchMode=no"] + options + server.clientArguments(.ed25519) + [server.destination, "echo in"],
            environment: plainEnvironment(home: server.files.home, ["TERM": "xterm"]))
    }

    private func type(_ text: String, at prompt: String, of terminal: TestSupport.PseudoTerminal) async throws {
        try await terminal.read(until: prompt)
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write(text + "\n")
    }

    // MARK: PAM

    @Test("A key, then PAM's two rounds on a terminal", .enabled(if: PAMServer.isPossible))
    func pamOnTerminal() async throws {
        let pam = try await PAMServer()
        let terminal = try terminal(pam.server)
        try await type(pam.user.password, at: "(\(pam.user.name)@127.0.0.1) Password: ", of: terminal)
        try await type(PAMServer.codes[0], at: "One-time password (OATH) for `\(pam.user.name)': ", of: terminal)
        let shown = try await terminal.read(until: "in\r\n")
        #expect(!shown.contains(PAMServer.codes[0]))
        #expect(try await terminal.waitForExit() == .status(0))
    }

    @Test("A key, then PAM's two rounds by askpass", .enabled(if: PAMServer.isPossible))
    func pamByAskpass() async throws {
        let pam = try await PAMServer()
        let (result, asked, _) = try await askpass(pam.server, answers: [pam.user.password, PAMServer.codes[0]])
        #expect(result.outputText == "in\n", "\(result.errorText)")
        #expect(asked.count == 2 && asked.allSatisfy { $0.hasPrefix("|(\(pam.user.name)@127.0.0.1) ") }, "\(asked)")
    }

    @Test("A key, then PAM's two rounds from the library", .enabled(if: PAMServer.isPossible))
    func pamFromLibrary() async throws {
        let pam = try await PAMServer()
        let password = pam.user.password
        let responder = Responder(challenge: { challenge in
            challenge.prompts.map {
                Secret(copying: ($0.text.contains("One-time") ? PAMServer.codes[0] : password).utf8)
            }
        })
        var configuration = pam.server.configuration()
        configuration.credentials.append(.keyboardInteractive())
        configuration.responder = responder
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.authenticationMethod == "publickey,keyboard-interactive")
        let challenges = responder.challenges.withLock { $0 }
        #expect(challenges.map(\.round).starts(with: [1, 2]))
        #expect(challenges.flatMap(\.prompts).map(\.echoes) == [false, false])
    }

    // MARK: Free-form prompts

    private func roundsServer() async throws -> AsyncSSHServer {
        try await AsyncSSHServer {
            $0.rounds = [
                .init(
                    [.init("Token: ", echoes: true), .init("Pin: ")], answers: ["seen", "unseen"], name: "Hello",
                    instruction: "Look \u{1B}[31mhere"),
                .init([], answers: [], instruction: "Only words"), .init([.init("Last: ")], answers: ["end"]),
            ]
            $0.steps = [["keyboard-interactive"]]
        }
    }

    @Test("F2, F4: prompts echo as the server wishes, behind a name of ours; its words are escaped and indented")
    func freeForm() async throws {
        let server = try await roundsServer()
        let terminal = try terminal(server)
        var shown = try await terminal.read(until: "(anyone@127.0.0.1) Token: ")
        #expect(shown.contains("  Hello\r\n") && shown.contains("  Look \\x1b[31mhere\r\n"), "\(shown)")
        try await terminal.waitForSettings { $0.echoes }
        try terminal.write("seen\n")
        shown = try await terminal.read(until: "(anyone@127.0.0.1) Pin: ")
        #expect(shown.contains("seen"))
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write("unseen\n")
        shown = try await terminal.read(until: "(anyone@127.0.0.1) Last: ")
        #expect(shown.contains("  Only words\r\n") && !shown.contains("unseen"), "\(shown)")
        try await terminal.waitForSettings { !$0.echoes }
        try terminal.write("end\n")
        try await terminal.read(until: "in\r\n")
        #expect(try await terminal.waitForExit() == .status(0))
    }

    // MARK: Steps

    @Test(
        "What a server wants one after the other is given in its order",
        arguments: [
            ["publickey", "password"], ["password", "publickey"], ["password", "keyboard-interactive", "publickey"],
            ["keyboard-interactive", "password"],
        ])
    func steps(order: [String]) async throws {
        let server = try await AsyncSSHServer {
            $0.password = "word"
            $0.rounds = [.init([.init("Code: ")], answers: ["code"])]
            $0.steps = [order]
        }
        var configuration = server.configuration()
        configuration.credentials += [.password(), .keyboardInteractive()]
        configuration.responder = Responder(
            password: { _ in Secret(copying: "word".utf8) }, challenge: { _ in [Secret(copying: "code".utf8)] })
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.authenticationMethod == order.joined(separator: ","))
        let wanted = order.compactMap { ["password": "word", "keyboard-interactive": "code"][$0] }
        let (result, _, left) = try await askpass(server, answers: wanted)
        #expect(result.outputText == "in\n" && left.isEmpty, "\(result.errorText)")
    }

    @Test("sshd with AuthenticationMethods publickey,password", .enabled(if: ThrowawayUser.isPossible))
    func keyAndPassword() async throws {
        let server = try await OpenSSHServer.withoutProfile { $0.lines = ["AuthenticationMethods publickey,password"] }
        let (result, asked, _) = try await askpass(server, answers: ["correct horse 7 battery"])
        #expect(result.outputText == "in\n" && asked.count == 1, "\(result.errorText)")
    }

    @Test("dropbear -t wants a key and a password", .enabled(if: DropbearServer.isPossible))
    func dropbearTwoFactors() async throws {
        let server = try await DropbearServer(["-t"])
        let terminal = try terminal(server)
        try await type(server.user.password, at: "'s password: ", of: terminal)
        try await terminal.read(until: "in\r\n")
        #expect(try await terminal.waitForExit() == .status(0))
    }

    // MARK: Orders and limits

    @Test("PreferredAuthentications says what is asked first, and what is not tried")
    func preferred() async throws {
        let server = try await AsyncSSHServer {
            $0.password = "word"
            $0.rounds = [.init([.init("Code: ")], answers: ["code"])]
        }
        let answers = ["keyboard-interactive": ("code", "Code: "), "password": ("word", "password: ")]
        for order in ["keyboard-interactive,password", "password,keyboard-interactive,publickey"] {
            let first = String(order.prefix { $0 != "," })
            let (answer, prompt) = try #require(answers[first])
            let (result, asked, _) = try await askpass(
                server, ["-oPreferredAuthentications=\(order)"], answers: [answer])
            #expect(result.outputText == "in\n", "\(order): \(result.errorText)")
            #expect(
                asked.count == 1 && asked[0].hasSuffix(prompt.trimmingCharacters(in: .whitespaces) + " "), "\(asked)")
        }
        let (result, asked, _) = try await askpass(server, ["-oPreferredAuthentications=hostbased"], answers: ["x"])
        #expect(result.exit == .status(255) && asked.isEmpty)
    }

    @Test(
        "NumberOfPasswordPrompts says how often a password is asked for", .enabled(if: ThrowawayUser.isPossible),
        arguments: [(["-oNumberOfPasswordPrompts=1"], 1), ([], 3)])
    func promptCount(options: [String], count: Int) async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let (result, asked, _) = try await askpass(
            server, options + ["-oPubkeyAuthentication=no"], answers: ["a", "b", "c", "d", "e"])
        #expect(result.exit == .status(255) && asked.count == count, "\(asked)")
        #expect(result.errorText.contains("Permission denied"))
    }

    @Test("With BatchMode nothing is asked", .enabled(if: ThrowawayUser.isPossible))
    func batch() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let askpass = try Askpass(["a"])
        let result = try await server.tool(["-oPubkeyAuthentication=no"], ["true"]) {
            $0.environment.merge(askpass.environment) { $1 }
        }
        #expect(result.exit == .status(255) && askpass.asked.isEmpty)
    }

    @Test(
        "MaxAuthTries 2: the right key behind two others lets in, and where none is right, all that were tried are told",
        .enabled(if: ThrowawayUser.isPossible))
    func fewTries() async throws {
        let server = try await OpenSSHServer.withoutProfile {
            $0.lines = ["MaxAuthTries 2"]
            $0.authorizedKeys = [.ed25519]
        }
        let others: [String] = [.ecdsa, .ecdsa384].flatMap { (kind: KeyKind) in ["-i", server.files.keyPath(kind)] }
        let (key, asked, _) = try await askpass(server, others, answers: [])
        #expect(key.outputText == "in\n" && asked.isEmpty, "\(key.errorText)")
        let strangers = try TemporaryDirectory()
        var options = ["-oIdentitiesOnly=yes"]
        for index in 0..<2 {
            let pair = try await KeyPair.generate(.ed25519)
            options += ["-i", try strangers.write(pair.privateText, to: "key\(index)")]
        }
        #expect(!key.errorText.contains("Too many"))
        let result = try await FairleadTool.run(
            options + ["-F", "none", "-p", String(server.port), "-oBatchMode=yes"]
                + ["-oUserKnownHostsFile=\(server.files.knownHostsPath)", server.destination, "true"],
            home: server.files.home)
        #expect(result.exit == .status(255))
        let error = result.errorText
        #expect(error.contains("Permission denied") && error.contains("/key0 ") && error.contains("/key1 "), "\(error)")
    }

    // MARK: Changed passwords

    @Test("An expired password is changed: asked twice until both agree, and again when it is too weak")
    func change() async throws {
        let server = try await AsyncSSHServer {
            $0.password = "old"
            $0.passwordChange = .init(prompt: "It is old \u{1B}[1m", refused: ["weak"])
            $0.steps = [["password"]]
        }
        let (result, asked, left) = try await askpass(
            server, answers: ["old", "one", "two", "weak", "weak", "better", "better"])
        #expect(result.outputText == "in\n" && left.isEmpty, "\(result.errorText)\(asked)")
        #expect(result.errorText.contains("  It is old \\x1b[1m") && result.errorText.contains("Too weak"))
        let (again, _, _) = try await askpass(server, answers: ["better"])
        #expect(again.outputText == "in\n", "\(again.errorText)")
    }

    @Test("The library is asked for a new password, with the server's words")
    func changeFromLibrary() async throws {
        let server = try await AsyncSSHServer {
            $0.password = "old"
            $0.passwordChange = .init(prompt: "It is old", refused: ["weak"])
            $0.steps = [["password"]]
        }
        var configuration = server.configuration()
        configuration.credentials = [.password()]
        configuration.responder = Responder(
            password: { _ in Secret(copying: "old".utf8) },
            newPassword: { question in
                #expect(question.prompt.hasSuffix("It is old"))
                return Secret(copying: (question.attempt == 1 ? "weak" : "better").utf8)
            })
        let info = try await withSSHConnection(configuration) { await $0.info }
        #expect(info.authenticationMethod == "password")
    }

    // MARK: Questions that a server would like to replace

    @Test("F4: a banner that comes while a person is asked stands behind the question, not in its place")
    func bannerDuringQuestion() async throws {
        let (isAsked, hasSpoken) = (Flag(), Flag())
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                configuration.methods = ["password"]
                let (asks, waits) = (Flag(), Flag())
                configuration.hook = { _, step, payload in
                    if step == .authentication { asks.set() }
                    return [.payload(payload)]
                }
                let handler = PeerHandler(ScriptedPeer(configuration)) { peer, channel in
                    guard asks.isSet, !waits.isSet else { return }
                    waits.set()
                    let interval = TimeAmount.milliseconds(20)
                    let bound = NIOLoopBound(peer, eventLoop: channel.eventLoop)
                    channel.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { task in
                        guard isAsked.isSet else { return }
                        task.cancel()
                        let peer = bound.value
                        peer.inject(.message(UserauthBanner(text: ByteBuffer(string: "Enter passphrase: "))))
                        for packet in peer.takeOutbound() { channel.writeAndFlush(packet, promise: nil) }
                        hasSpoken.set()
                    }
                }
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }
        let home = try TemporaryDirectory()
        let terminal = try TestSupport.PseudoTerminal(
            FairleadTool.path,
            [
                "-F", "none", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oIdentityAgent=none",
                "-oPubkeyAuthentication=no", "-p", String(server.port), "user@" + Loopback.address, "x",
            ], environment: plainEnvironment(home: home.path, ["TERM": "xterm"]))
        try await terminal.read(until: "'s password: ")
        try await terminal.waitForSettings { !$0.echoes }
        isAsked.set()
        try await poll(for: "the banner") { hasSpoken.isSet ? () : nil }
        try await Task.sleep(for: .milliseconds(300))
        #expect(terminal.pendingOutput.isEmpty)
        try terminal.write("correct horse\n")
        try await terminal.read(until: "\n  Enter passphrase: \r\n")
        terminal.kill()
    }
}
