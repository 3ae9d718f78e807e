import NIOCore
import PeerSupport
import SSHWire
import Testing

@testable import SSHCrypto

/// hostile.md §4 and attacks.md A12 to A14, for each method: its messages, its shares, its secrets.
@Suite("Hostile shares of every method")
struct HostileShareTests {
    @Test(
        "A13 A14 KX-06 to KX-09 end as the table says, however the bytes arrive", arguments: ShareRows.rows,
        Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

    @Test(
        "A12 Groups at both edges of what is allowed are taken", arguments: [FiniteFieldGroup.Name.group14, .group18],
        Delivery.allCases)
    func edges(_ name: FiniteFieldGroup.Name, _ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        try ShareRows.only(.groupExchangeSHA256)(&configuration, &script)
        configuration.group = try FiniteFieldGroup(name)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.isLoggedIn && conversation.record.errors.isEmpty)
    }

    @Test("A12 A thousand exponents are of full length, each another, and half their bits are set")
    func exponents() throws {
        var random = RandomSource.seeded(12)
        let group = try FiniteFieldGroup(.group14)
        var seen: Set<[UInt8]> = []
        var bitCount = 0
        for _ in 0..<1000 {
            let exponent = try FiniteFieldKey(group, random: &random).exponent.publicNumber()
            #expect(exponent.bitCount == 8 * FiniteFieldKey.exponentByteCount)
            bitCount += exponent.magnitude.reduce(0) { $0 + $1.nonzeroBitCount }
            seen.insert(exponent.magnitude)
        }
        // Twice the strength of the largest group (RFC 3526 §8: up to 310 bits), and within six standard deviations.
        #expect(FiniteFieldKey.exponentByteCount * 8 >= 620)
        #expect(seen.count == 1000 && abs(bitCount - 320_500) < 6 * 400)
    }

    /// One of each kind, and how many secrets of it are tried.
    private static let methods: [(KeyExchangeAlgorithm, Int)] = {
        let (many, few, least) = FloodTests.isFull ? (256, 256, 256) : (64, 8, 2)
        let all: [(KeyExchangeAlgorithm, Int)] = [
            (.mlkem768X25519SHA256, many), (.sntrup761X25519SHA512, few), (.ecdhNISTP256, many), (.ecdhNISTP384, few),
            (.ecdhNISTP521, few), (.curve448SHA512, many), (.group14SHA256, few), (.group16SHA512, least),
            (.group18SHA512, least), (.groupExchangeSHA256, least), (.group1SHA1, many), (.groupExchangeSHA1, least),
        ]
        return all.filter { KeyExchangeAlgorithm.available.contains($0.0) }
    }()

    @Test("KX-10 The secrets of every method come out alike, whatever their first byte", arguments: methods)
    func secrets(_ algorithm: KeyExchangeAlgorithm, _ count: Int) throws {
        for seed in 0..<count {
            var (configuration, script) = try HostileCheck.honest()
            try ShareRows.only(algorithm)(&configuration, &script)
            configuration.seed = UInt64(1000 + seed)
            script.seed = UInt64(seed)
            script.commands = []
            #expect(try Conversation(configuration, script: script).run().record.isLoggedIn, "seed \(seed)")
        }
    }

    private static let families: [KeyExchangeAlgorithm] = [
        .mlkem768X25519SHA256, .sntrup761X25519SHA512, .curve25519SHA256, .ecdhNISTP256, .group14SHA256,
        .groupExchangeSHA256,
    ].filter(KeyExchangeAlgorithm.available.contains)

    @Test(
        "KX-02 Another method's message number is an error, for every method", arguments: families, Delivery.allCases)
    func otherNumbers(_ algorithm: KeyExchangeAlgorithm, _ delivery: Delivery) throws {
        let places: [(Step, UInt8)] =
            algorithm.isGroupExchange ? [(.kexGroup, 31), (.kexReply, 33)] : [(.kexReply, 31)]
        for (place, expected) in places {
            for (number, isStrict) in (UInt8(30)...49).flatMap({ [($0, true), ($0, false)] })
            where number != expected && (isStrict || delivery == .whole) {
                var (configuration, script) = try HostileCheck.honest()
                try ShareRows.only(algorithm)(&configuration, &script)
                configuration.isStrict = isStrict
                configuration.hook = { _, step, own in
                    step == place ? [.bytes([number] + own.readableBytesView.dropFirst())] : [.payload(own)]
                }
                let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
                #expect(conversation.record.errors.map(\.kind) == [.unexpected], "\(number) at \(place)")
                #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
            }
        }
    }

    @Test("A2 In a strict exchange nothing fits into any gap, for every method", arguments: families)
    func gaps(_ algorithm: KeyExchangeAlgorithm) throws {
        let again = KexInit(
            cookie: [UInt8](repeating: 1, count: 16),
            keyExchanges: [Name(algorithm.rawValue)], hostKeys: ["ssh-ed25519"],
            ciphers: ["aes128-ctr"], macs: ["hmac-sha2-256"])
        let injections: [ByteBuffer] = [
            Ignore(data: ByteBuffer()).payload,
            DebugMessage(alwaysDisplay: true, text: ByteBuffer(string: "x")).payload,
            Unimplemented(sequenceNumber: 4_000_000).payload, ByteBuffer(bytes: [200]),
            ExtInfo(extensions: []).payload, Ping(data: ByteBuffer()).payload, again.payload,
        ]
        let steps: [Step] = [.kexInit] + (algorithm.isGroupExchange ? [.kexGroup] : []) + [.kexReply, .newKeys]
        for step in steps {
            for payload in injections {
                var (configuration, script) = try HostileCheck.honest()
                try ShareRows.only(algorithm)(&configuration, &script)
                configuration.hook = { _, current, own in
                    (current == step ? [.payload(payload)] : []) + [.payload(own)]
                }
                let conversation = try Conversation(configuration, script: script).run()
                #expect(conversation.record.errors.map(\.kind) == [.unexpected], "before \(step)")
                #expect(!conversation.record.isLoggedIn)
            }
        }
    }
}
