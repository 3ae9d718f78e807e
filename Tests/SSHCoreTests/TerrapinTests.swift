import NIOCore
import PeerSupport
import SSHCrypto
import SSHWire
import Testing

@testable import SSHCore

/// attacks.md A1 (CVE-2023-48795): somebody on the way puts packets in before NEWKEYS and takes others away after it.
@Suite("Terrapin")
struct TerrapinTests {
    /// One of the discoverers' proofs, without those that need four thousand million packets.
    struct Shape: Sendable, CustomStringConvertible {
        let description: String
        /// Put in before the server's NEWKEYS, or before the client's.
        var toClient: [UInt8]?
        var toServer: [UInt8]?
        /// The first packet under the server's keys, which is EXT_INFO, does not arrive.
        var dropsExtensions = false
        /// The client's messages of this number do not arrive.
        var dropsFromClient: UInt8?

        static let ignore: [UInt8] = [2, 0, 0, 0, 0]

        static let towardsClient = [
            Shape(description: "IGNORE put in", toClient: ignore),
            Shape(description: "an unknown message put in, its answer dropped", toClient: [200], dropsFromClient: 3),
            Shape(description: "IGNORE put in, EXT_INFO dropped", toClient: ignore, dropsExtensions: true),
            Shape(description: "an unknown message put in, EXT_INFO dropped", toClient: [200], dropsExtensions: true),
            Shape(description: "PING put in, EXT_INFO dropped", toClient: [192, 0, 0, 0, 0], dropsExtensions: true),
        ]
    }

    struct Mode: Sendable, CustomStringConvertible {
        let cipher: CipherAlgorithm
        let mac: MACAlgorithm?
        /// Nothing but the sequence number ties a packet to its place.
        let isOpen: Bool

        var description: String { cipher.rawValue }

        static let all = [
            Mode(cipher: .chaCha20Poly1305, mac: nil, isOpen: true),
            Mode(cipher: .aes128CTR, mac: .hmacSHA256ETM, isOpen: true),
            Mode(cipher: .aes128CBC, mac: .hmacSHA256ETM, isOpen: true),
            Mode(cipher: .aes128GCM, mac: nil, isOpen: false),
        ]
    }

    /// A packet in the clear, framed by hand so that neither side counts it as its own.
    private static func framed(_ payload: [UInt8]) -> [UInt8] {
        let padding = 4 + (8 - (payload.count + 9) % 8) % 8
        return [0, 0, 0, UInt8(payload.count + padding + 1), UInt8(padding)] + payload
            + [UInt8](repeating: 0, count: padding)
    }

    private func conversation(
        _ shape: Shape, _ mode: Mode, at place: Step = .newKeys, isStrict: Bool, requiresStrict: Bool = false,
        _ delivery: Delivery = .whole
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.cipherNames = [Name(mode.cipher.rawValue)]
        configuration.macNames = mode.mac.map { [Name($0.rawValue)] } ?? []
        configuration.isStrict = isStrict
        configuration.hook = { _, step, own in
            // Sealed, and so counted, and lost.
            if step == .extInfo, shape.dropsExtensions { return [.altered(own) { $0 = [] }] }
            let injected = step == place ? shape.toClient.map { [Emission.raw(Self.framed($0))] } ?? [] : []
            return injected + [.payload(own)]
        }
        script.configuration.algorithms.ciphers = [mode.cipher]
        if let mac = mode.mac { script.configuration.algorithms.macs = [mac] }
        script.configuration.algorithms.requiresStrict = requiresStrict
        script.configuration.recordsMessages = true
        script.sends = false
        let conversation = try Conversation(configuration, script: script, delivery: delivery)
        try relay(conversation, shape, mode)
        return conversation
    }

    /// Carries what the client says to the server, packet by packet, as the shape would have it.
    private func relay(_ conversation: Conversation, _ shape: Shape, _ mode: Mode) throws {
        conversation.run()
        while var bytes = conversation.engine.takeOutbound() {
            for message in conversation.engine.takeRecords() where message.direction == .sent {
                guard let packet = message.packet else {
                    let byteCount = try #require(message.payloadByteCount)
                    conversation.peer.receive(try take(byteCount, from: &bytes))
                    continue
                }
                let tag = packet.isEncrypted ? mode.mac?.tagByteCount ?? 16 : 0
                let piece = try take(4 + Int(packet.length) + tag, from: &bytes)
                if message.number == .newKeys, let injected = shape.toServer {
                    conversation.peer.receive(ByteBuffer(bytes: Self.framed(injected)))
                }
                if message.number?.rawValue != shape.dropsFromClient { conversation.peer.receive(piece) }
            }
            #expect(bytes.readableBytes == 0)
            conversation.run()
        }
    }

    private func take(_ byteCount: Int, from bytes: inout ByteBuffer) throws -> ByteBuffer {
        let piece = bytes.readSlice(length: byteCount)
        return try #require(piece)
    }

    private func reasons(_ conversation: Conversation) -> [DisconnectReason] {
        conversation.peer.messages(Disconnect.self).map(\.reason)
    }

    @Test(
        "A1 With strict key exchange the first packet that was put in ends it, whatever it is and wherever",
        arguments: Shape.towardsClient, Delivery.allCases)
    func strict(_ shape: Shape, _ delivery: Delivery) throws {
        for (mode, place) in Mode.all.flatMap({ mode in [Step.kexInit, .kexReply, .newKeys].map { (mode, $0) } }) {
            let ended = try conversation(shape, mode, at: place, isStrict: true, delivery)
            #expect(ended.record.errors.map(\.kind) == [.unexpected], "\(mode) before \(place)")
            #expect(reasons(ended) == [.protocolError] && ended.peer.attempts.isEmpty)
            #expect(ended.engine.serverSignatureAlgorithms == nil)
        }
    }

    @Test("A1 With strict key exchange no packet can be cut off after NEWKEYS", arguments: Mode.all, Delivery.allCases)
    func cutOff(_ mode: Mode, _ delivery: Delivery) throws {
        let shape = Shape(description: "EXT_INFO dropped", dropsExtensions: true)
        let ended = try conversation(shape, mode, isStrict: true, delivery)
        // What CBC with its MAC after it would hide is not here: these have the length in the clear, or sealed by itself.
        if !ended.record.isOver { ended.inject(.raw([UInt8](repeating: 0, count: 300_000))) }
        let kinds = ended.record.errors.map(\.kind)
        #expect(kinds == [.integrity] || mode.cipher == .chaCha20Poly1305 && kinds == [.packet])
        #expect(!ended.record.isLoggedIn && ended.engine.serverSignatureAlgorithms == nil)
    }

    @Test("A1 What we send is numbered anew after NEWKEYS: nothing put in or cut off on its way is made up for")
    func towardsServer() throws {
        for mode in Mode.all {
            for injected in [nil, Shape.ignore, [200]] {
                var shape = Shape(description: "SERVICE_REQUEST dropped", toServer: injected, dropsFromClient: 5)
                let ended = try conversation(shape, mode, isStrict: true)
                #expect(ended.peer.failure != nil, "\(mode)")
                #expect(ended.peer.attempts.isEmpty && !ended.record.isLoggedIn)
                shape.dropsFromClient = nil
                // Where it is only put in, the numbers begin anew all the same.
                let whole = try conversation(shape, mode, isStrict: true)
                #expect(whole.peer.failure == nil && whole.record.isLoggedIn && whole.record.errors.isEmpty)
            }
        }
        // Without the restart the same server reads on: the shape is the attack's.
        let shape = Shape(description: "the attack", toServer: Shape.ignore, dropsFromClient: 5)
        let open = try conversation(shape, Mode.all[0], isStrict: false)
        #expect(open.peer.failure == nil && open.peer.received.contains { $0.number == 50 && $0.isEncrypted })
    }

    @Test("A1 Without it a cipher that is open to the attack is told of, and refused where strictness is required")
    func lenient() throws {
        for shape in Shape.towardsClient {
            for mode in Mode.all {
                let told = try conversation(shape, mode, isStrict: false)
                #expect(told.record.notes.contains(.notStrict) == mode.isOpen && !told.engine.isStrictKeyExchange)
                // The attack is real: ChaCha20-Poly1305 has nothing else to tell by, where as much is dropped as was put in.
                // GCM counts for itself, so that nothing may be dropped and anything put in.
                let isWhole = shape.dropsFromClient == nil
                let isTaken = mode.cipher == .chaCha20Poly1305 && shape.dropsExtensions
                let isDeaf = mode.cipher == .aes128GCM && !shape.dropsExtensions
                #expect(told.record.isLoggedIn == (isWhole && (isTaken || isDeaf)), "\(shape), \(mode)")
                #expect((told.engine.serverSignatureAlgorithms != nil) == isDeaf, "\(shape), \(mode)")
                let refused = try conversation(shape, mode, isStrict: false, requiresStrict: true)
                #expect((refused.record.errors == [.notStrict]) == mode.isOpen)
                if mode.isOpen { #expect(refused.peer.attempts.isEmpty) }
            }
        }
        // The other modes are not even offered with CBC.
        #expect(AlgorithmPolicy.standard.ciphers.allSatisfy { !$0.rawValue.hasSuffix("-cbc") })
    }

    @Test(
        "A1 PK-15 So many packets before the first keys that the numbers come round end it, either way",
        arguments: Delivery.allCases)
    func decrease(_ delivery: Delivery) throws {
        var (configuration, script) = try HostileCheck.honest()
        configuration.isStrict = false
        // The server's KEXINIT has the last number but one, and its reply the last.
        let received = try Conversation(configuration, script: script, delivery: delivery)
        received.engine.reader = PacketReader(sequence: .max - 1)
        received.run()
        #expect(received.record.errors == [.limit(.sequenceNumber)] && reasons(received) == [.protocolError])
        #expect(received.record.offeredKeys.isEmpty && received.peer.attempts.isEmpty)
        // Our KEXINIT is written by now; our share has the last number, so that there is none for NEWKEYS.
        script.commands = []
        let sent = try Conversation(configuration, script: script, delivery: delivery)
        sent.engine.writer.sequence = .max - 1
        sent.run()
        #expect(sent.record.errors == [.limit(.sequenceNumber)])
        #expect(sent.peer.received.allSatisfy { !$0.isEncrypted } && sent.peer.attempts.isEmpty)
    }
}
