import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire
import Testing

/// `zlib@openssh.com` in conversations (OpenSSH PROTOCOL §1.2).
@Suite("Compression")
struct CompressionTests {
    private static let channel = ChannelID(rawValue: 0)

    private func session(
        _ delivery: Delivery = .whole, _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.compressionNames = ["none", "zlib@openssh.com"]
        script.configuration.algorithms.compressions = [.zlibOpenSSH, .none]
        script.credentials = [.none, .password(Array("not this".utf8)), .password(ClientScript.password)]
        change(&configuration, &script)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    private static func text(_ byteCount: Int) -> [UInt8] {
        Array(String(repeating: "so it goes, and goes, and goes; ", count: byteCount / 32).utf8)
    }

    @Test(
        "Both directions are compressed once the login succeeded, and after each new keys again",
        arguments: Delivery.allCases)
    func bothWays(_ delivery: Delivery) throws {
        let text = Self.text(delivery == .whole || delivery == .coalesced ? 1_000_000 : 20_000)
        let conversation = try session(delivery) { configuration, script in
            configuration.program = { _ in
                [.output(text), .rekey, .echoInput, .rekey, .output(text), .exitStatus(0), .endOfOutput, .close]
            }
            script.input = text
        }
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(conversation.record.agreements.count == 3)
        #expect(
            conversation.record.agreements.allSatisfy {
                $0.compressionClientToServer == .zlibOpenSSH && $0.compressionServerToClient == .zlibOpenSSH
            })
        #expect(isSame(conversation.record.output[Self.channel], text + text + text))
        #expect(conversation.record.exits == [.status(0)])
        #expect(conversation.record.clientBytes.count < 12_000 + text.count / 4)
        #expect(conversation.peer.wire.reduce(0) { $0 + $1.count } < 12_000 + text.count / 2)
        // The peer reads nothing compressed before the login: three attempts went out as they are.
        #expect(conversation.peer.attempts.count == 3)
    }

    @Test(
        "Each direction may be compressed by itself, and a server may choose none", arguments: [true, false],
        [true, false])
    func apart(_ isOut: Bool, _ isIn: Bool) throws {
        let conversation = try session { configuration, _ in
            configuration.alterKexInit = {
                $0.compressionsClientToServer = isOut ? ["zlib@openssh.com"] : ["none"]
                $0.compressionsServerToClient = isIn ? ["zlib@openssh.com"] : ["none"]
            }
        }
        let agreed = try #require(conversation.record.agreements.first)
        #expect((agreed.compressionClientToServer == .zlibOpenSSH) == isOut)
        #expect((agreed.compressionServerToClient == .zlibOpenSSH) == isIn)
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(conversation.record.output[Self.channel] == HostileCheck.command)
    }

    @Test("By default nothing is compressed, and a server that offers only zlib@openssh.com is served")
    func preference() throws {
        let plain = try session { _, script in script.configuration = ClientScript().configuration }
        #expect(plain.record.agreements.first?.compressionClientToServer == CompressionAlgorithm.none)
        let forced = try session { configuration, script in
            configuration.compressionNames = ["zlib@openssh.com"]
            script.configuration = ClientScript().configuration
        }
        #expect(forced.record.agreements.first?.compressionServerToClient == .zlibOpenSSH)
        #expect(forced.record.output[Self.channel] == HostileCheck.command)
    }

    @Test("Compression may end and begin at each new keys, in the middle of data")
    func switching() throws {
        let conversation = try session { configuration, script in
            configuration.program = { _ in [] }
            script.endsInput = false
        }
        let piece = Self.text(3200)
        for round in 0..<10 {
            conversation.peer.configuration.compressionNames = round.isMultiple(of: 2) ? ["none"] : ["zlib@openssh.com"]
            conversation.peer.inject(.message(ChannelData(recipient: Self.channel, data: ByteBuffer(bytes: piece))))
            conversation.peer.startRekey()
            conversation.write(piece, to: Self.channel)
            conversation.run()
            conversation.inject(.message(ChannelData(recipient: Self.channel, data: ByteBuffer(bytes: piece))))
            conversation.write(piece, to: Self.channel)
            conversation.run()
            #expect(conversation.engine.rekeyCount == round + 1 && conversation.record.errors.isEmpty)
        }
        #expect(conversation.peer.failure == nil)
        let all = Array(repeating: piece, count: 20).flatMap { $0 }
        #expect(isSame(conversation.record.output[Self.channel], all))
        #expect(isSame(conversation.peer.channels.values.first?.input, all))
    }

    /// A session in which nothing compressed was said yet, so that a stream of our own making can begin.
    private func silent(_ delivery: Delivery) throws -> Conversation {
        try session(delivery) { _, script in script.commands = [] }
    }

    private func deflated(_ payload: ByteBuffer) throws -> Emission {
        var compressor = try Compressor()
        var output = ByteBuffer()
        try compressor.compress(payload, into: &output)
        return .uncompressed(output)
    }

    @Test("B11 What inflates to as much as a packet may hold is taken, and a bomb is not", arguments: Delivery.allCases)
    func bomb(_ delivery: Delivery) throws {
        let most = Int(Limits.packetByteCount)
        for (byteCount, isBomb) in [(most, false), (most + 1, true), (64 * most, true)] {
            let conversation = try silent(delivery)
            var payload = ByteBuffer(bytes: [2])
            payload.writeInteger(UInt32(byteCount - 5))
            payload.writeRepeatingByte(0, count: byteCount - 5)
            conversation.inject(try deflated(payload))
            #expect(conversation.record.errors.map(\.kind) == (isBomb ? [.compression] : []), "\(byteCount)")
            let reasons = conversation.peer.messages(Disconnect.self).map(\.reason.rawValue)
            #expect(reasons == (isBomb ? [6] : []))
        }
    }

    @Test(
        "B11 What is no compressed data, and a packet that inflates to nothing, end the connection",
        arguments: Delivery.allCases)
    func garbage(_ delivery: Delivery) throws {
        for bytes in [[0xFF, 0xFF, 0xFF], [2, 0, 0, 0, 0], [0x78, 0x9C, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            let conversation = try silent(delivery)
            conversation.inject(.uncompressed(ByteBuffer(bytes: bytes)))
            #expect(conversation.record.errors.map(\.kind) == [.compression])
            #expect(conversation.peer.messages(Disconnect.self).map(\.reason.rawValue) == [6])
        }
        let empty = try silent(delivery)
        empty.inject(try deflated(ByteBuffer()))
        #expect(empty.record.errors == [.packet])
        #expect(empty.peer.messages(Disconnect.self).map(\.reason) == [.protocolError])
    }

    @Test("SK-18 Pings that were small on the way are answered by what they are, not by what they took")
    func pings() throws {
        let conversation = try session(.coalesced) { configuration, script in
            configuration.compressionNames = ["zlib@openssh.com"]
            configuration.program = { _ in [] }
            script.endsInput = false
        }
        #expect(conversation.record.opened == [Self.channel])
        let ping = Ping(data: ByteBuffer(repeating: 0, count: 200_000)).payload
        for _ in 0..<100 { conversation.peer.inject(.payload(ping)) }
        conversation.run()
        #expect(conversation.record.errors.isEmpty)
        let atOnce = conversation.peer.messages(Pong.self).count
        #expect((1...8).contains(atOnce), "\(atOnce) answers of 200,000 bytes for what one read brought")
        conversation.inject(.payload(ping))
        #expect(conversation.peer.messages(Pong.self).count == atOnce + 1)
    }
}
