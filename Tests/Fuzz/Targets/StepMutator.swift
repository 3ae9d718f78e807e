import NIOCore
import PeerSupport
import SSHCrypto
import SSHWire

/// How a target lays out its steps: each a byte that says what, the size of its argument in so many bytes, and the argument.
struct StepFormat {
    let headByteCount: Int
    let sizeByteCount: Int
    let kindCount: UInt8
    /// What stands before the argument of a step of this kind to make it a payload; nil where it is none.
    let payloadPrefix: @Sendable (UInt8) -> [UInt8]?

    static func of(_ target: FuzzTarget) -> StepFormat? {
        switch target {
        case .client:
            StepFormat(headByteCount: ClientFuzz.headByteCount, sizeByteCount: 2, kindCount: ClientFuzz.stepCount) {
                $0 == ClientFuzz.payloadStep ? [] : nil
            }
        case .channels:
            StepFormat(headByteCount: 1, sizeByteCount: 1, kindCount: 32) { $0 <= 20 ? [80 + $0] : nil }
        case .globalRequests:
            StepFormat(headByteCount: 1, sizeByteCount: 2, kindCount: 12) { [0: [80], 3: [81]][$0] }
        case .packet: StepFormat(headByteCount: 2, sizeByteCount: 2, kindCount: 6) { $0 < 2 ? [] : nil }
        default: nil
        }
    }
}

/// Changes an input by its steps: some are added, dropped, swapped, doubled or moved, lies are told in the fields of
/// messages, and the rest is libFuzzer's own doing.
///
/// The seed decides everything but the latter.
package struct StepMutator {
    /// libFuzzer's mutation of some bytes, up to a size.
    package typealias BuiltIn = (_ bytes: [UInt8], _ maximumByteCount: Int) -> [UInt8]

    private struct Step {
        var kind: UInt8
        var argument: [UInt8]
    }

    private let format: StepFormat
    private var generator: SplitMix
    private var head: [UInt8] = []
    private var steps: [Step] = []

    /// Nil for a target whose input is no list of steps.
    package static func mutate(
        _ input: [UInt8], of target: FuzzTarget, maximumByteCount: Int, seed: UInt32, builtIn: BuiltIn
    ) -> [UInt8]? {
        guard let format = StepFormat.of(target) else { return nil }
        var mutator = StepMutator(input, format, seed)
        guard input.count > format.headByteCount, mutator.below(16) > 0 else { return builtIn(input, maximumByteCount) }
        for _ in 0...mutator.below(3) { mutator.change(builtIn) }
        return mutator.bytes(atMost: maximumByteCount)
    }

    private init(_ input: [UInt8], _ format: StepFormat, _ seed: UInt32) {
        self.format = format
        generator = SplitMix(state: UInt64(seed))
        head = Array(input.prefix(format.headByteCount))
        var rest = input.dropFirst(format.headByteCount)
        while let kind = rest.popFirst() {
            let size = rest.prefix(format.sizeByteCount).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(format.sizeByteCount)
            steps.append(Step(kind: kind % format.kindCount, argument: Array(rest.prefix(size))))
            rest = rest.dropFirst(size)
        }
    }

    private func bytes(atMost maximumByteCount: Int) -> [UInt8] {
        var bytes = head
        for step in steps {
            let argument = step.argument.prefix(1 << (8 * format.sizeByteCount) - 1)
            guard bytes.count + 1 + format.sizeByteCount + argument.count <= maximumByteCount else { break }
            let size = format.sizeByteCount == 1 ? [] : [UInt8(argument.count >> 8)]
            bytes += [step.kind] + size + [UInt8(argument.count & 0xFF)] + argument
        }
        return bytes
    }

    private mutating func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(max(1, bound))) }

    private mutating func change(_ builtIn: BuiltIn) {
        guard !steps.isEmpty else { return insert() }
        let index = below(steps.count)
        switch below(12) {
        case 0, 1: insert()
        case 2: steps.remove(at: index)
        case 3: steps.swapAt(index, below(steps.count))
        case 4: steps.insert(steps[index], at: below(steps.count + 1))
        case 5:
            // Several in a row, once more.
            let run = steps[index..<min(steps.count, index + 1 + below(4))]
            steps.insert(contentsOf: run, at: below(steps.count + 1))
        case 6: steps[index].kind = UInt8(below(Int(format.kindCount)))
        case 7, 8, 9: lie(about: index)
        case 10 where !head.isEmpty: head = builtIn(head, head.count) + head.dropFirst(head.count)
        default: steps[index].argument = builtIn(steps[index].argument, steps[index].argument.count + 64)
        }
        if head.count < format.headByteCount { head += [UInt8](repeating: 0, count: format.headByteCount - head.count) }
    }

    private mutating func insert() {
        var step = Step(kind: UInt8(below(Int(format.kindCount))), argument: [])
        for _ in 0..<below(4) { step.argument.append(UInt8(below(below(2) == 0 ? 4 : 256))) }
        if below(2) == 0 {
            let message = Self.messages[below(Self.messages.count)]
            let kinds = (0..<format.kindCount).filter { format.payloadPrefix($0).map(message.starts) ?? false }
            if let kind = kinds.first {
                step = Step(kind: kind, argument: Array(message.dropFirst(format.payloadPrefix(kind)?.count ?? 0)))
            }
        }
        steps.insert(step, at: below(steps.count + 1))
    }

    /// In a message, one field; elsewhere a byte.
    private mutating func lie(about index: Int) {
        let (field, lie) = (below(64), below(64))
        guard let prefix = format.payloadPrefix(steps[index].kind) else {
            guard !steps[index].argument.isEmpty else { return }
            return steps[index].argument[field % steps[index].argument.count] = UInt8(truncatingIfNeeded: below(256))
        }
        var payload = prefix + steps[index].argument
        var context = MessageContext()
        context.method = ["publickey", "password", "keyboard-interactive"][below(3)]
        context.shares = [.strings, .numbers, .group][below(3)]
        if below(8) == 0, prefix.isEmpty, !payload.isEmpty {
            payload[0] = [1, 2, 3, 4, 6, 7, 20, 21, 31, 51, 52, 53, 60, 80, 81, 82, 91, 94, 98, 192][below(20)]
        } else {
            FieldLie.apply(field: field, lie: lie, to: &payload, in: context)
        }
        steps[index].argument = Array(payload.dropFirst(prefix.count))
    }
}

extension StepMutator {
    /// What a server may say, one of each.
    private static let messages: [[UInt8]] = {
        let text = ByteBuffer(string: "text")
        let id = ChannelID(rawValue: 0)
        let server = ChannelID(rawValue: ScriptedPeer.firstChannelNumber)
        let prompt = UserauthInfoRequest.Prompt(text: text, echoes: false)
        let blob = (try? TestKeys.ed25519(seed: 2))?.verificationKey.blob ?? []
        var announced = ByteBuffer()
        announced.writeString(blob)
        var signal = ByteBuffer()
        signal.writeString(utf8: "TERM")
        signal.writeBoolean(false)
        signal.writeString(text)
        signal.writeString(utf8: "")
        let messages: [any Message] = [
            ChannelRequest(recipient: id, name: "exit-signal", wantsReply: false, details: signal),
            Disconnect(reason: .byApplication, description: "text"), Ignore(data: text),
            Unimplemented(sequenceNumber: 3), DebugMessage(alwaysDisplay: true, text: text),
            ServiceAccept(service: ServiceRequest.userAuthentication), NewKeys(),
            ExtInfo(extensions: [.init(name: ExtInfo.ping, value: ByteBuffer(string: "0"))]),
            KexInit(
                cookie: [UInt8](repeating: 0, count: KexInit.cookieByteCount), keyExchanges: ["curve25519-sha256"],
                hostKeys: ["ssh-ed25519"], ciphers: ["aes128-ctr"], macs: ["hmac-sha2-256"]),
            KexECDHReply(hostKey: blob, publicShare: blob.suffix(32), signature: blob),
            UserauthFailure(methods: ["publickey", "password", "keyboard-interactive"], partialSuccess: true),
            UserauthSuccess(), UserauthBanner(text: text), UserauthPublicKeyOK(algorithm: "ssh-ed25519", blob: blob),
            UserauthPasswordChangeRequest(prompt: text),
            UserauthInfoRequest(name: text, instruction: text, prompts: [prompt, prompt]),
            GlobalRequest(name: GlobalRequest.hostKeys, wantsReply: false, details: announced),
            GlobalRequest(name: GlobalRequest.keepAlive, wantsReply: true), RequestFailure(),
            ChannelOpen(type: "forwarded-tcpip", sender: server, windowSize: 1 << 20, maximumPacketSize: 1 << 15),
            ChannelOpenConfirmation(recipient: id, sender: server, windowSize: 1 << 20, maximumPacketSize: 1 << 15),
            ChannelOpenFailure(recipient: id, reason: 1, description: "text"),
            ChannelWindowAdjust(recipient: id, byteCount: 1 << 15), ChannelData(recipient: id, data: text),
            ChannelExtendedData(recipient: id, type: 1, data: text), ChannelEOF(recipient: id),
            ChannelClose(recipient: id), ChannelSuccess(recipient: id), ChannelFailure(recipient: id),
            ChannelRequest(
                recipient: id, name: "exit-status", wantsReply: true, details: ByteBuffer(integer: UInt32(1))),
            Ping(data: text), Pong(data: text),
        ]
        return messages.map { Array($0.payload.readableBytesView) } + [[81]]
    }()
}
