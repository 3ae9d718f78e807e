import NIOCore

/// How a network may hand over what a peer wrote.
package enum Delivery: String, Sendable, CaseIterable {
    /// Each packet by itself.
    case whole
    case byteByByte = "byte by byte"
    /// Cut anywhere, as a seed decides.
    case split
    /// All that is on its way at once.
    case coalesced
}

/// Bytes on their way to the engine.
package struct DripPipe {
    private static let longestPiece: UInt64 = 40

    private let delivery: Delivery
    private var generator: SplitMix
    private var pieces: [ByteBuffer] = []
    private var next = 0

    package init(_ delivery: Delivery, seed: UInt64) {
        self.delivery = delivery
        generator = SplitMix(state: seed)
    }

    package mutating func push(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 { pieces.append(bytes) }
    }

    /// What arrives next; nil when everything has.
    package mutating func take() -> ByteBuffer? {
        guard next < pieces.count else { return nil }
        switch delivery {
        case .whole:
            return takePiece()
        case .byteByByte:
            return take(byteCount: 1)
        case .split:
            return take(byteCount: 1 + Int(generator.next() % Self.longestPiece))
        case .coalesced:
            var joined = ByteBuffer()
            while next < pieces.count {
                var piece = takePiece()
                joined.writeBuffer(&piece)
            }
            return joined
        }
    }

    private mutating func takePiece() -> ByteBuffer {
        let piece = pieces[next]
        pieces[next] = ByteBuffer()
        next += 1
        if next == pieces.count {
            pieces.removeAll(keepingCapacity: true)
            next = 0
        }
        return piece
    }

    private mutating func take(byteCount: Int) -> ByteBuffer {
        let count = min(byteCount, pieces[next].readableBytes)
        guard count < pieces[next].readableBytes, let slice = pieces[next].readSlice(length: count) else {
            return takePiece()
        }
        return slice
    }
}

/// A small seeded generator (Steele, Lea and Flood, 2014).
package struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(state: UInt64) {
        self.state = state
    }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
