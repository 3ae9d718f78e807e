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
    @Test("Injected messages end as the table says, however the bytes arrive", arguments: rows, Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

    static let rows: [HostileRow] = gaps + disconnects + extensions + service

    private static let injections: [(String, String, ByteBuffer)] = [
        ("SK-01", "IGNORE", Ignore(data: ByteBuffer()).payload),
        ("SK-02", "DEBUG", DebugMessage(alwaysDisplay: true, text: ByteBuffer(string: "x")).payload),
        ("SK-03", "UNIMPLEMENTED", Unimplemented(sequenceNumber: 4_000_000).payload),
        ("SK-04", "an unknown message", ByteBuffer(bytes: [200])),
        ("SK-05", "EXT_INFO", ExtInfo(extensions: []).payload),
        ("SK-06", "PING", Ping(data: ByteBuffer()).payload),
    ]

    private static let gapSteps: [Step] = [.kexInit, .kexReply, .newKeys]

    private static func insert(_ place: Step, isStrict: Bool, _ payload: ByteBuffer) -> Prepare {
        { configuration, _ in
            configuration.isStrict = isStrict
            configuration.hook = { _, step, own in (step == place ? [.payload(payload)] : []) + [.payload(own)] }
        }
    }

    /// SK-01 to SK-06 and SK-08: before KEXINIT, before the reply, before NEWKEYS.
    private static let gaps: [HostileRow] = injections.flatMap { id, name, payload in
        gapSteps.flatMap { step in
            let isBorne = name != "EXT_INFO"
            return [
                HostileRow(
                    id, "\(name) before \(step), strict", .fails([.unexpected], .protocolError),
                    prepare: insert(step, isStrict: true, payload)),
                HostileRow(
                    "SK-08", "\(name) before \(step), not strict",
                    isBorne ? .works : .fails([.unexpected], .protocolError),
                    prepare: insert(step, isStrict: false, payload)),
            ]
        }
    }

    private static let disconnects: [HostileRow] = [Step.kexInit, .kexReply, .newKeys, .extInfo].map { step in
        HostileRow(
            "SK-07", "DISCONNECT before \(step)", .fails([.disconnected], nil),
            prepare: insert(step, isStrict: true, Disconnect(reason: .byApplication, description: "bye").payload))
    }

    private static func extInfo(_ items: (Name, [UInt8])...) -> ByteBuffer {
        ExtInfo(extensions: items.map { ExtInfo.Extension(name: $0.0, value: ByteBuffer(bytes: $0.1)) }).payload
    }

    private static func announced(_ payload: ByteBuffer) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, own in step == .extInfo ? [.payload(payload)] : [.payload(own)] }
        }
    }

    private static let weakest = Array("ssh-rsa".utf8)
    private static let renewed = "rsa-sha2-256,ssh-ed25519"

    /// SK-10: a second EXT_INFO that holds another list, which counts from there on.
    private static func again(
        _ what: String, _ order: @escaping @Sendable (Step, _ own: ByteBuffer, _ again: ByteBuffer) -> [ByteBuffer]
    ) -> HostileRow {
        let again = extInfo((ExtInfo.serverSignatureAlgorithms, Array(renewed.utf8)))
        return HostileRow("SK-10", "EXT_INFO again, \(what)", .works) { configuration, _ in
            configuration.hook = { _, step, own in order(step, own, again).map { .payload($0) } }
        }.expecting {
            $0.engine.serverSignatureAlgorithms?.joined == Array(renewed.utf8)
                && $0.peer.messages(Unimplemented.self).isEmpty
        }
    }

    /// SK-11: the list is still the first one's, and the packet, the fourth under these keys, has its one answer.
    private static func isUnmoved(_ conversation: Conversation) -> Bool {
        let first = "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256"
        return conversation.engine.serverSignatureAlgorithms?.joined == Array(first.utf8)
            && conversation.peer.messages(Unimplemented.self).map(\.sequenceNumber) == [3]
    }

    private static let extensions: [HostileRow] = [
        again("right behind SERVICE_ACCEPT") { step, own, again in step == .serviceAccept ? [own, again] : [own] },
        again("right before SUCCESS") { step, own, again in step == .authentication ? [again, own] : [own] },
        HostileRow("SK-11", "EXT_INFO in a session", .works) { configuration, _ in
            let late = extInfo((ExtInfo.serverSignatureAlgorithms, weakest))
            configuration.hook = { _, _, own in
                let number: UInt8? = own.getInteger(at: own.readerIndex)
                return (number == MessageNumber.channelOpenConfirmation.rawValue ? [.payload(late)] : [])
                    + [.payload(own)]
            }
        }.expecting(isUnmoved),
        HostileRow("SK-11", "EXT_INFO right behind SUCCESS", .works) { configuration, _ in
            let late = extInfo((ExtInfo.serverSignatureAlgorithms, weakest))
            configuration.hook = { _, step, own in
                [.payload(own)] + (step == .authentication ? [.payload(late)] : [])
            }
        }.expecting(isUnmoved),
        HostileRow("SK-12", "EXT_INFO three times", .works) { configuration, _ in
            configuration.hook = { _, step, own in
                step == .extInfo ? [.payload(own), .payload(own), .payload(own)] : [.payload(own)]
            }
        }.expecting { $0.peer.messages(Unimplemented.self).map(\.sequenceNumber) == [2] },
        HostileRow("SK-13", "no extension", .works, prepare: announced(extInfo())),
        HostileRow(
            "SK-13", "1,025 extensions claimed", .fails([.malformed], .protocolError),
            prepare: announced(ByteBuffer(bytes: [7, 0, 0, 4, 1]))),
        HostileRow(
            "SK-13", "4,294,967,295 extensions claimed", .fails([.malformed], .protocolError),
            prepare: announced(ByteBuffer(bytes: [7, 255, 255, 255, 255]))),
        HostileRow(
            "SK-13", "the same twice, the last counts", .works,
            prepare: announced(
                extInfo(("server-sig-algs", Array("ssh-rsa".utf8)), ("server-sig-algs", Array("rsa-sha2-256".utf8))))
        ).expecting { $0.engine.serverSignatureAlgorithms == ["rsa-sha2-256"] },
        HostileRow(
            "SK-13", "250 KiB and NULs", .works,
            prepare: announced(extInfo(("\0odd", [UInt8](repeating: 0, count: 250 * 1024))))),
        HostileRow(
            "SK-13", "a name of 250 KiB, and one that counts behind it", .works,
            prepare: announced(
                extInfo(
                    (Name([UInt8](repeating: 0x61, count: 250 * 1024)), [1]),
                    (ExtInfo.serverSignatureAlgorithms, Array(renewed.utf8))))
        ).expecting { $0.engine.serverSignatureAlgorithms?.joined == Array(renewed.utf8) },
        // No packet holds so much.
        HostileRow(
            "SK-13", "a name of 256 KiB", .fails([.packet], .protocolError),
            prepare: announced(extInfo((Name([UInt8](repeating: 0x61, count: 256 * 1024)), [])))),
        HostileRow(
            "SK-13", "a value of 256 KiB", .fails([.packet], .protocolError),
            prepare: announced(extInfo(("odd", [UInt8](repeating: 0, count: 256 * 1024))))),
    ]

    private static func accepts(_ payloads: ByteBuffer...) -> Prepare {
        { configuration, _ in
            configuration.hook = { _, step, own in
                step == .serviceAccept ? payloads.map { .payload($0) } : [.payload(own)]
            }
        }
    }

    private static let granted = ServiceAccept(service: ServiceRequest.userAuthentication).payload

    private static let service: [HostileRow] = [
        HostileRow("SK-16", "an accept without a name", .works, prepare: accepts(ServiceAccept(service: nil).payload)),
        HostileRow(
            "SK-16", "another service", .fails([.unexpected], .protocolError),
            prepare: accepts(ServiceAccept(service: "ssh-connection").payload)),
        HostileRow("SK-16", "twice", .fails([.unexpected], .protocolError), prepare: accepts(granted, granted)),
        HostileRow(
            "SK-16", "unasked, in a session", .fails([.unexpected], .protocolError),
            prepare: insert(.channelReply, isStrict: true, granted)),
        HostileRow(
            "SK-17", "the server asks for a service", .works,
            prepare: insert(.authentication, isStrict: true, ServiceRequest(service: "ssh-userauth").payload)
        ).expecting { $0.peer.messages(Unimplemented.self).count == 1 },
        HostileRow(
            "AU-01", "SUCCESS before the service was granted", .fails([.unexpected], .protocolError),
            prepare: accepts(UserauthSuccess().payload)),
        HostileRow(
            "AU-04", "SUCCESS in a session", .fails([.unexpected], .protocolError),
            prepare: insert(.channelReply, isStrict: true, UserauthSuccess().payload)),
    ]

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
