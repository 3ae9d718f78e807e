import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// What must hold whatever else changes.
@Suite("What must hold")
struct MustHoldTests {
    private func honest(
        _ delivery: Delivery = .whole, _ change: (inout PeerConfiguration, inout ClientScript) throws -> Void
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        try change(&configuration, &script)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    @Test("With a refused host key nothing but the key exchange and one DISCONNECT is sent")
    func refusedKey() throws {
        let conversation = try honest { _, script in script.trust = .refuse }
        #expect(conversation.record.errors == [.hostKeyRefused])
        #expect(conversation.peer.received.map(\.number) == [20, 30, 1])
        #expect(!contains(conversation.record.clientBytes, ClientScript.user))
    }

    @Test(
        "KX-23 While nobody has decided about the host key nothing is read, and nothing but the exchange was sent",
        arguments: Delivery.allCases)
    func undecidedKey(_ delivery: Delivery) throws {
        let conversation = try honest(delivery) { _, script in script.trust = .wait }
        #expect(!conversation.engine.wantsInput && conversation.engine.deadline == nil)
        for _ in 0..<1000 { conversation.inject(.message(Ignore(data: ByteBuffer(repeating: 1, count: 1000)))) }
        // The last read of before is what it holds.
        let held = conversation.engine.heldByteCount
        for byteCount in [1000, 100_000] { conversation.deliver(ByteBuffer(repeating: 1, count: byteCount)) }
        #expect(conversation.engine.heldByteCount == held + 101_000)
        #expect(conversation.peer.received.map(\.number) == [20, 30])
        #expect(conversation.record.rounds.isEmpty)
        conversation.perform(.refuseHostKey)
        #expect(conversation.record.errors == [.hostKeyRefused])
        #expect(conversation.peer.received.map(\.number) == [20, 30, 1])
    }

    @Test("KX-23 A driver that goes on reading while nobody has decided meets a limit, not the end of memory")
    func heldBytes() throws {
        let conversation = try honest { _, script in script.trust = .wait }
        var packet = ByteBuffer(repeating: 0, count: 1 << 20)
        while !conversation.record.isOver, conversation.engine.heldByteCount <= Limits.heldByteCount + 64 * 1024 {
            packet.moveReaderIndex(to: 0)
            conversation.deliver(packet)
        }
        #expect(conversation.record.errors == [.limit(.heldBytes)])
        #expect(conversation.engine.heldByteCount <= Limits.heldByteCount + 64 * 1024)
        conversation.run()
        #expect(conversation.peer.messages(Disconnect.self).count == 1)
    }

    @Test(
        "KX-33 Two servers that take turns behind one name are a changed key each time, and nothing is learned",
        arguments: Delivery.allCases)
    func alternatingKeys(_ delivery: Delivery) throws {
        let known = try PublicKey(TestKeys.ed25519(seed: 1).verificationKey)
        var hosts = KnownHosts()
        hosts.add(file: "known_hosts", contents: Array("host.example \(known.openSSHLine)\n".utf8))
        for turn in 0..<6 {
            let conversation = try honest(delivery) { configuration, script in
                configuration.hostKeys = [try TestKeys.ed25519(seed: turn.isMultiple(of: 2) ? 2 : 1)]
                script.trust = .wait
            }
            let key = try #require(conversation.record.offeredKeys.first)
            let decision = HostKeyPolicy.acceptNew.decide(
                hosts.verdict(for: key, host: "host.example", port: 22), key: key)
            guard case .trust(let token, let remembering) = decision else {
                #expect(turn.isMultiple(of: 2))
                conversation.perform(.refuseHostKey)
                #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.hostKeyNotVerifiable])
                continue
            }
            #expect(!turn.isMultiple(of: 2) && remembering == .leaveAsIs)
            conversation.perform(.trust(token))
            #expect(conversation.record.isLoggedIn)
        }
    }

    @Test("KX-24 A server that leaves while the question is open ends it", arguments: Delivery.allCases)
    func leavingWhileUndecided(_ delivery: Delivery) throws {
        let conversation = try honest(delivery) { _, script in script.trust = .wait }.close()
        #expect(conversation.record.errors == [.closed(.keyExchange)])
    }

    @Test(
        "A person who takes an hour over the host key does not run out of time, and the server still has what was left")
    func slowPerson() throws {
        let conversation = try honest { configuration, script in
            script.trust = .wait
            configuration.hook = { _, step, payload in step == .newKeys ? [] : [.payload(payload)] }
        }
        conversation.clock.advance(by: .seconds(3600))
        let key = try #require(conversation.record.offeredKeys.first)
        conversation.perform(.trust(.vouched(byCallerFor: key)))
        #expect(conversation.engine.deadline == conversation.clock.now + Limits.handshake)
    }

    @Test("Trusting another key than the one that was shown is the caller's mistake, and changes nothing")
    func anotherKeyTrusted() throws {
        let other = try TestKeys.ed25519(seed: 5)
        let conversation = try honest { _, script in script.trust = .other(other) }
        #expect(conversation.record.misuses.count == 1 && conversation.record.errors.isEmpty)
        #expect(conversation.peer.received.map(\.number) == [20, 30])
        let key = try #require(conversation.record.offeredKeys.first)
        conversation.perform(.trust(.vouched(byCallerFor: key)))
        #expect(conversation.record.isLoggedIn && conversation.record.misuses.count == 1)
    }

    @Test(
        "A server that stalls at any step ends with a typed error within the deadline",
        arguments: Step.allCases.filter { $0 != .other && $0 != .channelData })
    func stall(_ place: Step) throws {
        let conversation = try honest { configuration, _ in
            if place == .kexGroup { configuration.keyExchangeNames = ["diffie-hellman-group-exchange-sha256"] }
            configuration.hook = { peer, step, payload in
                if step == place { peer.configuration.hook = { _, _, _ in [] } }
                return step == place ? [] : [.payload(payload)]
            }
        }
        #expect(conversation.record.errors.isEmpty)
        conversation.passDeadlines { !$0.record.refusals.isEmpty }
        // A channel that is never answered fails alone; every other silence ends the connection.
        let isChannel = place == .channelReply
        #expect(conversation.record.errors.map(\.kind) == (isChannel ? [] : [.timeout]))
        #expect(conversation.record.refusals.count == (isChannel ? 1 : 0))
        #expect(conversation.clock.now.sinceStart <= Limits.authenticationReply)
    }

    @Test("RK-10 A host key that changes at a later exchange ends the connection", arguments: Delivery.allCases)
    func changedKeyAtRekey(_ delivery: Delivery) throws {
        let (configuration, script) = try HostileCheck.honest()
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        let before = conversation.peer.received.count
        conversation.peer.configuration.hostKeys = [try TestKeys.ed25519(seed: 77)]
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.record.errors == [.hostKeyChangedDuringRekey])
        #expect(conversation.peer.received.dropFirst(before).map(\.number) == [20, 30, 1])
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.hostKeyNotVerifiable])
    }

    @Test("RK-11 A wrong signature at a later exchange ends the connection", arguments: Delivery.allCases)
    func wrongSignatureAtRekey(_ delivery: Delivery) throws {
        let conversation = try honest(delivery) { _, _ in }
        conversation.peer.configuration.alterReply = { $0.signature[30] ^= 1 }
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.record.errors == [.hostSignature])
    }

    @Test("The session identifier stays the first exchange's, and signatures are made over it")
    func sessionIdentifier() throws {
        let key = try TestKeys.ecdsaNISTP256(seed: 3)
        let conversation = try honest { configuration, script in
            configuration.acceptedKeys = [key.verificationKey.blob]
            configuration.acceptedPassword = nil
            configuration.rekeysBefore = [.authentication]
            script.credentials = [.none, .key(key, .ecdsaNISTP256, asksFirst: true)]
        }
        let hashes = conversation.peer.exchangeHashes
        #expect(hashes.count == 2 && Set(hashes).count == 2)
        #expect(conversation.peer.sessionID == hashes.first)
        #expect(conversation.record.proofs == [.publicKey])
        let signed = try #require(conversation.record.signatureRequests.first)
        #expect(Array(signed.data.dropFirst(4).prefix(32)) == hashes.first)
    }

    @Test(
        "RK-03 The server may change keys at any step of a login and of a session",
        arguments: [Step.serviceAccept, .authentication, .channelReply, .channelData], Delivery.allCases)
    func rekeyBefore(_ step: Step, _ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        script.credentials.insert(.none, at: 0)
        configuration.rekeysBefore = [step]
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors.isEmpty && conversation.record.misuses.isEmpty)
        #expect(conversation.record.agreements.count == 2)
        #expect(conversation.record.output.values.first == HostileCheck.command)
        #expect(conversation.peer.failure == nil)
    }

    @Test("RK-03 A password that is given while keys change waits, leaves once, and never in the clear")
    func passwordDuringRekey() throws {
        let conversation = try honest { configuration, script in
            script.credentials = [.wait]
            script.commands = []
            // The reply of the second exchange is kept back.
            configuration.hook = { peer, step, payload in
                step == .kexReply && peer.exchangeHashes.count == 2 ? [] : [.payload(payload)]
            }
        }
        #expect(conversation.engine.deadline == nil)
        conversation.peer.configuration.repliesToShare = false
        conversation.peer.startRekey()
        conversation.run()
        let start = conversation.clock.now
        conversation.script.credentials = [.password(ClientScript.password)]
        conversation.offerCredential()
        conversation.run()
        #expect(conversation.peer.attempts.isEmpty)
        #expect(conversation.engine.deadline == start + Limits.rekey)
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(.rekey)])
        #expect(conversation.peer.attempts.isEmpty)
        #expect(!contains(conversation.record.clientBytes, ClientScript.password))
    }

    @Test("RK-03 A password that was given while keys changed logs in under the new ones")
    func passwordAfterRekey() throws {
        let conversation = try honest { _, script in
            script.credentials = [.wait]
            script.commands = []
        }
        conversation.script.sends = false
        conversation.peer.startRekey()
        conversation.run()
        conversation.script.credentials = [.password(ClientScript.password)]
        conversation.offerCredential()
        conversation.script.sends = true
        conversation.run()
        #expect(conversation.record.proofs == [.password])
        #expect(conversation.peer.attempts.count == 1)
        #expect(conversation.record.agreements.count == 2)
    }

    @Test(
        "RK-05 Nothing but the exchange may follow the server's KEXINIT", arguments: [UInt8(51), 52, 53, 80, 94, 7],
        Delivery.allCases)
    func othersDuringRekey(_ number: UInt8, _ delivery: Delivery) throws {
        let conversation = try honest(delivery) { _, _ in }
        conversation.peer.configuration.repliesToShare = false
        conversation.peer.startRekey()
        conversation.inject(.bytes([number, 0, 0, 0, 0]))
        #expect(conversation.record.errors == [.unexpected(MessageNumber(rawValue: number), during: .rekey)])
    }
}
