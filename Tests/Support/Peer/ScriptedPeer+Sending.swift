import NIOCore
import SSHCore
import SSHCrypto
import SSHWire

extension ScriptedPeer {
    package func send(_ step: Step, _ message: some Message) {
        send(step, message.payload)
    }

    /// Says it, or what the script makes of it; after the key exchange in progress where RFC 4253 §7.1 wants that.
    package func send(_ step: Step, _ payload: ByteBuffer) {
        let number: UInt8 = payload.getInteger(at: payload.readerIndex) ?? 0
        if configuration.rekeysBefore.remove(step) != nil { startRekey() }
        guard !exchange.holdsBackOthers || (1...4).contains(number) || (20...49).contains(number) else {
            return waiting.append((step, payload))
        }
        for emission in configuration.hook(self, step, payload) { emit(emission) }
    }

    /// Says it now, legal or not.
    package func inject(_ emissions: Emission...) {
        for emission in emissions { emit(emission) }
    }

    /// Two packets, sealed in this order and sent in the other.
    package func swapped(_ first: ByteBuffer, _ second: ByteBuffer) -> [Emission] {
        guard let one = try? seal(first), let two = try? seal(second) else { return [] }
        return [.raw(two), .raw(one)]
    }

    func flushWaiting() {
        let held = waiting
        waiting.removeAll()
        for (step, payload) in held { send(step, payload) }
    }

    func emit(_ emission: Emission) {
        do {
            switch emission {
            case .payload(let payload):
                put(try seal(try deflate(payload)))
                // Only what comes after the word of success is compressed.
                if payload.getInteger(at: payload.readerIndex, as: UInt8.self) == 52 { startCompression() }
            case .uncompressed(let payload):
                put(try seal(payload))
            case .raw(let bytes):
                outbound.append(ByteBuffer(bytes: bytes))
            case .altered(let payload, let alter):
                var packet = try seal(payload)
                alter(&packet)
                put(packet)
            case .sequenced(let payload, let offset):
                let honest = sendSequence
                sendSequence = honest &+ UInt32(truncatingIfNeeded: offset)
                put(try seal(payload))
                sendSequence = honest &+ 1
            case .afterLost(let payload):
                _ = try seal(payload)
                put(try seal(payload))
            case .forged(let body):
                put(try sealBody(body))
            case .delayed(let payload):
                return delayed.append(payload)
            }
            let late = delayed
            delayed.removeAll()
            for payload in late { emit(.payload(payload)) }
        } catch {
            failure = error
        }
    }

    private func deflate(_ payload: ByteBuffer) throws -> ByteBuffer {
        guard compressor != nil else { return payload }
        var deflated = ByteBuffer()
        try compressor?.compress(payload, into: &deflated)
        return deflated
    }

    private func put(_ packet: [UInt8]) {
        wire.append(packet)
        outbound.append(ByteBuffer(bytes: packet))
    }

    private func seal(_ payload: ByteBuffer) throws -> [UInt8] {
        if forge != nil { return try sealBody(honestBody(payload)) }
        var packet = ByteBuffer()
        packet.writeRepeatingByte(0, count: 5)
        packet.writeImmutableBuffer(payload)
        try sealer.seal(packetAt: 0, in: &packet, sequence: sendSequence, granularity: 1, random: &random)
        sendSequence &+= 1
        return Array(packet.readableBytesView)
    }

    private func sealBody(_ body: [UInt8]) throws -> [UInt8] {
        defer { sendSequence &+= 1 }
        if let forge { return try forge.seal(body: body, sequence: sendSequence) }
        guard !isSealing else { throw PeerError.noForge }
        var packet = ByteBuffer(integer: UInt32(body.count))
        packet.writeBytes(body)
        return Array(packet.readableBytesView)
    }

    /// Padding length, payload, and padding to the cipher's block.
    private func honestBody(_ payload: ByteBuffer) -> [UInt8] {
        let block = algorithms?.cipherServerToClient.blockByteCount ?? 8
        let isLengthOutside =
            algorithms.map { $0.cipherServerToClient.isAuthenticated || $0.macServerToClient?.encryptsFirst == true }
            ?? false
        let unpadded = payload.readableBytes + (isLengthOutside ? 1 : 5)
        var padding = block - unpadded % block
        if padding < 4 { padding += block }
        return [UInt8(padding)] + Array(payload.readableBytesView) + [UInt8](repeating: 0, count: padding)
    }
}

package enum PeerError: Error {
    case noForge
    case noHostKey
    case noExchange
}
