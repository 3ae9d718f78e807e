import Fairlead
import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import Synchronization
import TestSupport
import Testing

/// What follows from files, lists, programs and pins about a host's key, with a real server.
@Suite(.fewAtOnce) struct HostTrustTests {
    enum Record: CaseIterable, Sendable {
        case unknown, known, changed, revoked

        func line(_ scene: Scene, _ name: String) async throws -> String {
            let other = try await KeyPair.shared(.ed25519, of: .user).publicKey
            let key = try scene.server.hostKey(.ed25519)
            return switch self {
            case .unknown: "elsewhere \(other)\n"
            case .known: "\(name) \(key)\n"
            case .changed: "\(name) \(other)\n"
            case .revoked: "\(name) \(key)\n@revoked \(name) \(key)\n"
            }
        }
    }

    /// A server, a folder for its known hosts, and what was asked, told and logged.
    struct Scene: Sendable {
        let server: OpenSSHServer
        let folder: TemporaryDirectory
        let person: Person
        let log = Log()

        init(_ answer: HostVerification.Answer = .no) async throws {
            server = try await ServerProgram.sharedOpenSSH.value
            folder = try TemporaryDirectory()
            person = Person(answer)
        }

        var name: String { "[\(Loopback.address)]:\(server.port)" }
        var path: String { folder.file("known_hosts") }
        var knownHosts: String? { try? folder.text(of: "known_hosts") }

        func rules(_ policy: HostKeyPolicy = .strict) -> HostVerification.KnownHostsOptions {
            HostVerification.KnownHostsOptions(userFiles: [path], policy: policy)
        }

        func configuration(_ rules: HostVerification.KnownHostsOptions) throws -> SSHConfiguration {
            var configuration = server.configuration()
            // The one key that the rows are about.
            try configuration.select("ssh-ed25519", for: .hostKey)
            configuration.hostVerification = .knownHosts(rules)
            configuration.responder = person
            configuration.log { [log] in log.add($1) }
            configuration.onHostKey = { [log] in log.told($0, $1) }
            return configuration
        }

        /// The error, or nil where the connection came about.
        func outcome(
            _ rules: HostVerification.KnownHostsOptions, _ change: (inout SSHConfiguration) -> Void = { _ in }
        ) async throws -> SSHError? {
            var configuration = try configuration(rules)
            change(&configuration)
            do {
                try await withSSHConnection(configuration) { _ in }
                return nil
            } catch {
                return try #require(error as? SSHError)
            }
        }

        func fingerprint() throws -> Fingerprint {
            var known = KnownHosts()
            known.add(file: "x", contents: Array("x \(try server.hostKey(.ed25519))\n".utf8))
            return try #require(known.keys(host: "x", port: 22).first).fingerprint
        }
    }

    final class Person: LoginResponder {
        private let answer: HostVerification.Answer
        let questions = Mutex<[HostVerification.Question]>([])

        init(_ answer: HostVerification.Answer) {
            self.answer = answer
        }

        func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer {
            questions.withLock { $0.append(question) }
            return answer
        }
    }

    final class Log: Sendable {
        private let state = Mutex<(lines: [String], grounds: [TrustedHostKey.Ground], objections: [SSHError])>(
            ([], [], []))

        func add(_ line: String) { state.withLock { $0.lines.append(line) } }

        func told(_ host: TrustedHostKey, _ objection: SSHError?) {
            state.withLock {
                $0.grounds.append(host.ground)
                if let objection { $0.objections.append(objection) }
            }
        }

        var lines: [String] { state.withLock { $0.lines } }
        var grounds: [TrustedHostKey.Ground] { state.withLock { $0.grounds } }
        var objections: [SSHError] { state.withLock { $0.objections } }

        func has(_ text: String) -> Bool { lines.contains { $0.contains(text) } }
    }

    @Test(
        "C1 C8 ruling 16: what each policy makes of a host that is unknown, known, changed or revoked",
        arguments: [HostKeyPolicy.ask, .acceptNew, .strict, .off], Record.allCases)
    func policies(policy: HostKeyPolicy, record: Record) async throws {
        let scene = try await Scene(.yes)
        let before = try await record.line(scene, scene.name)
        try scene.folder.write(before, to: "known_hosts")
        let error = try await scene.outcome(scene.rules(policy))
        let expected: SSHError.Kind? =
            switch (record, policy) {
            case (.revoked, _): .hostKeyRevoked
            case (.changed, .off): nil
            case (.changed, _): .hostKeyChanged
            case (.unknown, .strict): .hostKeyUnknown
            default: nil
            }
        #expect(error?.kind == expected)
        let asks = record == .unknown && policy == .ask
        #expect(scene.person.questions.withLock { $0.count } == (asks ? 1 : 0))
        let writes = record == .unknown && policy != .strict
        #expect(scene.knownHosts == before + (writes ? "\(scene.name) \(try scene.server.hostKey(.ed25519))\n" : ""))
        #expect(scene.log.objections.map(\.kind) == (record == .changed && policy == .off ? [.hostKeyChanged] : []))
        #expect(scene.log.grounds.count == (expected == nil ? 1 : 0))
    }

    @Test("A.12 that a key's signature is right and whose key it is are two lines, and two facts")
    func twoFacts() async throws {
        let scene = try await Scene()
        try scene.folder.write(try await Record.known.line(scene, scene.name), to: "known_hosts")
        #expect(try await scene.outcome(scene.rules()) == nil)
        #expect(scene.log.has("host key: ED25519 \(try scene.fingerprint().sha256), its signature is right"))
        #expect(scene.log.has("host identity: known from \(scene.path):1"))
        #expect(try await scene.outcome(scene.rules(.off)) == nil)
        try scene.folder.write(try await Record.changed.line(scene, scene.name), to: "known_hosts")
        #expect(try await scene.outcome(scene.rules(.off)) == nil)
        #expect(scene.log.has("host identity: changed"))
    }

    @Test("Features 81: the question names the other hosts that the key is known for")
    func otherNames() async throws {
        let scene = try await Scene()
        let key = try scene.server.hostKey(.ed25519)
        try scene.folder.write("old.example,10.0.0.1 \(key)\n*.example \(key)\n", to: "known_hosts")
        #expect(try await scene.outcome(scene.rules(.ask))?.kind == .hostKeyUnknown)
        let question = try #require(scene.person.questions.withLock { $0.first })
        #expect(question.otherNames.map(\.text) == ["old.example,10.0.0.1", "*.example"])
        #expect(question.otherNames.map(\.location.line) == [1, 2])
    }

    @Test("RevokedHostKeys refuses a known host, by a plain list or a binary one, under every policy")
    func revocationLists() async throws {
        let scene = try await Scene()
        try scene.folder.write(try await Record.known.line(scene, scene.name), to: "known_hosts")
        let key = try scene.folder.write(try scene.server.hostKey(.ed25519) + "\n", to: "host.pub")
        let other = try await KeyPair.shared(.ed25519, of: .user).publicKey
        let innocent = try scene.folder.write("# none of ours\n\(other)\n", to: "innocent")
        try await RunningProcess.runSuccessfully("ssh-keygen", ["-q", "-k", "-f", scene.folder.file("krl"), key])
        for list in [key, scene.folder.file("krl")] {
            for policy in [HostKeyPolicy.ask, .acceptNew, .strict, .off] {
                var rules = scene.rules(policy)
                rules.revokedKeysFiles = [innocent, list]
                let error = try await scene.outcome(rules)
                #expect(error?.kind == .hostKeyRevoked)
                #expect(error?.message.contains(list) == true)
            }
        }
        var rules = scene.rules()
        rules.revokedKeysFiles = [innocent]
        #expect(try await scene.outcome(rules) == nil)
    }

    @Test(
        "A list of revoked keys that is missing, a folder, cut short or no list refuses every key",
        arguments: ["missing", "folder", "cut", "text"])
    func unreadableLists(name: String) async throws {
        let scene = try await Scene()
        try scene.folder.write(try await Record.known.line(scene, scene.name), to: "known_hosts")
        _ = try scene.folder.makeFolder("folder")
        try scene.folder.write("SSHKRL\n\u{0}", to: "cut")
        try scene.folder.write("no key at all\n", to: "text")
        for policy in [HostKeyPolicy.strict, .off] {
            var rules = scene.rules(policy)
            rules.revokedKeysFiles = [scene.folder.file(name)]
            let error = try await scene.outcome(rules)
            #expect(error?.stage == .hostKey)
            #expect(error?.kind == .file)
            #expect(error?.message.contains(scene.folder.file(name)) == true)
        }
    }

    @Test(
        "A host goes by its alias, in what is looked up and in what is written, hashed too", arguments: [false, true])
    func alias(hashed: Bool) async throws {
        let scene = try await Scene()
        var rules = scene.rules(.acceptNew)
        rules.hashesNames = hashed
        #expect(try await scene.outcome(rules) { $0.hostKeyAlias = "Alias.example" } == nil)
        let name = "alias.example"
        #expect(scene.knownHosts?.contains(name) == !hashed)
        let found = try await RunningProcess.run("ssh-keygen", ["-F", name, "-f", scene.path])
        #expect(found.exit == .status(0))
        #expect(try await scene.outcome(scene.rules()) { $0.hostKeyAlias = "alias.EXAMPLE" } == nil)
        #expect(try await scene.outcome(scene.rules())?.kind == .hostKeyUnknown)
    }

    @Test("NoHostAuthenticationForLocalhost checks nothing of this machine's keys, unless it goes by an alias")
    func loopback() async throws {
        let scene = try await Scene()
        let before = try await Record.changed.line(scene, scene.name)
        try scene.folder.write(before, to: "known_hosts")
        var rules = scene.rules()
        #expect(try await scene.outcome(rules)?.kind == .hostKeyChanged)
        rules.trustsLoopback = true
        #expect(try await scene.outcome(rules) == nil)
        #expect(scene.log.grounds == [.loopback])
        #expect(scene.knownHosts == before)
        #expect(try await scene.outcome(rules) { $0.hostKeyAlias = "gate" }?.kind == .hostKeyUnknown)
    }

    @Test("Pins let in only their keys, ask nobody and write nothing, whatever known hosts say but that one is revoked")
    func pins() async throws {
        let scene = try await Scene(.yes)
        let fingerprint = try scene.fingerprint()
        for record in Record.allCases {
            let before = try await record.line(scene, scene.name)
            try scene.folder.write(before, to: "known_hosts")
            for policy in [HostKeyPolicy.ask, .off] {
                for (pins, isRight) in [
                    ([fingerprint.sha256], true), (["SHA256:other", fingerprint.md5], true), (["SHA256:other"], false),
                ] {
                    var rules = scene.rules(policy)
                    rules.pins = pins
                    let error = try await scene.outcome(rules)
                    let expected: SSHError.Kind? = isRight ? nil : .hostKeyUnknown
                    #expect(error?.kind == (record == .revoked ? .hostKeyRevoked : expected), "\(record) \(pins)")
                    #expect(scene.knownHosts == before)
                }
            }
        }
        #expect(scene.person.questions.withLock { $0.isEmpty })
    }

    @Test("the tool's --host-key takes the right key of an unknown host and no other, and leaves no trace")
    func hostKeyOption() async throws {
        let scene = try await Scene()
        let options = ["-o", "UserKnownHostsFile=\(scene.path)", "-o", "HostKeyAlgorithms=ssh-ed25519"]
        let right = try await scene.server.tool(options + ["--host-key", try scene.fingerprint().sha256], ["exit 4"])
        #expect(right.exit == .status(4))
        #expect(right.errorText == "")
        let wrong = try await scene.server.tool(options + ["--host-key=SHA256:other"], ["exit 4"])
        #expect(wrong.exit == .status(255))
        #expect(wrong.errorText.contains(try scene.fingerprint().sha256 + " is not one of the pinned ones"))
        #expect(scene.knownHosts == nil)
    }

    @Test("Ruling 16: the tool warns loudly of a changed key that is let pass, and goes on without a password")
    func changedAndOff() async throws {
        let scene = try await Scene()
        let before = try await Record.changed.line(scene, scene.name)
        try scene.folder.write(before, to: "known_hosts")
        let options = [
            "-o", "UserKnownHostsFile=\(scene.path)", "-o", "HostKeyAlgorithms=ssh-ed25519",
            "-o", "StrictHostKeyChecking=no",
        ]
        let result = try await scene.server.tool(options, ["echo in"])
        #expect(result.exit == .status(0))
        #expect(result.outputText == "in\n")
        for text in [
            "REMOTE HOST IDENTIFICATION HAS CHANGED!", "Offending ED25519 key in \(scene.path):1",
            try scene.fingerprint().sha256, "no password is sent",
        ] { #expect(result.errorText.contains(text), "\(text)") }
        #expect(scene.knownHosts == before)
    }

    @Test("VisualHostKey shows the picture of a host's key that is known")
    func visual() async throws {
        let scene = try await Scene()
        let path = try scene.folder.write(try scene.server.hostKey(.ed25519) + "\n", to: "host.pub")
        let drawn = try await RunningProcess.runSuccessfully("ssh-keygen", ["-lv", "-f", path]).outputText
        let picture = drawn.split(separator: "\n").dropFirst().joined(separator: "\n")
        let result = try await scene.server.tool(
            ["-o", "VisualHostKey=yes", "-o", "HostKeyAlgorithms=ssh-ed25519"], ["true"])
        #expect(result.errorText == "Host key fingerprint is \(try scene.fingerprint().sha256)\n\(picture)\n")
    }

    @Test("C11 an unknown host whose signature is wrong brings no question, and nothing is written")
    func proofFirst() async throws {
        for isWrong in [true, false] {
            let scene = try await Scene(.yes)
            let server = try await LoopbackServer.scripted {
                let key = try SigningKey(ed25519Seed: SecretBytes(copying: [UInt8](repeating: 3, count: 32)))
                var configuration = PeerConfiguration(hostKey: key)
                if isWrong { configuration.alterSignedHash = { $0.clientShare.append(0) } }
                return configuration
            }
            for policy in [HostKeyPolicy.ask, .acceptNew, .off] {
                let error = try await scene.outcome(scene.rules(policy)) {
                    $0.port = server.port
                    $0.credentials = server.configuration.credentials
                }
                #expect(error?.kind == (isWrong ? .hostKeyInvalid : nil))
            }
            #expect(scene.person.questions.withLock { $0.isEmpty } == isWrong)
            #expect((scene.knownHosts == nil) == isWrong)
            #expect(scene.log.grounds.isEmpty == isWrong)
        }
    }
}
