import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHWire

/// Packets in the clear and under right keys of each cipher and MAC: the input is a list of steps, of which some seal
/// packets, with any padding, and others damage the stream.
///
/// In one piece and in several the verdict is the same; what was sealed first arrives first; and behind a MAC nothing
/// arrives that was not sealed.
enum PacketFuzz {
    private typealias Mode = (cipher: CipherAlgorithm, mac: MACAlgorithm?)

    /// In the clear first.
    private static let modes: [Mode?] =
        [nil]
        + CipherAlgorithm.allCases.flatMap { cipher in
            cipher.isAuthenticated ? [(cipher, nil)] : MACAlgorithm.allCases.map { (cipher, $0) }
        }

    private struct Verdict: Equatable {
        var payloads: [[UInt8]] = []
        var error: ProtocolError?
    }

    static func run(_ input: [UInt8]) {
        guard input.count >= 2,
            var stream = try? Stream(modes[Int(input[0]) % modes.count], isCompressed: input[1] & 1 == 1)
        else { return }
        var steps = FuzzSteps(input.dropFirst(2))
        while let step = steps.next(), stream.bytes.count < 600_000 {
            try? stream.perform(step.kind % 6, step.argument)
        }
        let whole = read([ByteBuffer(bytes: stream.bytes)], stream)
        let longest = [1, 7, 64, 4096][Int(input[1] >> 1) % 4] << (stream.bytes.count > 20_000 ? 12 : 0)
        precondition(
            whole == read(FuzzPieces.cut(stream.bytes, longest: longest, seed: input[1]), stream), "pieces differ")
        precondition(whole.payloads.starts(with: stream.honest), "an honest packet was lost or changed")
        precondition(stream.isDamaged || whole.error == nil, "an honest stream was refused")
        guard stream.mode != nil else { return }
        precondition(whole.payloads.count <= stream.sealedCount, "a packet came through that nobody sealed")
    }

    private static func read(_ pieces: [ByteBuffer], _ stream: borrowing Stream) -> Verdict {
        var reader = PacketReader()
        var verdict = Verdict()
        do {
            if let mode = stream.mode {
                let opener = try Opener(cipher: mode.cipher, mac: mode.mac, keys: keys(mode))
                reader.rekey(opener, resetSequence: true)
            }
            if stream.isCompressed { try reader.setCompression(.zlibOpenSSH) }
            for piece in pieces {
                var bytes = piece
                while let packet = try reader.next(from: &bytes) {
                    precondition(Int(packet.sequence) == verdict.payloads.count, "a number is left out")
                    let limit = stream.isCompressed ? Limits.inflatedByteCount : Int(packet.length) - 5
                    precondition((1...limit).contains(packet.payload.readableBytes), "a payload outgrows its packet")
                    verdict.payloads.append(Array(packet.payload.readableBytesView))
                }
                precondition(bytes.readableBytes == 0, "it waits with bytes at hand")
            }
        } catch {
            verdict.error = error as? ProtocolError
        }
        return verdict
    }

    private static func keys(_ mode: Mode) -> DirectionKeys {
        var random = RandomSource.seeded(5)
        return DirectionKeys(
            initialVector: random.secret(count: mode.cipher.ivByteCount),
            encryptionKey: random.secret(count: mode.cipher.keyByteCount),
            macKey: random.secret(count: mode.cipher.isAuthenticated ? 0 : mode.mac?.keyByteCount ?? 0))
    }

    /// What the steps make.
    private struct Stream: ~Copyable {
        let mode: Mode?
        let isCompressed: Bool
        var bytes: [UInt8] = []
        /// The payloads before the first step that is not honest.
        var honest: [[UInt8]] = []
        var isDamaged = false
        var sealedCount = 0
        private let forge: Forge?
        private var compressor: Compressor?

        init(_ mode: Mode?, isCompressed: Bool) throws {
            let forge = try mode.map { try Forge($0.cipher, $0.mac, keys($0)) }
            let compressor = isCompressed ? try Compressor() : nil
            self.mode = mode
            self.isCompressed = isCompressed
            self.forge = forge
            self.compressor = compressor
        }

        mutating func perform(_ kind: UInt8, _ argument: ByteBuffer) throws {
            let content = Array(argument.readableBytesView)
            switch kind {
            case 0, 1: try sendHonestly(content.isEmpty ? [2] : content)
            case 2:
                isDamaged = true
                try seal(filledUp(content))
            case 3:
                isDamaged = true
                bytes += content
            case 4:
                // An honest packet, changed on its way.
                isDamaged = true
                let start = bytes.count
                try seal(honestBody([2] + content.dropFirst(3)))
                let place = content.prefix(2).reduce(0) { $0 << 8 | Int($1) }
                bytes[start + place % (bytes.count - start)] ^= content.dropFirst(2).first ?? 1
            default:
                // Where a refusal is put off, it wants many bytes.
                isDamaged = true
                bytes += [UInt8](repeating: content.first ?? 0, count: Int(content.dropFirst().first ?? 0) << 11)
            }
        }

        private mutating func sendHonestly(_ payload: [UInt8]) throws {
            if !isDamaged { honest.append(payload) }
            var deflated = ByteBuffer()
            try compressor?.compress(ByteBuffer(bytes: payload), into: &deflated)
            try seal(honestBody(isCompressed ? Array(deflated.readableBytesView) : payload))
        }

        private var block: Int { mode?.cipher.blockByteCount ?? 8 }
        private var countsLength: Bool {
            mode.map { !$0.cipher.isAuthenticated && $0.mac?.encryptsFirst != true } ?? true
        }

        private func honestBody(_ payload: [UInt8]) -> [UInt8] {
            let unpadded = payload.count + (countsLength ? 5 : 1)
            var padding = block - unpadded % block
            // No packet is shorter than 16 bytes, or a block behind its length.
            while padding < 4 || unpadded + padding < (countsLength ? 16 : block) { padding += block }
            return [UInt8(padding)] + payload + [UInt8](repeating: 0, count: padding)
        }

        /// To whole blocks: only such can be encrypted.
        private func filledUp(_ body: [UInt8]) -> [UInt8] {
            let outside = countsLength ? 4 : 0
            let missing = (block - (body.count + outside) % block) % block
            return body + [UInt8](repeating: 0, count: missing + (body.isEmpty && missing == 0 ? block : 0))
        }

        private mutating func seal(_ body: [UInt8]) throws {
            if let forge {
                bytes += try forge.seal(body: body, sequence: UInt32(sealedCount))
            } else {
                bytes += Array(ByteBuffer(integer: UInt32(body.count)).readableBytesView) + body
            }
            sealedCount += 1
        }
    }
}
