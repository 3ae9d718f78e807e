import Foundation
import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// What a login gives away, and to whom.
@Suite("Secrets and signatures of a login")
struct LoginSecretTests {
    private func conversation(
        _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        try change(&configuration, &script)
        return try Conversation(configuration, script: script).run()
    }

    private static func asking(_ prompts: Int) -> InteractiveRows.Judge {
        { _, attempt in
            guard case .answers = attempt.method else { return [InteractiveRows.ask(prompts)] }
            return [.success]
        }
    }

    @Test(
        "AU-19 The size of a packet with answers, or with a new password, does not tell their length",
        arguments: ["aes128-gcm@openssh.com", "aes128-ctr"])
    func lengths(_ cipher: String) throws {
        func size(_ change: (inout PeerConfiguration, inout ClientScript) throws -> Void) throws -> Int {
            let done = try conversation { configuration, script in
                configuration.cipherNames = [Name(cipher)]
                try change(&configuration, &script)
            }
            #expect(done.record.isLoggedIn)
            return done.record.clientBytes.count
        }
        let answers = try (1...65).map { count in
            try size { configuration, script in
                configuration.judge = Self.asking(1)
                script.credentials = [.keyboardInteractive]
                script.answers = [UInt8](repeating: 0x61, count: count)
            }
        }
        #expect(Set(answers).count == 2, "\(answers)")
        let changes = try (1...65).map { count in
            try size { configuration, script in
                let new = [UInt8](repeating: 0x61, count: count)
                script.credentials = [.passwordChange(ClientScript.password, new: new)]
            }
        }
        #expect(Set(changes).count == 2, "\(changes)")
    }

    @Test("D15 Secrets of nearly 128 KiB are sent, and longer ones are misuse that sends nothing and ends nothing")
    func sizes() throws {
        func isTaken(_ credential: ClientScript.Credential, answer: [UInt8] = []) throws -> Bool {
            let done = try conversation { configuration, script in
                configuration.judge = { _, attempt in
                    if case .other = attempt.method { return [InteractiveRows.ask(2)] }
                    return [.success]
                }
                script.credentials = [credential]
                script.answers = answer
            }
            let record = done.record
            #expect(record.errors.isEmpty && done.peer.failure == nil)
            #expect(record.misuses == (record.isLoggedIn ? [] : [.misuse("the secrets are too long")]))
            return record.isLoggedIn
        }
        let limit = Limits.localStringByteCount
        for (count, fits) in [(0, true), (limit - 100, true), (limit, false), (1 << 20, false)] {
            let bytes = [UInt8](repeating: 0x61, count: count)
            let half = Array(bytes.prefix(count / 2))
            #expect(try isTaken(.password(bytes)) == fits, "a password of \(count)")
            #expect(try isTaken(.passwordChange(half, new: half)) == fits, "two passwords of \(half.count)")
            #expect(try isTaken(.keyboardInteractive, answer: half) == fits, "two answers of \(half.count)")
        }
    }

    @Test("D15 Commands, names and values of 128 KiB are sent, and longer ones are misuse that changes nothing")
    func requestSizes() throws {
        let channel = ChannelID(rawValue: 0)
        let done = try HostileCheck.quietSession()
        let limit = Limits.localStringByteCount
        for (count, fits) in [(0, true), (limit, true), (limit + 2, false), (1 << 20, false)] {
            let bytes = [UInt8](repeating: 0x61, count: count)
            let half = Array(bytes.prefix(count / 2))
            let requests: [SessionRequest] = [
                .execute(command: bytes), .subsystem(name: bytes), .signal(name: bytes),
                .environment(name: half, value: half),
            ]
            for request in requests {
                let sent = done.peer.messages(ChannelRequest.self).count
                let misuses = done.record.misuses
                done.perform(.request(channel, request))
                let more: [ProtocolError] = fits ? [] : [.misuse("the request is too long")]
                #expect(done.record.misuses == misuses + more, "\(request.name) of \(count)")
                #expect(done.peer.messages(ChannelRequest.self).count == sent + (fits ? 1 : 0))
                if fits { #expect(done.peer.messages(ChannelRequest.self).last?.details == request.details) }
            }
        }
    }

    /// Nobody touches it, and so it takes no memory.
    @Test(
        "D15 A command, or a variable, of 4 GiB is misuse: no length of it wraps, and it is never looked at",
        .enabled(if: ProcessInfo.processInfo.physicalMemory > 5 << 30))
    func enormousRequests() throws {
        let enormous = [UInt8](unsafeUninitializedCapacity: 1 << 32 + 1) { $1 = 1 << 32 + 1 }
        let done = try HostileCheck.quietSession()
        let sent = done.peer.received.count
        let requests: [SessionRequest] = [
            .execute(command: enormous), .subsystem(name: enormous), .signal(name: enormous),
            .environment(name: [65], value: enormous), .environment(name: enormous, value: enormous),
            .pseudoTerminal(term: enormous, size: WindowSize(columns: 1, rows: 1), modes: TerminalModes()),
        ]
        for request in requests { done.perform(.request(ChannelID(rawValue: 0), request)) }
        #expect(done.record.misuses == requests.map { _ in .misuse("the request is too long") })
        #expect(done.record.errors.isEmpty && done.peer.received.count == sent)
    }

    @Test("The record shows what was asked, field by field, and never an answer nor how long it is")
    func record() throws {
        func records(_ answer: String) throws -> [RecordedMessage] {
            let done = try conversation { configuration, script in
                configuration.judge = Self.asking(2)
                script.credentials = [.keyboardInteractive]
                script.answers = Array(answer.utf8)
                script.configuration.recordsMessages = true
            }
            #expect(done.record.proofs == [.keyboardInteractive])
            return done.engine.takeRecords()
        }
        let found = try records("canary-answer")
        let request = try #require(found.first { $0.name == "USERAUTH_INFO_REQUEST" })
        #expect(request.direction == .received)
        #expect(
            request.fields.map(\.name) == [
                "name", "instruction", "language tag", "num-prompts", "prompt", "echo", "prompt", "echo",
            ])
        #expect(request.fields[3].value == .number(2) && request.fields[4].value == .bytes(Array("Code: ".utf8)))
        let response = try #require(found.first { $0.name == "USERAUTH_INFO_RESPONSE" })
        #expect(response.payloadByteCount == nil && response.fields.last?.kind == .secret)
        let bytes = found.flatMap(\.fields).flatMap { field -> [UInt8] in
            guard case .bytes(let bytes) = field.value else { return [0] }
            return bytes + [0]
        }
        #expect(contains(bytes, ClientScript.user) && !contains(bytes, Array("canary-answer".utf8)))
        let other = try records("x").first { $0.name == "USERAUTH_INFO_RESPONSE" }
        #expect(other == response)
    }

    @Test(
        "SK-15 A login is bound to the host's key where the server announced that it understands it, and nowhere else")
    func hostBound() throws {
        func attempts(
            _ value: String?, certificate: Bool = false, binds: Bool = true
        ) throws -> [AuthenticationAttempt] {
            let key = try TestKeys.ed25519(seed: 4)
            let done = try conversation { configuration, script in
                configuration.acceptedKeys = [key.verificationKey.blob]
                script.credentials = [.key(key, .ed25519, asksFirst: true)]
                // So that its extensions are there before the first request.
                script.configuration.isPolite = true
                script.configuration.bindsLogins = binds
                if let value {
                    let name: Name = "publickey-hostbound@openssh.com"
                    configuration.extensions?.append(.init(name: name, value: ByteBuffer(string: value)))
                }
                guard certificate else { return }
                let host = try TestKeys.ed25519()
                configuration.hostKeyNames = ["ssh-ed25519-cert-v01@openssh.com"]
                configuration.hostKeyBlob = try TestKeys.certificate(of: host, by: TestKeys.ed25519(seed: 9))
            }
            // The peer verifies the signature over the request as it came, the host's key in it.
            #expect(done.record.proofs == [.publicKey])
            return done.peer.attempts
        }
        let blob = try TestKeys.ed25519().verificationKey.blob
        #expect(try attempts("0").map(\.hostKey) == [blob, blob])
        #expect(try attempts(nil).map(\.hostKey) == [nil, nil])
        #expect(try attempts("1").map(\.hostKey) == [nil, nil])
        #expect(try attempts("0", binds: false).map(\.hostKey) == [nil, nil])
        let certificate = try TestKeys.certificate(of: TestKeys.ed25519(), by: TestKeys.ed25519(seed: 9))
        #expect(try attempts("0", certificate: true).map(\.hostKey) == [certificate, certificate])
    }

    @Test("What a host-bound login signs ends in the host's key, behind the session, the user and the user's key")
    func hostBoundData() throws {
        let key = try TestKeys.ed25519(seed: 4)
        let done = try conversation { configuration, script in
            configuration.acceptedKeys = [key.verificationKey.blob]
            configuration.extensions = [
                .init(name: "publickey-hostbound@openssh.com", value: ByteBuffer(string: "0"))
            ]
            script.credentials = [.key(key, .ed25519, asksFirst: false)]
            script.configuration.isPolite = true
        }
        var expected = ByteBuffer()
        expected.writeString(try #require(done.peer.sessionID))
        expected.writeInteger(UInt8(50))
        expected.writeString(ClientScript.user)
        expected.writeString(utf8: "ssh-connection")
        expected.writeString(utf8: "publickey-hostbound-v00@openssh.com")
        expected.writeInteger(UInt8(1))
        expected.writeString(utf8: "ssh-ed25519")
        expected.writeString(key.verificationKey.blob)
        expected.writeString(try TestKeys.ed25519().verificationKey.blob)
        #expect(done.record.signatureRequests.map(\.data) == [Array(expected.readableBytesView)])
    }
}
