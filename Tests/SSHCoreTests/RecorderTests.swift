import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

@Suite("The record of messages")
struct RecorderTests {
    private static let command = Array("canary-command".utf8)

    private func conversation(
        records: Bool = true, _ change: (inout PeerConfiguration, inout ClientScript) -> Void = { _, _ in }
    ) throws -> Conversation {
        var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
        configuration.acceptedPassword = ClientScript.password
        var script = ClientScript()
        script.commands = [Self.command]
        script.configuration.recordsMessages = records
        change(&configuration, &script)
        return try Conversation(configuration, script: script)
    }

    /// All bytes that a record keeps, of whatever field.
    private func bytes(_ records: [RecordedMessage]) -> [UInt8] {
        records.flatMap(\.fields).flatMap { field -> [UInt8] in
            guard case .bytes(let bytes) = field.value else { return [0] }
            return bytes + [0]
        }
    }

    @Test("A login and a command stand on record in order, from the identifications to the last message")
    func order() throws {
        let conversation = try conversation().run()
        let records = conversation.engine.takeRecords()
        let sent = records.filter { $0.direction == .sent }.map(\.name)
        #expect(
            sent.prefix(8) == [
                "identification", "KEXINIT", "KEX_ECDH_INIT", "NEWKEYS", "SERVICE_REQUEST", "USERAUTH_REQUEST",
                "CHANNEL_OPEN", "CHANNEL_REQUEST",
            ])
        let received = records.filter { $0.direction == .received }.map(\.name)
        #expect(
            received.prefix(8) == [
                "identification", "KEXINIT", "KEX_ECDH_REPLY", "NEWKEYS", "EXT_INFO", "SERVICE_ACCEPT",
                "USERAUTH_SUCCESS", "CHANNEL_OPEN_CONFIRMATION",
            ])
        #expect(received.contains("CHANNEL_DATA") && received.last == "CHANNEL_CLOSE")
        let answer = try #require(records.firstIndex { $0.name == "KEX_ECDH_REPLY" })
        let request = try #require(records.firstIndex { $0.name == "KEX_ECDH_INIT" })
        #expect(request < answer)
        #expect(conversation.engine.takeRecords().isEmpty)
    }

    @Test("What is on record as sent is what the peer received: number, sequence, encryption and length")
    func agreesWithPeer() throws {
        let conversation = try conversation().run()
        let sent = conversation.engine.takeRecords().filter { $0.direction == .sent }.dropFirst()
        let received = conversation.peer.received
        #expect(sent.map { $0.number?.rawValue } == received.map(\.number))
        #expect(sent.map(\.packet?.sequence) == received.map(\.sequence))
        #expect(sent.map(\.packet?.isEncrypted) == received.map(\.isEncrypted))
        for (record, packet) in zip(sent, received) where record.number != .userauthRequest {
            #expect(record.payloadByteCount == packet.payload.readableBytes)
            // padding_length, the payload and at least four bytes of padding.
            #expect(Int(record.packet?.length ?? 0) >= packet.payload.readableBytes + 5)
        }
    }

    @Test("The packet_length of what was received is the one on the wire, and so is that of what was sent")
    func packetLength() throws {
        let conversation = try conversation().run()
        let records = conversation.engine.takeRecords()
        for direction in [RecordedMessage.Direction.sent, .received] {
            let record = try #require(records.first { $0.number == .kexInit && $0.direction == direction })
            let wire = direction == .sent ? conversation.record.clientBytes : conversation.peer.wire.flatMap { $0 }
            let start = try #require(wire.indices.dropFirst(5).first { wire[$0] == 20 && wire[$0 - 5] == 0 })
            let length = wire[start - 5..<start - 1].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            #expect(record.packet?.length == length)
            #expect(record.packet?.isEncrypted == false)
        }
    }

    @Test("A password leaves no trace: neither its bytes nor its length; the user's name is found by the same search")
    func password() throws {
        let conversation = try conversation().run()
        #expect(conversation.record.proofs == [.password])
        let records = conversation.engine.takeRecords()
        let kept = bytes(records)
        #expect(contains(kept, ClientScript.user) && contains(kept, Self.command))
        #expect(!contains(kept, ClientScript.password))
        let request = try #require(records.first { $0.number == .userauthRequest })
        #expect(request.payloadByteCount == nil)
        #expect(request.fields.last?.kind == .secret && request.fields.last?.byteCount == 0)
        let other = try self.conversation { configuration, script in
            configuration.acceptedPassword = Array("another-password".utf8)
            script.credentials = [.password(Array("another-password".utf8))]
        }.run()
        #expect(other.record.proofs == [.password])
        #expect(other.engine.takeRecords().first { $0.number == .userauthRequest } == request)
    }

    @Test("Off, nothing is kept; on, not a byte on the wire is different")
    func off() throws {
        let silent = try conversation(records: false).run()
        #expect(silent.engine.takeRecords().isEmpty)
        let recording = try conversation().run()
        #expect(silent.record.exits == [.status(0)])
        #expect(silent.record.clientBytes == recording.record.clientBytes)
    }

    @Test(
        "Shares are called what the method calls them",
        arguments: [
            ("curve25519-sha256", ["KEX_ECDH_INIT", "KEX_ECDH_REPLY"], ["Q_C"]),
            ("diffie-hellman-group14-sha256", ["KEXDH_INIT", "KEXDH_REPLY"], ["e"]),
            (
                "diffie-hellman-group-exchange-sha256",
                ["KEX_DH_GEX_REQUEST", "KEX_DH_GEX_GROUP", "KEX_DH_GEX_INIT", "KEX_DH_GEX_REPLY"], ["min", "n", "max"]
            ),
        ])
    func shares(method: String, names: [String], first: [String]) throws {
        let conversation = try conversation { configuration, _ in configuration.keyExchangeNames = [Name(method)] }
        conversation.run().perform(.rekey)
        let records = conversation.engine.takeRecords().filter { (30...34).contains($0.number?.rawValue ?? 0) }
        #expect(records.map(\.name) == names + names)
        #expect(records[0].fields.map(\.name) == first)
        #expect(records.flatMap(\.fields).allSatisfy { $0.kind != .undecoded })
    }

    @Test("A message that is refused stands on record before the DISCONNECT that it causes")
    func refused() throws {
        let conversation = try conversation { _, script in script.credentials = [.wait] }.run()
        _ = conversation.engine.takeRecords()
        conversation.inject(.message(ChannelEOF(recipient: ChannelID(rawValue: 0))))
        #expect(conversation.record.errors.count == 1)
        #expect(conversation.engine.takeRecords().map(\.name) == ["CHANNEL_EOF", "DISCONNECT"])
    }

    @Test("An identification line is on record with the length it had on the wire", arguments: ["\n", "\r\n"])
    func identification(lineEnd: String) throws {
        let conversation = try conversation { configuration, _ in configuration.lineEnd = Array(lineEnd.utf8) }.run()
        let lines = conversation.engine.takeRecords().filter { $0.number == nil }
        #expect(lines.map(\.direction) == [.sent, .received])
        let name = Array("SSH-2.0-ScriptedPeer_1".utf8)
        #expect(lines.last?.payloadByteCount == name.count + lineEnd.utf8.count)
        #expect(lines.last?.fields.first?.value == .bytes(name))
        #expect(lines.first?.payloadByteCount == EngineConfiguration.identification.count + 2)
    }

    @Test("A record has the time that passed since the connection began")
    func time() throws {
        let conversation = try conversation().run()
        #expect(conversation.engine.takeRecords().allSatisfy { $0.time == .zero })
        conversation.advance(by: .seconds(3)).perform(.rekey)
        let later = conversation.engine.takeRecords()
        #expect(later.first?.name == "KEXINIT")
        #expect(later.allSatisfy { $0.time == .seconds(3) })
    }

    @Test("Under compression the record holds what was compressed")
    func compression() throws {
        let conversation = try conversation { configuration, script in
            configuration.compressionNames = ["zlib@openssh.com"]
            script.input = [UInt8](repeating: 65, count: 5000)
            configuration.program = { _ in [.echoInput, .exitStatus(0), .endOfOutput, .close] }
        }.run()
        #expect(conversation.record.errors.isEmpty)
        let data = conversation.engine.takeRecords().filter { $0.number == .channelData }
        #expect(data.map(\.direction) == [.sent, .received])
        for record in data {
            #expect(record.payloadByteCount == 5009)
            #expect(record.packet.map { $0.length < 1000 } == true)
            #expect(record.fields.map(\.byteCount) == [4, 5000])
            #expect(record.fields.last.map { $0.value == .none } == true)
        }
    }

    @Test("If nobody takes them the oldest go, and the newest stay")
    func bounded() throws {
        let conversation = try conversation().run()
        let text = ByteBuffer(repeating: 97, count: 16_000)
        for _ in 0..<2000 { conversation.peer.inject(.message(DebugMessage(alwaysDisplay: false, text: text))) }
        conversation.run()
        let records = conversation.engine.takeRecords()
        #expect((500...1100).contains(records.count))
        #expect(records.last?.packet?.sequence == conversation.peer.sendSequence &- 1)
        let sequences = records.compactMap(\.packet?.sequence)
        #expect(zip(sequences, sequences.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
    }
}
