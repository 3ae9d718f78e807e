import CSupport
import Foundation
import NIOCore
import PeerSupport
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

@testable import SSHCore

/// hostile.md §7, as far as the server starts it.
@Suite("Later key exchanges")
struct RekeyTests {
    @Test("Keys that a server changes do what the table says", arguments: RekeyRows.rows, Delivery.allCases)
    func row(_ row: HostileRow, _ delivery: Delivery) throws {
        try HostileCheck(row: row, delivery: delivery).run()
    }

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

    /// In a process of its own, for the memory of this one is everybody's.
    @Test(
        "RK-01 Ten thousand key exchanges in one session, from either side in turn, with data both ways: every byte, nothing kept"
    )
    func tenThousand() async {
        await #expect(processExitsWith: .success) {
            let growth = try Self.exchange(10_000, warmingUp: 500)
            // A sanitizer's allocator does not tell what it gave out, and keeps what was freed.
            guard growth.heap < 1024 * 1024, growth.resident < 4 * 1024 * 1024 || growth.heap == 0 else { exit(1) }
        }
    }

    /// What more is kept at the end than after the first exchanges, in bytes: given out by the allocator, and resident.
    private static func exchange(_ count: Int, warmingUp: Int) throws -> (heap: Int, resident: Int) {
        let channel = ChannelID(rawValue: 0)
        var (configuration, script) = try HostileCheck.honest()
        configuration.program = { _ in [] }
        script.endsInput = false
        let conversation = try Conversation(configuration, script: script).run()
        var generator = SplitMix(state: 1)
        var (outward, inward): ([UInt8], [UInt8]) = ([], [])
        var before: (heap: Int, resident: Int) = (0, 0)
        func piece() -> [UInt8] { (0..<16).map { _ in UInt8(truncatingIfNeeded: generator.next()) } }
        /// Without what this test itself keeps of the data, at both ends.
        func kept() -> (heap: Int, resident: Int) {
            conversation.forgetAll()
            let peers = conversation.peer.channels.values.first?.input.capacity ?? 0
            let ours = conversation.record.output[channel]?.capacity ?? 0
            let known = outward.capacity + inward.capacity + peers + ours
            let heap = support_heap_byte_count()
            // Whether pages of arrays that grew were given back is the allocator's affair.
            support_release_free_memory()
            return (heap == 0 ? 0 : Int(heap) - known, (residentByteCount() ?? 0) - known)
        }
        for round in 1...count {
            if round == warmingUp { before = kept() }
            let (ours, theirs) = (piece(), piece())
            outward += ours + ours
            inward += theirs + theirs
            let data = Emission.message(ChannelData(recipient: channel, data: ByteBuffer(bytes: theirs)))
            // Its data is on the way when a side starts, and so is ours.
            conversation.peer.inject(data)
            if round.isMultiple(of: 2) { conversation.peer.startRekey() }
            conversation.write(ours, to: channel)
            if round.isMultiple(of: 2) { conversation.run() } else { conversation.perform(.rekey) }
            conversation.write(ours, to: channel)
            conversation.inject(data)
            #expect(conversation.engine.rekeyCount == round && conversation.engine.deferred.isEmpty)
            #expect(conversation.engine.outboundByteCount == 0 && conversation.engine.heldByteCount < 8192)
            conversation.forgetAll()
        }
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(isSame(conversation.record.output[channel], inward))
        #expect(isSame(conversation.peer.channels.values.first?.input, outward))
        #expect(conversation.record.highestOutboundByteCount < 16 * 1024)
        let after = kept()
        return (after.heap - before.heap, after.resident - before.resident)
    }

    private static func residentByteCount() -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return nil }
        return text.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 4096 }
    }

    @Test(
        "RK-03 Keys change while a signature is awaited, or an answer to a key", arguments: [true, false],
        Delivery.allCases)
    func duringPublicKey(_ asksFirst: Bool, _ delivery: Delivery) throws {
        let key = try TestKeys.ed25519(seed: 4)
        var (configuration, script) = try HostileCheck.honest()
        configuration.acceptedKeys = [key.verificationKey.blob]
        configuration.rekeysBefore = [.authentication]
        script.credentials = [.key(key, .ed25519, asksFirst: asksFirst)]
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors.isEmpty && conversation.record.proofs == [.publicKey])
        #expect(conversation.record.agreements.count == 2)
        #expect(conversation.record.output.values.first == HostileCheck.command)
    }

    @Test(
        "RK-04 Keys change around each end of a channel, and while a window is shut; the order stays",
        arguments: Delivery.allCases)
    func aroundChannels(_ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.channelWindow = 100
        configuration.rekeysBefore = [.channelReply, .channelData]
        configuration.program = { _ in
            [
                .rekey, .output([1]), .rekey, .echoInput, .rekey, .error([2]), .rekey, .exitStatus(5), .rekey,
                .endOfOutput, .rekey, .close,
            ]
        }
        script.input = [UInt8](repeating: 7, count: 2000)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        #expect(conversation.record.errors.isEmpty && conversation.peer.failure == nil)
        #expect(isSame(conversation.record.output.values.first, [1] + script.input))
        #expect(conversation.record.errorOutput.values.first == [2] && conversation.record.exits == [.status(5)])
        #expect(conversation.record.ended.count == 1 && conversation.record.closed.count == 1)
        #expect(conversation.record.agreements.count >= 7)
    }

    @Test("RK-04 A window that opens after keys changed lets our data go on", arguments: Delivery.allCases)
    func shutWindow(_ delivery: Delivery) throws {
        let channel = ChannelID(rawValue: 0)
        var (configuration, script) = try HostileCheck.honest()
        configuration.channelWindow = 0
        configuration.program = { _ in [] }
        script.input = [UInt8](repeating: 7, count: 1000)
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
        conversation.peer.startRekey()
        conversation.run()
        #expect(conversation.unsentByteCount(channel) == 1000 && conversation.engine.rekeyCount == 1)
        conversation.inject(.message(ChannelWindowAdjust(recipient: channel, byteCount: 1000)))
        conversation.perform(.rekey)
        #expect(conversation.peer.channels.values.first?.input == script.input)
        #expect(conversation.record.errors.isEmpty && conversation.engine.rekeyCount == 2)
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

    @Test("RK-09 A server that offers nothing but weak algorithms later is refused then", arguments: Delivery.allCases)
    func weaker(_ delivery: Delivery) throws {
        let (configuration, script) = try HostileCheck.honest()
        let conversation = try Conversation(configuration, script: script, delivery: delivery).run()
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
