import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// A session that is opened in one flight with the login's signature (ruling 29).
@Suite struct EarlySessionTests {
    private static func login(
        _ delivery: Delivery = .whole,
        _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        let key = try TestKeys.ed25519(seed: 4)
        configuration.acceptedKeys = [key.verificationKey.blob]
        script.credentials = [.key(key, .ed25519, asksFirst: false)]
        script.opensEarly = true
        try change(&configuration, &script)
        return try Conversation(configuration, script: script, delivery: delivery)
    }

    @Test("it is open when the login is, and nothing is asked of it before", arguments: Delivery.allCases)
    func open(_ delivery: Delivery) throws {
        let conversation = try Self.login(delivery).run()
        let record = conversation.record
        #expect(record.errors.isEmpty && record.misuses.isEmpty)
        #expect(record.exits == [.status(0)] && record.opened.count == 1)
        #expect(conversation.peer.received.map(\.number).starts(with: [20, 30, 21, 5, 50, 90, 98]))
    }

    @Test("a confirmation before the login's success is an error, as from any server")
    func confirmedTooSoon() throws {
        let conversation = try Self.login { configuration, _ in
            configuration.judge = { _, attempt in
                let confirmation = ChannelOpenConfirmation(
                    recipient: ChannelID(rawValue: 0), sender: ChannelID(rawValue: 0), windowSize: 1000,
                    maximumPacketSize: 1000)
                return [.payload(confirmation.payload), .success]
            }
        }.run()
        #expect(conversation.record.errors == [.unexpected(.channelOpenConfirmation, during: .authentication)])
        #expect(conversation.record.opened.isEmpty)
    }

    @Test("one that OpenSSH does not know, because the login failed, is opened again after another login")
    func refused() throws {
        let conversation = try Self.login { configuration, script in
            configuration.acceptedKeys = []
            script.credentials.append(.password(ClientScript.password))
            // By their numbers: the first is the early one's.
            script.commands = [[], HostileCheck.command]
        }.run()
        let record = conversation.record
        #expect(record.errors.isEmpty && record.misuses.isEmpty)
        #expect(record.proofs == [.password])
        #expect(record.refusals.count == 1)
        #expect(record.output[ChannelID(rawValue: 1)] == HostileCheck.command)
        let conversationSays = conversation.engine.hasUnansweredEarlySession
        #expect(!conversationSays)
    }

    @Test("its clock runs from the login's success, and it has not been opened before it is confirmed")
    func clock() throws {
        let conversation = try Self.login { configuration, _ in
            configuration.judge = { _, _ in [] }
            // It says nothing of what it does not know.
            configuration.hook = { _, step, payload in step == .other ? [] : [.payload(payload)] }
        }.run()
        conversation.advance(by: .seconds(100))
        #expect(conversation.record.errors.isEmpty && conversation.record.opened.isEmpty)
        let conversationSays = conversation.engine.hasUnansweredEarlySession
        #expect(conversationSays)
        conversation.inject(.message(UserauthSuccess()))
        #expect(conversation.record.isLoggedIn && conversation.record.opened.isEmpty)
        conversation.advance(by: .seconds(29))
        #expect(conversation.record.refusals.isEmpty)
        conversation.advance(by: .seconds(1))
        #expect(conversation.record.refusals.count == 1)
        #expect(conversation.record.errors.isEmpty)
    }

    @Test("none is opened before a signature is out, nor where compression is to begin with the login")
    func notNow() throws {
        let compressed = try Self.login { configuration, script in
            configuration.compressionNames = ["zlib@openssh.com"]
            script.opensEarly = false
            configuration.judge = { _, _ in [] }
        }.run()
        let compressedSays = compressed.engine.mayOpenEarly
        #expect(!compressedSays)
        compressed.perform(.openSession(ChannelID(rawValue: 7)))
        #expect(compressed.record.misuses.count == 1)
        let asked = try Self.login { configuration, script in
            script.credentials = [.wait]
            script.opensEarly = false
        }.run()
        let askedSays = asked.engine.mayOpenEarly
        #expect(!askedSays)
        asked.perform(.openSession(ChannelID(rawValue: 7)))
        #expect(asked.record.misuses.count == 1)
        let password = try Self.login { configuration, script in
            script.credentials = [.password(ClientScript.password)]
            configuration.judge = { _, _ in [] }
        }.run()
        let passwordSays = password.engine.mayOpenEarly
        #expect(!passwordSays)
    }
}
