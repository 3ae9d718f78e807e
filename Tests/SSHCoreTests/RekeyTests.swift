import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md §7, as far as the server starts it.
@Suite("Later key exchanges")
struct RekeyTests {
    @Test("RK-01 A hundred key exchanges in the middle of data lose and change nothing", arguments: Delivery.allCases)
    func often(_ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        let rounds = delivery == .byteByByte ? 10 : 100
        configuration.program = { _ in
            (0..<rounds).flatMap { [ProgramStep.rekey, .output([UInt8($0), 1, 2])] } + [
                .exitStatus(0), .endOfOutput, .close,
            ]
        }
        script.input = [UInt8](repeating: 3, count: 10_000)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors == [] && conversation.peer.failure == nil)
        #expect(conversation.record.agreements.count == rounds + 1)
        #expect(conversation.record.output.values.first == (0..<rounds).flatMap { [UInt8($0), 1, 2] })
        #expect(conversation.record.exits == [.status(0)])
        #expect(Set(conversation.peer.exchangeHashes).count == conversation.record.agreements.count)
    }

    @Test(
        "RK-08 Other algorithms may be agreed on, and the session identifier stays", arguments: TestedMode.encrypted,
        TestedMode.encrypted)
    func otherAlgorithms(_ first: TestedMode, _ second: TestedMode) throws {
        var (configuration, script) = try HostileCheck.honest()
        first.prepare(&configuration)
        script.commands = []
        let conversation = try Conversation(configuration, script: script).run()
        let session = conversation.peer.sessionID
        second.prepare(&conversation.peer.configuration)
        conversation.peer.startRekey()
        conversation.run()
        conversation.inject(.message(GlobalRequest(name: "keepalive@openssh.com", wantsReply: true)))
        #expect(conversation.record.errors.isEmpty && conversation.record.agreements.count == 2)
        #expect(conversation.peer.sessionID == session && conversation.peer.failure == nil)
        #expect(conversation.peer.messages(RequestFailure.self).count == 1)
    }

    @Test("RK-09 A server that offers nothing but weak algorithms later is refused then")
    func weaker() throws {
        let (configuration, script) = try HostileCheck.honest()
        let conversation = try Conversation(configuration, script: script).run()
        conversation.peer.configuration.cipherNames = ["3des-cbc", "none"]
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.record.errors.map(\.kind) == [.negotiation])
        #expect(conversation.peer.messages(Disconnect.self).map(\.reason) == [.keyExchangeFailed])
    }

    @Test("A later exchange that stalls ends with its deadline", arguments: [Step.kexReply, .newKeys])
    func stalled(_ place: Step) throws {
        let (configuration, script) = try HostileCheck.honest()
        let conversation = try Conversation(configuration, script: script).run()
        conversation.peer.configuration.hook = { peer, step, own in
            if step == place { peer.configuration.hook = { _, _, _ in [] } }
            return step == place ? [] : [.payload(own)]
        }
        conversation.peer.startRekey()
        conversation.run()
        let start = conversation.clock.now
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(.rekey)])
        #expect(conversation.clock.now == start + Limits.rekey)
    }

    @Test("Ruling 4: IGNORE, DEBUG and unknown messages stay legal in later exchanges", arguments: [true, false])
    func lenience(_ isStrict: Bool) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.isStrict = isStrict
        script.commands = []
        let conversation = try Conversation(configuration, script: script).run()
        conversation.peer.configuration.hook = { _, _, own in
            [
                .message(Ignore(data: ByteBuffer())),
                .message(DebugMessage(alwaysDisplay: false, text: ByteBuffer(string: "x"))), .bytes([200]),
                .payload(own),
            ]
        }
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.record.errors.isEmpty && conversation.record.agreements.count == 2)
        #expect(conversation.peer.messages(Unimplemented.self).count == 3)
    }
}
