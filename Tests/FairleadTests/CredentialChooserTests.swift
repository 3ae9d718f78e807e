import Foundation
import NIOCore
@testable import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

@testable import Fairlead

/// What a login tries, in which order, and what it never gives away (rulings 24 and 26, hostile.md's AU).
@Suite struct CredentialChooserTests {
    private static let stored = Credential.password(Secret(copying: "stored".utf8))

    private static func keys(_ numbers: ClosedRange<UInt8>) throws -> [Credential] {
        try numbers.map { .privateKey(try rehearsedKey($0)) }
    }

    /// A key file of ssh-keygen's, its public half under `name.pub`.
    private func file(
        _ folder: TemporaryDirectory, _ name: String, passphrase: String = "",
        _ arguments: [String] = ["-t", "ed25519"]
    ) async throws -> PublicKey {
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-N", passphrase, "-C", name, "-f", folder.file(name)] + arguments)
        return try PublicKey(line: folder.bytes(of: name + ".pub").dropLast())
    }

    private func certify(_ folder: TemporaryDirectory, _ name: String) async throws {
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-s", folder.file("ca"), "-I", name, "-n", "me", folder.file(name + ".pub")])
    }

    @Test(
        "Ruling 24: named certificates first, named keys in their order and by the agent that has them, the agent's others, defaults"
    )
    func order() async throws {
        let folder = try TemporaryDirectory()
        _ = try await file(folder, "ca")
        var names: [[UInt8]: String] = [:]
        for name in ["first", "second", "beside", "default"] {
            names[try await file(folder, name).blob] = name
        }
        for name in ["beside", "second"] { try await certify(folder, name) }
        try folder.write(folder.bytes(of: "second-cert.pub"), to: "named.pub")
        try FileManager.default.removeItem(atPath: folder.file("second-cert.pub"))
        let agent = try await OpenSSHAgent.start()
        let other = try await KeyPair.generate(.ed25519)
        try await agent.add(other)
        _ = try await agent.sshAdd(["-q", folder.file("second")])
        names[try PublicKey(line: Array(other.publicLine.utf8)).blob] = "agent's"
        var login = try await RehearsedLogin(
            ["first", "second", "beside"].map { .keyFile(folder.file($0)) }
                + [.agent(SSHAgent.patient(agent.path)), .keyFile(folder.file("default"), isOptional: true)]
                + [.keyFile(folder.file("absent"), isOptional: true), .certificateFile(folder.file("named.pub"))])
        login.names = names
        #expect(
            try await login.all(["publickey"]) == [
                "certificate second?", "first", "second?", "certificate beside", "beside", "agent's?", "default",
            ])
        let attempts = login.chooser.denial().attempts
        #expect(attempts.count == 7 && attempts.allSatisfy { $0.hasSuffix(": refused") }, "\(attempts)")
        #expect(attempts[0].hasPrefix("publickey \(folder.file("second")) ED25519 SHA256:"))
        #expect(attempts[0].hasSuffix(" (certificate): refused"))
    }

    @Test(
        "Public halves alone, missing files, certificates without a key and unusable algorithms are told, and passed over"
    )
    func skipped() async throws {
        let folder = try TemporaryDirectory()
        _ = try await file(folder, "ca")
        _ = try await file(folder, "lone")
        try await certify(folder, "lone")
        try FileManager.default.removeItem(atPath: folder.file("lone"))
        var login = try await RehearsedLogin(
            [
                .keyFile(folder.file("lone")), .keyFile(folder.file("absent")),
                .certificateFile(folder.file("lone-cert.pub")), .certificateFile(folder.file("none-cert.pub")),
                .privateKey(try rehearsedKey(1)),
            ], algorithms: [])
        #expect(try await login.all(["publickey"]) == ["none"])
        let attempts = login.chooser.denial().attempts
        #expect(
            attempts.map { $0.replacing(folder.path, with: "") } == [
                "/lone: the private key is neither in this file nor with the agent",
                "Identity file /absent not accessible: No such file or directory.",
                "Certificate file /none-cert.pub: No such file or directory",
                "No private key for the certificate lone",
                "publickey  ED25519 \(try rehearsedKey(1).publicKey.fingerprint.sha256): skipped, the server takes no signature of its kind",
            ])
    }

    @Test("An encrypted PEM file without its public half is opened before it is offered, with it only to sign")
    func silentFile() async throws {
        let folder = try TemporaryDirectory()
        let names = [
            try await file(folder, "pem", passphrase: "sesame", ["-t", "rsa", "-b", "2048", "-m", "PEM"]).blob: "pem"
        ]
        for isBeside in [true, false] {
            if !isBeside { try FileManager.default.removeItem(atPath: folder.file("pem.pub")) }
            let asked = AskedResponder("sesame")
            var login = try await RehearsedLogin(
                [.keyFile(folder.file("pem"))], responder: asked, algorithms: [.rsaSHA512, .rsaSHA256])
            login.names = names
            #expect(try await login.next(nil) == (isBeside ? "pem?" : "pem"))
            #expect(asked.all == (isBeside ? [] : ["passphrase 1"]))
            // Once it is open, nobody is asked for it again.
            let publicKey = try #require(names.keys.first.map { try PublicKey(blob: $0) })
            for algorithm in [SignatureAlgorithm.rsaSHA512, .rsaSHA256] {
                let request = signatureRequest(publicKey, algorithm)
                #expect(try await login.chooser.sign(request) != nil)
                #expect(asked.all == ["passphrase 1"])
                #expect(try await login.next(["publickey"]) == (algorithm == .rsaSHA512 ? "pem" : nil))
            }
        }
    }

    @Test("A passphrase that is wrong three times, or empty, passes the key over")
    func wrongPassphrase() async throws {
        let folder = try TemporaryDirectory()
        let locked = try await file(folder, "locked", passphrase: "sesame")
        for (answer, count) in [("wrong", 3), ("", 1)] {
            let asked = AskedResponder(answer)
            var login = try await RehearsedLogin(
                [.keyFile(folder.file("locked")), .privateKey(try rehearsedKey(1))], responder: asked)
            login.names[locked.blob] = "locked"
            #expect(try await login.next(nil) == "locked?")
            #expect(asked.all.isEmpty)
            #expect(try await login.chooser.sign(signatureRequest(locked, .ed25519)) == nil)
            #expect(asked.all == (1...count).map { "passphrase \($0)" })
            #expect(try await login.next(nil) == "key 1")
            #expect(login.chooser.outcomes.first?.hasSuffix("skipped, nobody unlocked it") == true)
        }
    }

    @Test("A stored password is sent once, and then as many are asked for as allowed")
    func storedPassword() async throws {
        let asked = AskedResponder("typed")
        var login = try await RehearsedLogin([Self.stored, .password(attempts: 2)], responder: asked)
        #expect(try await login.all(["password"]) == ["none", "password stored", "password typed", "password typed"])
        #expect(asked.all == ["password 1", "password 2"])
        var silent = try await RehearsedLogin(
            [.password(attempts: 3), .privateKey(try rehearsedKey(1))], responder: AskedResponder())
        #expect(try await silent.all(["password", "publickey"]) == ["key 1"])
        #expect(silent.chooser.denial().message == "me@gate: Permission denied (password,publickey).")
    }

    @Test(
        "AU-11 A stored password answers one hidden prompt, and none that echoes or comes with another",
        arguments: [
            ([("Password:", true)], false), ([("Password:", false)], true), ([("a", false), ("b", false)], false),
        ])
    func lent(prompts: [(String, Bool)], isAnswered: Bool) async throws {
        var login = try await RehearsedLogin([Self.stored])
        #expect(try await login.next(nil) == "none")
        #expect(try await login.next(["keyboard-interactive"]) == "keyboard-interactive")
        // Words alone change nothing.
        #expect(try await login.answers([]) == [])
        #expect(try await login.answers(prompts) == (isAnswered ? ["stored"] : nil))
        #expect(try await login.answers([("Password:", false)]) == nil)
        #expect(try await login.next(["keyboard-interactive", "password"]) == nil)
    }

    @Test("AU-27 A server that changes its methods gets no stored secret twice, nor one that was for another method")
    func alternating() async throws {
        let asked = AskedResponder("code")
        var login = try await RehearsedLogin([Self.stored, .keyboardInteractive(attempts: 2)], responder: asked)
        #expect(try await login.next(nil) == "none")
        #expect(try await login.next(["keyboard-interactive"]) == "keyboard-interactive")
        #expect(try await login.answers([("Password:", false)]) == ["code"])
        #expect(try await login.next(["password"]) == "password stored")
        #expect(try await login.next(["keyboard-interactive"]) == "keyboard-interactive")
        #expect(try await login.answers([("Password:", false)]) == ["code"])
        #expect(try await login.next(["password", "keyboard-interactive"]) == nil)
        #expect(asked.all == ["round 1 Password:", "round 1 Password:"])
    }

    @Test("AU-10 A prompt is shown escaped, with its lines, and no more of it than 4 KiB")
    func prompts() async throws {
        let asked = AskedResponder("code")
        var login = try await RehearsedLogin([.keyboardInteractive()], responder: asked)
        _ = try await login.next(nil)
        _ = try await login.next(["keyboard-interactive"])
        let text = "one\n\u{1B}[2J\u{202E}" + String(repeating: "x", count: 250_000)
        #expect(try await login.answers([(text, false)]) == ["code"])
        let shown = try #require(asked.all.first)
        #expect(shown.utf8.count < 5000 && shown.contains("one\n") && shown.contains("xxx"))
        #expect(!shown.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    }

    @Test(
        "AU-14 An expired password is replaced three times at most, by what a person types and never by what is stored")
    func expired() async throws {
        let asked = AskedResponder("new")
        var login = try await RehearsedLogin([Self.stored, Self.stored], responder: asked)
        _ = try await login.next(nil)
        #expect(try await login.next(["password"]) == "password stored")
        for attempt in 1...3 {
            #expect(try await login.next(nil, expired: "Bad\u{1B}") == "password stored to new")
            #expect(asked.all.count == attempt && asked.all.last?.hasPrefix("new \(attempt) Bad") == true)
        }
        #expect(try await login.next(nil, expired: "Bad") == "password stored")
        #expect(login.chooser.outcomes == ["password: expired, and not changed"])
        #expect(asked.all.count == 3)
    }

    @Test("Before the sixth failure, at which sshd hangs up, a password has its turn; without one, all keys have")
    func manyKeys() async throws {
        let keys = try Self.keys(1...8)
        let names = (1...8).map { "key \($0)" }
        var login = try await RehearsedLogin(keys + [Self.stored])
        #expect(
            try await login.all(["publickey", "password"]) == names.prefix(5) + ["password stored"] + names.dropFirst(5)
        )
        var interactive = try await RehearsedLogin(keys + [.keyboardInteractive(attempts: 1)])
        let methods: NameList = ["publickey", "keyboard-interactive"]
        #expect(try await interactive.all(methods).prefix(6) == names.prefix(5) + ["keyboard-interactive"])
        var bare = try await RehearsedLogin(keys + [Self.stored])
        #expect(try await bare.all(["publickey"]) == names)
        var other = try await RehearsedLogin(keys)
        #expect(try await other.all(["password"]) == ["key 1"])
        #expect(other.chooser.denial().attempts.count == 1)
        var cut = try await RehearsedLogin(keys)
        _ = try await cut.next(nil)
        _ = try await cut.next(["publickey"])
        #expect(
            cut.chooser.denial().attempts.last
                == "6 more keys were not tried; name the right one with -i, or set IdentitiesOnly")
    }

    @Test("After a partial success all keys may be tried again, and failures count from there")
    func partialSuccess() async throws {
        var login = try await RehearsedLogin(Self.keys(1...2) + [Self.stored])
        #expect(try await login.next(nil) == "key 1")
        #expect(try await login.next(["publickey"]) == "key 2")
        #expect(try await login.next(["password", "publickey"], partial: true) == "key 1")
        #expect(try await login.next(["password"]) == "password stored")
        #expect(
            login.chooser.outcomes.map { $0.split(separator: ": ").last } == [
                "refused", "accepted, and more is wanted", "refused",
            ])
    }

    @Test("On another connection it goes on where the server hung up, stays below the server's limit, and does so once")
    func resumed() async throws {
        var login = try await RehearsedLogin(Self.keys(1...6))
        for (index, methods) in ([nil, ["publickey"], ["publickey"]] as [NameList?]).enumerated() {
            #expect(try await login.next(methods) == "key \(index + 1)")
        }
        #expect(login.chooser.hasMore)
        // The third failure was one too many: two more tries are safe.
        var again = login
        again.chooser = login.chooser.resumed()
        #expect(again.chooser.serverLimit == 3 && !again.chooser.hasMore)
        #expect(try await again.all(["publickey"]) == ["key 4", "key 5"])
        let attempts = again.chooser.denial().attempts
        #expect(attempts.count == 6 && attempts[2].hasSuffix(": the server hung up: too many failures"), "\(attempts)")
        #expect(attempts.last?.hasPrefix("1 more key was not tried") == true)
    }

    @Test("A host whose key changed gets keys from files, but no password, no answers, and no word of an agent")
    func changedHost() async throws {
        let agent = try await OpenSSHAgent.start()
        try await agent.add(KeyPair.generate(.ed25519))
        let asked = AskedResponder("secret")
        let credentials = [Self.stored, .password(), .keyboardInteractive(), .agent(SSHAgent.patient(agent.path))]
        let methods: NameList = ["keyboard-interactive", "password", "publickey"]
        var login = try await RehearsedLogin(credentials + Self.keys(1...1), refusesSecrets: true, responder: asked)
        #expect(try await login.all(methods) == ["key 1"])
        #expect(asked.all.isEmpty)
        var trusting = try await RehearsedLogin(credentials + Self.keys(1...1), responder: asked)
        #expect(try await trusting.all(methods).count > 5)
    }
}
