import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §5, and what else travels between KEXINIT and the login.
@Suite("Strict key exchange, extensions and the service")
struct StrictExchangeTests {
    @Test(
        "Injected messages end as the table says, however the bytes arrive", arguments: StrictExchangeRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

    @Test(
        "SK-14 Whatever server-sig-algs holds, no key signs with SHA-1",
        arguments: ["", "ssh-rsa", ",,\u{1B}[31m,,", "ssh-rsa,rsa-sha2-256", "RSA-SHA2-512"], Delivery.allCases)
    func announcedAlgorithms(_ list: String, _ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.extensions = [
            ExtInfo.Extension(name: ExtInfo.serverSignatureAlgorithms, value: ByteBuffer(string: list))
        ]
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.isLoggedIn && conversation.record.errors.isEmpty)
        let key = try PublicKey(TestKeys.rsa().verificationKey)
        let expected: [SignatureAlgorithm] = list.contains("rsa-sha2-256") ? [.rsaSHA256] : []
        #expect(conversation.engine.signatureAlgorithms(for: key) == expected)
    }

    @Test(
        "SK-09 The sequence numbers restart with each new keys, three times over", arguments: [true, false],
        Delivery.allCases)
    func sequenceReset(_ isStrict: Bool, _ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.isStrict = isStrict
        // Its nonce is the sequence number.
        configuration.cipherNames = ["chacha20-poly1305@openssh.com"]
        script.commands = []
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        for count in 2...4 {
            conversation.peer.startRekey()
            conversation.run()
            #expect(conversation.record.agreements.count == count)
            for _ in 0..<4 {
                conversation.inject(
                    .message(GlobalRequest(name: "keepalive@openssh.com", wantsReply: true)))
            }
        }
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(conversation.peer.received.filter { $0.number == 82 }.count == 12)
        let sequences = conversation.peer.received.suffix(4).map(\.sequence)
        #expect(isStrict ? sequences == [0, 1, 2, 3] : sequences.first ?? 0 > 3)
    }

    @Test(
        "PK-19 Unknown messages are answered with UNIMPLEMENTED and their own sequence number",
        arguments: Delivery.allCases)
    func unknownMessages(_ delivery: Delivery) throws {
        let everywhere: [UInt8] =
            [5] + Array(8...19) + Array(22...29) + Array(35...49) + Array(54...59) + Array(62...79) + Array(83...89)
            + Array(101...191) + Array(194...255)
        for place in [Step.authentication, .channelReply] {
            // PING and PONG are known once the login succeeded (A4).
            let unknown: [UInt8] = everywhere + (place == .authentication ? [192, 193] : [])
            var (configuration, script) = try HostileCheck.honest()
            script.credentials.insert(.none, at: 0)
            var expected: [UInt32] = []
            configuration.hook = { peer, step, own in
                guard step == place, peer.messages(Unimplemented.self).isEmpty, peer.sendSequence < 50 else {
                    return [.payload(own)]
                }
                return unknown.map { .bytes([$0]) } + [.payload(own)]
            }
            let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
            let first: UInt32 = place == .authentication ? 2 : 4
            expected = (0..<UInt32(unknown.count)).map { first + $0 }
            #expect(conversation.peer.messages(Unimplemented.self).map(\.sequenceNumber) == expected)
            #expect(conversation.record.errors.isEmpty)
            #expect(conversation.record.output.values.first == HostileCheck.command)
        }
    }

    @Test("KX-10 Two hundred and fifty-six secrets, whatever their first byte, all come out alike")
    func secrets() throws {
        for seed in 0..<256 {
            var (configuration, script) = try HostileCheck.honest()
            configuration.seed = UInt64(1000 + seed)
            script.seed = UInt64(seed)
            script.commands = []
            #expect(try Conversation(configuration, script: script).run().record.isLoggedIn)
        }
    }
}
