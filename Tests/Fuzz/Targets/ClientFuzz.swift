import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// The whole client: everything that a server says, from its identification to a session's end, as if nothing were
/// encrypted.
///
/// The scripted peer keeps the keys and seals what the input has.
///
/// The input begins with three bytes that say what both sides are like; its steps are what happens from some point on: the
/// server's next honest packet as it is, dropped, doubled, late or changed, others in between, raw bytes, bodies with any
/// padding, and our own commands. Whatever comes, no secret shows, no key is trusted that was not proven, one error at
/// most ends it, and nothing follows that.
package enum ClientFuzz {
    /// The bytes before the steps.
    static let headByteCount = 3
    static let stepCount: UInt8 = 22
    /// The step whose argument is a payload of the server.
    static let payloadStep: UInt8 = 2
    private static let greatestStepCount = 250

    static func run(_ input: [UInt8]) { _ = conversation(input) }

    /// What came of it, for who wants to know how far inputs reach; nil for one without a head.
    package static func conversation(_ input: [UInt8]) -> Conversation? {
        guard input.count >= headByteCount else { return nil }
        nonisolated(unsafe) let server = Server(input.dropFirst(headByteCount), from: Int(input[0]))
        guard let conversation = try? begin(input[1], input[2]) else { preconditionFailure("no conversation") }
        conversation.peer.configuration.hook = { _, step, own in server.speak(step, own) }
        conversation.peer.configuration.alterKexInitPayload = { server.reword(&$0) }
        conversation.run()
        while !conversation.record.isOver, server.goOn(conversation) {
            precondition(conversation.record.errors.count <= 1 && conversation.record.lateEvents.isEmpty)
        }
        ClientClaims.check(conversation)
        return conversation
    }

    private static func begin(_ flags: UInt8, _ choice: UInt8) throws -> Conversation {
        let (cipher, mac): (CipherAlgorithm, MACAlgorithm) =
            [
                (.chaCha20Poly1305, .hmacSHA256), (.aes128GCM, .hmacSHA256), (.aes128CTR, .hmacSHA256ETM),
                (.aes256CTR, .hmacSHA256),
            ][Int(choice) & 3]
        let key = try TestKeys.ed25519(seed: 2)
        let isNIST = choice & 0x20 != 0
        var configuration = PeerConfiguration(hostKey: isNIST ? try TestKeys.ecdsaNISTP256() : try TestKeys.ed25519())
        configuration.acceptedPassword = ClientScript.password
        configuration.acceptedKeys = [key.verificationKey.blob]
        configuration.keyExchangeNames = isNIST ? ["ecdh-sha2-nistp256"] : ["curve25519-sha256"]
        configuration.cipherNames = [Name(cipher.rawValue)]
        configuration.macNames = [Name(mac.rawValue)]
        configuration.compressionNames = flags & 2 == 0 ? ["none"] : ["zlib@openssh.com"]
        configuration.isStrict = flags & 1 == 0
        configuration.waitsForClient = flags & 0x80 != 0
        configuration.makeForge = { try Forge($0, $1, $2) }
        var script = ClientScript()
        script.commands = [Array("canary-command".utf8)]
        script.input = [1, 2, 3]
        script.endsInput = choice & 0x80 == 0
        script.opensEarly = choice & 0x40 != 0
        script.credentials =
            credentials(choice >> 2 & 7, key) + [.keyboardInteractive, .password(ClientScript.password)]
        script.configuration.isPolite = flags & 4 != 0
        script.configuration.guesses = flags & 8 != 0
        script.configuration.recordsMessages = flags & 0x10 != 0
        // What comes of a large window is another target's affair, and so are the costly key exchanges.
        script.configuration.algorithms = AlgorithmPolicy(
            keyExchanges: [.curve25519SHA256, .ecdhNISTP256], hostKeys: [.ed25519, .ecdsaNISTP256],
            ciphers: [.chaCha20Poly1305, .aes128GCM, .aes128CTR, .aes256CTR], macs: [.hmacSHA256ETM, .hmacSHA256])
        script.configuration.algorithms.compressions = flags & 2 == 0 ? [.none] : [.zlibOpenSSH, .none]
        let delivery = [Delivery.whole, .split, .coalesced, .whole][Int(flags >> 5 & 3)]
        return try Conversation(configuration, script: script, delivery: delivery)
    }

    private static func credentials(_ choice: UInt8, _ key: SigningKey) -> [ClientScript.Credential] {
        switch choice {
        case 0, 1: [.password(ClientScript.password)]
        case 2: [.key(key, .ed25519, asksFirst: true)]
        case 3: [.key(key, .ed25519, asksFirst: false)]
        case 4: [.keyboardInteractive]
        case 5: [.passwordChange(ClientScript.password, new: Array("canary-password2".utf8))]
        case 6: [.none]
        default: []
        }
    }
}

extension ClientFuzz {
    /// What the server does, step by step; honest until its part begins, and again when the steps are used up.
    private final class Server {
        private var steps: FuzzSteps
        private var isWaiting: Bool
        private let start: Int
        private var isLetGo = false
        private var last = ByteBuffer()
        /// What is ours to do, at the next pause.
        private var commands: [(kind: UInt8, argument: ByteBuffer)] = []
        private var stepCount = 0
        private var rekeyCount = 0

        init(_ steps: some Sequence<UInt8>, from start: Int) {
            self.steps = FuzzSteps(steps)
            self.start = start % (Step.allCases.count + 1)
            isWaiting = true
        }

        private func next() -> (kind: UInt8, argument: ByteBuffer)? {
            guard stepCount < greatestStepCount, let step = steps.next() else { return nil }
            stepCount += 1
            return (step.kind % ClientFuzz.stepCount, step.argument)
        }

        /// What is sent in place of the honest payload, and before it.
        func speak(_ step: Step, _ own: ByteBuffer) -> [Emission] {
            last = own
            if isWaiting, Step.allCases.firstIndex(of: step) == start { isWaiting = false }
            var emissions: [Emission] = []
            while !isWaiting, !isLetGo, let (kind, argument) = next() {
                switch kind {
                case 0: return emissions + [.payload(own)]
                case 1: return emissions
                case 4, 7: return emissions + [.payload(changed(own, kind, argument))]
                case 5: return emissions + [.payload(own), .payload(own)]
                case 8: return emissions + [.delayed(own)]
                case 10: isLetGo = true
                case 2, 3, 6, 9: emissions += addition(kind, argument)
                default: commands.append((kind, argument))
                }
            }
            return emissions + [.payload(own)]
        }

        private func addition(_ kind: UInt8, _ argument: ByteBuffer) -> [Emission] {
            guard argument.readableBytes > 0 else { return [] }
            switch kind {
            case 2: return [.payload(argument)]
            case 3: return [.raw(Array(argument.readableBytesView))]
            case 6: return [.forged(body: filled(Array(argument.readableBytesView)))]
            default:
                let offset: Int8 = argument.getInteger(at: argument.readerIndex) ?? 0
                return [.sequenced(last, offset: Int(offset))]
            }
        }

        /// To whole blocks of every cipher: length outside the blocks.
        private func filled(_ body: [UInt8]) -> [UInt8] {
            body + [UInt8](repeating: 0, count: (16 - body.count % 16) % 16)
        }

        private func changed(_ own: ByteBuffer, _ kind: UInt8, _ argument: ByteBuffer) -> ByteBuffer {
            var payload = Array(own.readableBytesView)
            if kind == 4 {
                FuzzEdits.apply(argument, to: &payload)
            } else {
                let choice = argument.getBytes(at: argument.readerIndex, length: min(3, argument.readableBytes)) ?? []
                var context = MessageContext()
                context.method =
                    ["publickey", "password", "keyboard-interactive"][Int(choice.dropFirst(2).first ?? 0) % 3]
                FieldLie.apply(
                    field: Int(choice.first ?? 0), lie: Int(choice.dropFirst().first ?? 0), to: &payload, in: context)
            }
            return payload.isEmpty ? own : ByteBuffer(bytes: payload)
        }

        /// Its KEXINIT, before it is hashed: the exchange goes on with what the other side reads.
        func reword(_ payload: inout ByteBuffer) {
            guard !isWaiting || start == 1, !isLetGo else { return }
            var ahead = steps
            guard let (kind, argument) = ahead.next(), kind % ClientFuzz.stepCount == 21 else { return }
            steps = ahead
            stepCount += 1
            var bytes = Array(payload.readableBytesView)
            FuzzEdits.apply(argument, to: &bytes)
            if !bytes.isEmpty { payload = ByteBuffer(bytes: bytes) }
        }

        /// The next thing that happens while nobody has anything to say; false when there is nothing left.
        func goOn(_ conversation: Conversation) -> Bool {
            isLetGo = false
            if !commands.isEmpty {
                let (kind, argument) = commands.removeFirst()
                perform(kind, argument, conversation)
                return true
            }
            guard !isWaiting, let (kind, argument) = next() else { return false }
            switch kind {
            case 2, 3, 6, 9:
                for emission in addition(kind, argument) { conversation.inject(emission) }
            // The last honest word once more.
            case 4, 7: conversation.inject(.payload(changed(last, kind, argument)))
            case 5: conversation.inject(.payload(last))
            default: perform(kind, argument, conversation)
            }
            return true
        }

        /// What the user does, and time.
        private func perform(_ kind: UInt8, _ argument: ByteBuffer, _ conversation: Conversation) {
            let bytes = Array(argument.readableBytesView)
            let first = bytes.first ?? 0
            let id = ChannelID(rawValue: UInt32(first))
            switch kind {
            case 11, 16:
                rekeyCount += 1
                guard rekeyCount < 6 else { return }
                if kind == 16 { conversation.perform(.rekey) } else { conversation.peer.startRekey() }
                conversation.run()
            case 12: conversation.perform(.openSession(conversation.engine.nextChannelID()))
            case 13:
                conversation.perform(
                    .request(id, bytes.count & 1 == 0 ? .shell : .execute(command: Array(bytes.dropFirst()))))
            case 14:
                guard conversation.unsentByteCount(id) < 1 << 20 else { return }
                conversation.write([UInt8](repeating: 0, count: min(bytes.count, 1024) << 6), to: id)
                conversation.run()
            case 15: conversation.perform(bytes.count & 1 == 0 ? .endInput(id) : .close(id))
            case 17: conversation.advance(by: .seconds(Int(first)))
            case 18: conversation.passDeadline()
            case 19:
                conversation.script.sends = first & 1 == 1
                conversation.run()
            case 20:
                let keys = conversation.record.announcedKeys.first ?? conversation.record.offeredKeys
                conversation.perform(first & 1 == 0 ? .ping : .proveHostKeys(keys))
            default: break
            }
        }
    }
}
