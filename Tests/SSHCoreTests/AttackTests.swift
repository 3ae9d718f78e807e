import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// attacks.md, part A, where no table of another suite holds it.
@Suite("Attacks on the handshake")
struct AttackTests {
    private static let channel = ChannelID(rawValue: 0)

    private func session(
        _ delivery: Delivery = .whole,
        _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void = { _, _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.program = { _ in [] }
        script.endsInput = false
        try change(&configuration, &script)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    @Test(
        "A2 The marker counts in the first proposal alone: later it neither turns strictness on nor off",
        arguments: [true, false], Delivery.allCases)
    func laterMarkers(_ isStrict: Bool, _ delivery: Delivery) throws {
        let conversation = try session(delivery) { configuration, _ in configuration.isStrict = isStrict }
        conversation.peer.configuration.alterKexInit = {
            $0.keyExchanges.names.removeAll { $0 == AlgorithmPolicy.Markers.strictServer }
            if !isStrict { $0.keyExchanges.names.append(AlgorithmPolicy.Markers.strictServer) }
        }
        for _ in 0..<3 {
            conversation.peer.startRekey()
            conversation.run()
            conversation.inject(.message(GlobalRequest(name: "odd", wantsReply: true)))
        }
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(conversation.engine.isStrictKeyExchange == isStrict && conversation.engine.rekeyCount == 3)
        #expect(conversation.peer.messages(RequestFailure.self).count == 3)
    }

    @Test(
        "A3 A8 Nothing of the login or the session is believed before the keys are in force",
        arguments: [Step.kexInit, .kexReply, .newKeys], Delivery.allCases)
    func rogueMessages(_ place: Step, _ delivery: Delivery) throws {
        let extensions = ExtInfo(
            extensions: [ExtInfo.Extension(name: "server-sig-algs", value: ByteBuffer(string: "ssh-rsa"))])
        let payloads: [ByteBuffer] = [
            extensions.payload, ServiceAccept(service: "ssh-userauth").payload, UserauthSuccess().payload,
            UserauthFailure(methods: ["password"], partialSuccess: false).payload,
            UserauthBanner(text: ByteBuffer(string: "hello")).payload, ByteBuffer(bytes: [60, 0, 0, 0, 0]),
            GlobalRequest(name: "odd", wantsReply: true).payload, ByteBuffer(bytes: [81]),
            ChannelOpen(type: "session", sender: Self.channel, windowSize: 1, maximumPacketSize: 9).payload,
            ChannelData(recipient: Self.channel, data: ByteBuffer(string: "x")).payload,
        ]
        for (payload, isStrict) in payloads.flatMap({ [($0, true), ($0, false)] }) {
            let conversation = try session(delivery) { configuration, _ in
                configuration.isStrict = isStrict
                configuration.hook = { _, step, own in (step == place ? [.payload(payload)] : []) + [.payload(own)] }
            }
            #expect(conversation.record.errors.map(\.kind) == [.unexpected])
            #expect(conversation.engine.serverSignatureAlgorithms == nil && conversation.record.banners.isEmpty)
            #expect(!conversation.record.isLoggedIn && conversation.peer.attempts.isEmpty)
        }
    }

    private static let ping = Ping(data: ByteBuffer(repeating: 7, count: 8192)).payload

    private static func pingCount(_ delivery: Delivery) -> Int { delivery == .whole ? FloodTests.million / 40 : 20 }

    private func pongCount(_ conversation: Conversation) -> Int {
        conversation.peer.received.count { $0.number == MessageNumber.pong.rawValue }
    }

    @Test(
        "A4 Before the login no PING is answered with a PONG, however many come",
        arguments: [Step.kexReply, .newKeys, .extInfo, .serviceAccept, .authentication], Delivery.allCases)
    func pingsBeforeLogin(_ place: Step, _ delivery: Delivery) throws {
        let count = Self.pingCount(delivery)
        let conversation = try session(delivery) { configuration, _ in
            configuration.isStrict = false
            configuration.hook = { peer, step, own in
                guard step == place else { return [.payload(own)] }
                peer.configuration.hook = { _, _, own in [.payload(own)] }
                return Array(repeating: .payload(Self.ping), count: count) + [.payload(own)]
            }
        }
        #expect(conversation.record.errors.isEmpty && conversation.record.isLoggedIn)
        #expect(pongCount(conversation) == 0)
        #expect(conversation.peer.messages(Unimplemented.self).count == count)
        #expect(conversation.record.highestOutboundByteCount < Limits.outboundByteCount)
    }

    @Test("A4 In a strict exchange the first PING ends it", arguments: Delivery.allCases)
    func pingsStrict(_ delivery: Delivery) throws {
        let conversation = try session(delivery) { configuration, _ in
            configuration.hook = { _, step, own in
                step == .kexReply ? [.payload(Self.ping), .payload(Self.ping)] : [.payload(own)]
            }
        }
        #expect(conversation.record.errors == [.unexpected(.ping, during: .keyExchange)])
    }

    @Test("A4 While keys change no PING is answered, then or later", arguments: [true, false], Delivery.allCases)
    func pingsDuringRekey(_ isOurs: Bool, _ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let pings = Array(repeating: Emission.payload(Self.ping), count: Self.pingCount(delivery))
        // Before the peer's KEXINIT, and thus after ours, or before its reply.
        let place = isOurs ? Step.kexInit : .kexReply
        conversation.peer.configuration.hook = { _, step, own in (step == place ? pings : []) + [.payload(own)] }
        if isOurs { conversation.perform(.rekey) } else { conversation.peer.startRekey() }
        conversation.run()
        #expect(conversation.record.errors.isEmpty && conversation.engine.rekeyCount == 1)
        #expect(pongCount(conversation) == 0 && conversation.record.highestOutboundByteCount < Limits.outboundByteCount)
        conversation.inject(.payload(Self.ping))
        #expect(pongCount(conversation) == 1)
    }

    @Test(
        "A5 A server that streams data after its KEXINIT is stopped at the first packet", arguments: Delivery.allCases)
    func dataDuringRekey(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        conversation.peer.configuration.repliesToShare = false
        conversation.peer.startRekey()
        conversation.run()
        let data = ChannelData(recipient: Self.channel, data: ByteBuffer(repeating: 1, count: 1000))
        conversation.inject(.message(data), .message(data))
        #expect(conversation.record.errors == [.unexpected(.channelData, during: .rekey)])
        #expect(conversation.record.output.isEmpty)
    }

    @Test("A6 Nobody may ask us to resume", arguments: Delivery.allCases)
    func roaming(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let sent = conversation.peer.received.count
        conversation.inject(.message(GlobalRequest(name: "roaming@appgate.com", wantsReply: true)), .bytes([103]))
        #expect(conversation.record.errors.isEmpty)
        #expect(conversation.peer.received.dropFirst(sent).map(\.number) == [82, 3])
    }

    @Test(
        "A10 RK-08 Hashes of every size take turns, and the session identifier stays the first",
        arguments: Delivery.allCases)
    func hashes(_ delivery: Delivery) throws {
        let turns: [KeyExchangeAlgorithm] = [
            .sntrup761X25519SHA512, .ecdhNISTP384, .curve25519SHA256, .ecdhNISTP521, .group14SHA256,
        ]
        let conversation = try session(delivery) { configuration, _ in
            configuration.keyExchangeNames = ["curve25519-sha256"]
        }
        let session = try #require(conversation.peer.sessionID)
        #expect(session.count == 32)
        for (index, algorithm) in turns.enumerated() {
            conversation.peer.configuration.keyExchangeNames = [Name(algorithm.rawValue)]
            if index.isMultiple(of: 2) { conversation.peer.startRekey() } else { conversation.perform(.rekey) }
            conversation.write([UInt8(index)], to: Self.channel)
            conversation.run()
            conversation.inject(.message(ChannelData(recipient: Self.channel, data: ByteBuffer(bytes: [UInt8(index)]))))
            #expect(conversation.record.agreements.last?.keyExchange == algorithm)
            #expect(conversation.peer.sessionID == session)
        }
        #expect(conversation.peer.exchangeHashes.map(\.count) == [32, 64, 48, 32, 64, 32])
        #expect(conversation.peer.exchangeHashes.first == session)
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(conversation.record.output[Self.channel] == [0, 1, 2, 3, 4])
        #expect(conversation.peer.channels.values.first?.input == [0, 1, 2, 3, 4])
    }

    @Test(
        "A11 RK-10 Another host key at a later exchange ends the connection, whatever its type",
        arguments: [true, false], Delivery.allCases)
    func otherHostKey(_ isSameType: Bool, _ delivery: Delivery) throws {
        let conversation = try session(delivery)
        let other = isSameType ? try TestKeys.ed25519(seed: 2) : try TestKeys.ecdsaNISTP256()
        conversation.peer.configuration.hostKeys = [other]
        conversation.peer.configuration.hostKeyNames = [other.verificationKey.type]
        conversation.perform(.rekey)
        #expect(conversation.record.errors == [.hostKeyChangedDuringRekey])
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.hostKeyNotVerifiable])
        conversation.inject(.message(ChannelData(recipient: Self.channel, data: ByteBuffer(string: "late"))))
        #expect(conversation.record.output.isEmpty && conversation.record.offeredKeys.count == 1)
    }

    @Test("RK-11 After a bad signature at a later exchange nothing more is taken", arguments: Delivery.allCases)
    func badSignature(_ delivery: Delivery) throws {
        let conversation = try session(delivery)
        conversation.peer.configuration.alterReply = { $0.signature[40] ^= 1 }
        conversation.perform(.rekey)
        #expect(conversation.record.errors == [.hostSignature])
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.keyExchangeFailed])
        conversation.inject(.message(ChannelData(recipient: Self.channel, data: ByteBuffer(string: "late"))))
        #expect(conversation.record.output.isEmpty)
    }

    /// A server that signs in its own way, whatever it agreed on.
    private func signing(
        _ algorithm: SignatureAlgorithm, agreed: SignatureAlgorithm, called name: SignatureAlgorithm,
        _ delivery: Delivery
    ) throws -> Conversation {
        let key = try TestKeys.rsa()
        return try session(delivery) { configuration, script in
            configuration.hostKeys = [key]
            configuration.hostKeyNames = [Name(agreed.rawValue)]
            configuration.signsWith = algorithm
            configuration.alterReply = { reply in
                var blob = ByteBuffer()
                blob.writeString(utf8: name.rawValue)
                blob.writeString(Array(reply.signature.suffix(256)))
                reply.signature = Array(blob.readableBytesView)
            }
            script.configuration.algorithms.hostKeys = [agreed]
        }
    }

    @Test(
        "A15 SHA-1 is neither offered for host keys nor taken where SHA-2 was agreed on, were the signature ever so right",
        arguments: [SignatureAlgorithm.rsaSHA512, .rsaSHA256], Delivery.allCases)
    func weakHash(_ agreed: SignatureAlgorithm, _ delivery: Delivery) throws {
        #expect(!AlgorithmPolicy.standard.hostKeys.contains(.rsaSHA1))
        #expect(!AlgorithmPolicy.standard.macs.contains { $0.rawValue.contains("sha1") })
        #expect(!AlgorithmPolicy.standard.keyExchanges.contains { $0.hash == .sha1 })
        for name in [SignatureAlgorithm.rsaSHA1, agreed] {
            let refused = try signing(.rsaSHA1, agreed: agreed, called: name, delivery)
            #expect(refused.record.errors == [.hostSignature] && refused.record.offeredKeys.isEmpty)
            #expect(refused.peer.messages(Disconnect.self).map(\.reason) == [.keyExchangeFailed])
        }
        // It is the algorithm that counts: the very signature holds where it was agreed on.
        let taken = try signing(.rsaSHA1, agreed: .rsaSHA1, called: .rsaSHA1, delivery)
        #expect(taken.record.isLoggedIn && taken.record.errors.isEmpty)
    }
}
