import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// What a second look at the whole transport found.
@Suite("The transport, looked at again")
struct TransportReviewTests {
    private static let longName = Name([UInt8](repeating: 0x41, count: 200_000))

    private func connected(
        _ delivery: Delivery = .whole, _ change: (inout PeerConfiguration, inout ClientScript) -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        script.commands = []
        change(&configuration, &script)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.isLoggedIn)
        return conversation
    }

    @Test(
        "What is noted of a refused request is short: two hundred bytes on the wire can name it with 200,000",
        arguments: [
            GlobalRequest(name: longName, wantsReply: false).payload,
            ChannelOpen(type: longName, sender: ChannelID(rawValue: 1), windowSize: 1, maximumPacketSize: 100).payload,
            ChannelRequest(
                recipient: ChannelID(rawValue: 0), name: longName, wantsReply: false, details: ByteBuffer()
            ).payload,
        ])
    func longNames(_ payload: ByteBuffer) throws {
        let conversation = try connected { configuration, script in
            configuration.compressionNames = ["zlib@openssh.com"]
            configuration.program = { _ in [] }
            script.commands = [HostileCheck.command]
        }
        for _ in 0..<20 { conversation.inject(.payload(payload)) }
        #expect(conversation.record.errors.isEmpty && conversation.record.notes.count == 21)
        for note in conversation.record.notes {
            switch note {
            case .globalRequestRefused(let name), .channelOpenRefused(let name), .channelRequestRefused(let name):
                #expect(name.bytes.count == 64)
            default: #expect(note == .notPostQuantum(.curve25519SHA256))
            }
        }
    }

    @Test("SK-13 The names that a server says it takes signatures of are as few as in any list")
    func manySignatureNames() throws {
        let conversation = try connected { configuration, _ in
            let names = "ssh-ed25519," + String(repeating: "a,", count: 100_000)
            configuration.extensions = [
                ExtInfo.Extension(name: ExtInfo.serverSignatureAlgorithms, value: ByteBuffer(string: names))
            ]
        }
        let names = try #require(conversation.engine.serverSignatureAlgorithms?.names)
        #expect(names.first == "ssh-ed25519" && names.count <= NameList.maximumNameCount + 1)
    }

    @Test(
        "RK-09 Without strict key exchange, the strict profile refuses later what it refuses first",
        arguments: Delivery.allCases)
    func strictLater(_ delivery: Delivery) throws {
        let conversation = try connected(delivery) { configuration, script in
            configuration.isStrict = false
            configuration.cipherNames = ["aes128-gcm@openssh.com"]
            script.configuration.algorithms.requiresStrict = true
        }
        conversation.peer.configuration.cipherNames = ["chacha20-poly1305@openssh.com"]
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.record.errors == [.notStrict] && conversation.record.agreements.count == 1)
    }

    @Test("Intervals of no length, and keys for no bytes, are none: nothing is asked or renewed without end")
    func noIntervals() throws {
        let conversation = try connected { _, script in
            script.configuration.keepAlive.interval = .zero
            script.configuration.keepAlive.countMax = .max
            script.configuration.rekeyLimit.interval = .seconds(-1)
            script.configuration.rekeyLimit.byteCount = 0
        }
        conversation.inject(.message(Ignore(data: ByteBuffer())))
        #expect(conversation.record.errors.isEmpty && conversation.record.agreements.count < 20)
        #expect(script(of: conversation).rekeyLimit.byteCount == 16)
        conversation.advance(by: .zero)
        #expect(conversation.record.errors.isEmpty)
    }

    private func script(of conversation: Conversation) -> EngineConfiguration { conversation.script.configuration }

    @Test(
        "RK-14 Empty packets of data between key exchanges do not make them fewer", arguments: [false, true],
        Delivery.allCases)
    func emptyData(_ isError: Bool, _ delivery: Delivery) throws {
        let conversation = try connected(delivery) { configuration, script in
            configuration.program = { _ in [] }
            script.commands = [HostileCheck.command]
            script.endsInput = false
        }
        let id = ChannelID(rawValue: 0)
        for _ in 0...Limits.idleRekeyCount {
            #expect(conversation.record.errors.isEmpty)
            if isError {
                conversation.peer.send(.other, ChannelExtendedData(recipient: id, type: 1, data: ByteBuffer()))
            } else {
                conversation.peer.send(.other, ChannelData(recipient: id, data: ByteBuffer()))
            }
            conversation.peer.startRekey()
            conversation.run()
        }
        #expect(conversation.record.errors == [.limit(.rekeys)])
    }

    @Test("OpenSSH 6.6.1, of CentOS 7 and Ubuntu 14.04, drops the zeros of X25519's secret that 6.5 and 6.6 keep")
    func mendedZeros() {
        func quirks(_ software: String) -> Quirks { Quirks(Identification(line: Array("SSH-2.0-\(software)".utf8))) }
        for software in ["OpenSSH_6.6.1", "OpenSSH_6.6.1p1 Ubuntu-2ubuntu2.13", "OpenSSH_6.7p1"] {
            #expect(!quirks(software).contains(.keepsZerosOfSecret))
        }
        for software in ["OpenSSH_6.5p1", "OpenSSH_6.6", "OpenSSH_6.6p1 Debian-1"] {
            #expect(quirks(software).contains(.keepsZerosOfSecret))
        }
    }

    @Test("Key exchanges of both sides may cross in any order, with data both ways", arguments: 0..<24 as Range<UInt64>)
    func crossing(_ seed: UInt64) throws {
        var dice = Dice(state: seed &* 7919 &+ 13)
        let text = (0..<50_000).map { UInt8(truncatingIfNeeded: $0) }
        let rounds = 1 + dice.roll(4)
        let rekeys = (0..<rounds).map { _ in dice.roll(2) == 0 }
        let window = [1000, 32 * 1024, 2 * 1024 * 1024][dice.roll(3)]
        let conversation = try Self.prepare(&dice) { configuration in
            configuration.channelWindow = UInt32(window)
            configuration.program = { _ in
                rekeys.flatMap { ($0 ? [.rekey] : []) + [ProgramStep.output(text)] }
                    + [.echoInput, .exitStatus(0), .endOfOutput, .close]
            }
        }
        // While nothing of ours is sent, what the server says crosses it.
        for _ in 0..<30 {
            conversation.script.sends = dice.roll(2) == 0
            let isOpen = conversation.record.isLoggedIn && !conversation.record.isOver
            if isOpen, dice.roll(3) == 0 { conversation.perform(.rekey) }
            if isOpen, dice.roll(3) == 0 {
                conversation.peer.send(.other, GlobalRequest(name: GlobalRequest.keepAlive, wantsReply: true))
            }
            conversation.run()
        }
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        let expected = rekeys.flatMap { _ in text } + conversation.script.input
        #expect(conversation.record.output.values.first == expected && conversation.record.closed.count == 1)
    }

    private static func prepare(
        _ dice: inout Dice, _ change: (inout PeerConfiguration) -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.isStrict = dice.roll(2) == 0
        configuration.compressionNames = dice.roll(2) == 0 ? ["zlib@openssh.com"] : ["none"]
        configuration.keyExchangeNames =
            [
                ["curve25519-sha256"], ["ecdh-sha2-nistp256"], ["diffie-hellman-group14-sha256"],
            ][dice.roll(3)]
        configuration.cipherNames =
            [
                ["aes128-gcm@openssh.com"], ["chacha20-poly1305@openssh.com"], ["aes128-ctr"],
            ][dice.roll(3)]
        change(&configuration)
        script.input = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        script.configuration.rekeyLimit.byteCount = [16, 1000, 30_000, 1 << 30][dice.roll(4)]
        return try Conversation(configuration, script: script)
    }

    /// The same throws for the same seed.
    private struct Dice {
        var state: UInt64

        mutating func roll(_ sides: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(sides))
        }
    }
}
