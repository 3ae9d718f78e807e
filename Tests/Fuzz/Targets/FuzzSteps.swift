import NIOCore
import PeerSupport

/// An input as a list of steps: a byte that says what, the size of its argument in two, and the argument, as far as it goes.
struct FuzzSteps {
    private var rest: ByteBuffer

    init(_ bytes: some Sequence<UInt8>) {
        rest = ByteBuffer(bytes: bytes)
    }

    mutating func next() -> (kind: UInt8, argument: ByteBuffer)? {
        guard let kind = rest.readInteger(as: UInt8.self) else { return nil }
        return (kind, nextArgument())
    }

    mutating func nextArgument() -> ByteBuffer {
        let size = rest.readInteger(as: UInt16.self) ?? 0
        return rest.readSlice(length: min(Int(size), rest.readableBytes)) ?? ByteBuffer()
    }

    mutating func remainder() -> [UInt8] {
        rest.readBytes(length: rest.readableBytes) ?? []
    }
}

/// Changes of some bytes: where, how many of them go, how many come, and those.
enum FuzzEdits {
    static func apply(_ edits: ByteBuffer, to bytes: inout [UInt8]) {
        var edits = edits
        while let (place, removed, added) = edits.readMultipleIntegers(as: (UInt16, UInt8, UInt8).self) {
            let new = edits.readBytes(length: min(Int(added), edits.readableBytes)) ?? []
            let start = min(Int(place), bytes.count)
            bytes.replaceSubrange(start..<min(start + Int(removed), bytes.count), with: new)
        }
    }
}

/// The same bytes in pieces of up to so many, as a seed decides.
enum FuzzPieces {
    static func cut(_ bytes: [UInt8], longest: Int, seed: UInt8) -> [ByteBuffer] {
        var generator = SplitMix(state: UInt64(seed))
        var pieces: [ByteBuffer] = []
        var rest = ByteBuffer(bytes: bytes)
        while rest.readableBytes > 0 {
            let count = min(rest.readableBytes, 1 + Int(generator.next() % UInt64(longest)))
            if let piece = rest.readSlice(length: count) { pieces.append(piece) }
        }
        return pieces
    }
}
