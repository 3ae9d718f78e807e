import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// Our share behind our KEXINIT (`first_kex_packet_follows`, RFC 4253 §7).
@Suite struct GuessTests {
    private static func login(
        _ keyExchanges: NameList, _ hostKeys: NameList = ["ssh-ed25519"], delivery: Delivery = .whole,
        _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.keyExchangeNames = keyExchanges
        configuration.hostKeyNames = hostKeys
        script.configuration.algorithms.keyExchanges = [.curve25519SHA256, .ecdhNISTP256, .groupExchangeSHA256]
        script.configuration.algorithms.hostKeys = [.ed25519, .rsaSHA512]
        script.configuration.guesses = true
        try change(&configuration, &script)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    private func check(_ conversation: Conversation, shares: Int, _ location: SourceLocation = #_sourceLocation) {
        let record = conversation.record
        #expect(record.errors.isEmpty && record.exits == [.status(0)], sourceLocation: location)
        let sent = conversation.peer.messages(KexECDHInit.self).filter { !$0.publicShare.isEmpty }
        #expect(sent.count == shares && Set(sent.map(\.publicShare)).count == shares, sourceLocation: location)
        #expect(conversation.peer.messages(KexInit.self).map(\.firstPacketFollows) == [true], sourceLocation: location)
    }

    @Test("a right one is all that is sent", arguments: Delivery.allCases, [true, false])
    func right(_ delivery: Delivery, isStrict: Bool) throws {
        let conversation = try Self.login(["curve25519-sha256", "ecdh-sha2-nistp256"], delivery: delivery) {
            configuration, _ in
            configuration.isStrict = isStrict
            configuration.waitsForClient = true
        }
        check(conversation, shares: 1)
        #expect(conversation.peer.received.prefix(2).map(\.number) == [20, 30])
    }

    @Test(
        "a wrong one is dropped by the server, and another share with a key of its own follows",
        arguments: Delivery.allCases)
    func wrong(_ delivery: Delivery) throws {
        let other = try Self.login(["ecdh-sha2-nistp256"], delivery: delivery)
        check(other, shares: 2)
        #expect(other.record.agreements.first?.keyExchange == .ecdhNISTP256)
        // The same is agreed on, and yet the guess is wrong: the server prefers something else.
        let same = try Self.login(["ecdh-sha2-nistp256", "curve25519-sha256"], delivery: delivery)
        check(same, shares: 2)
        #expect(same.record.agreements.first?.keyExchange == .curve25519SHA256)
        let hostKey = try Self.login(["curve25519-sha256"], ["rsa-sha2-512", "ssh-ed25519"], delivery: delivery)
        check(hostKey, shares: 2)
    }

    @Test("both sides may guess, and a group exchange may follow a wrong guess")
    func mixed() throws {
        let group = try Self.login(["diffie-hellman-group-exchange-sha256"])
        #expect(group.record.errors.isEmpty && group.record.exits == [.status(0)])
        let both = try Self.login(["ecdh-sha2-nistp256"]) { configuration, _ in
            configuration.alterKexInit = { $0.firstPacketFollows = true }
            configuration.hook = { _, step, payload in
                step == .kexInit ? [.payload(payload), .bytes([30, 0, 0, 0, 1, 9])] : [.payload(payload)]
            }
        }
        check(both, shares: 2)
    }

    @Test("who is polite does not guess, and later key exchanges do without")
    func none() throws {
        let polite = try Self.login(["curve25519-sha256"]) { _, script in script.configuration.isPolite = true }
        #expect(polite.peer.messages(KexInit.self).map(\.firstPacketFollows) == [false])
        #expect(polite.record.exits == [.status(0)])
        let renewed = try Self.login(["curve25519-sha256"]) { configuration, script in
            configuration.program = { _ in [] }
            script.endsInput = false
        }
        renewed.perform(.rekey)
        #expect(renewed.record.errors.isEmpty && renewed.record.agreements.count == 2)
        #expect(renewed.peer.messages(KexInit.self).map(\.firstPacketFollows) == [true, false])
    }

    @Test("a reply before the server's KEXINIT is an error, whatever we have sent")
    func replyTooSoon() throws {
        let conversation = try Self.login(["curve25519-sha256"]) { configuration, _ in
            let reply = KexECDHReply(hostKey: [1], publicShare: [UInt8](repeating: 9, count: 32), signature: [2])
            configuration.hook = { _, step, payload in
                step == .kexInit ? [.message(reply), .payload(payload)] : [.payload(payload)]
            }
        }
        #expect(conversation.record.errors == [.unexpected(.kexECDHReply, during: .keyExchange)])
    }
}
