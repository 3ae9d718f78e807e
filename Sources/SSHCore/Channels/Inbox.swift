package import NIOCore

/// Bytes of one stream that arrived and were not taken yet, in pieces.
///
/// The channel's receive window bounds it.
package struct Inbox: Sendable {
    /// Smaller pieces are gathered: a peer that sends single bytes must not make each one hold a buffer of its own.
    private static let gatheringByteCount = 8 * 1024

    private var chunks: [ByteBuffer] = []
    private var next = 0

    package init() {}

    package var isEmpty: Bool { next == chunks.count }

    /// What is there, oldest first.
    package var pieces: ArraySlice<ByteBuffer> { chunks[next...] }

    package mutating func append(_ data: ByteBuffer) {
        // Nor must a piece hold a buffer many times its size.
        let isWorthItsBuffer = data.storageCapacity / 4 <= data.readableBytes
        guard data.readableBytes < Self.gatheringByteCount || !isWorthItsBuffer else { return chunks.append(data) }
        if !isEmpty, let last = chunks.last, last.readableBytes < Self.gatheringByteCount {
            chunks[chunks.count - 1].writeImmutableBuffer(data)
        } else {
            // A copy, so that a small piece does not keep a large buffer from being used again.
            chunks.append(ByteBuffer(bytes: data.readableBytesView))
        }
    }

    /// The oldest piece.
    package mutating func take() -> ByteBuffer? {
        guard next < chunks.count else { return nil }
        let chunk = chunks[next]
        chunks[next] = ByteBuffer()
        next += 1
        compact()
        return chunk
    }

    /// All pieces.
    package mutating func takeAll() -> [ByteBuffer] {
        let all = Array(pieces)
        chunks.removeAll()
        next = 0
        return all
    }

    /// Lets the oldest `byteCount` bytes go.
    package mutating func drop(_ byteCount: Int) {
        var left = byteCount
        while next < chunks.count, chunks[next].readableBytes <= left {
            left -= chunks[next].readableBytes
            chunks[next] = ByteBuffer()
            next += 1
        }
        if next < chunks.count { chunks[next].moveReaderIndex(forwardBy: left) }
        compact()
    }

    /// Gives taken places back: at once when nothing is left, else when they are the larger part, so that a stream that
    /// never runs dry does not grow the list for ever.
    private mutating func compact() {
        if isEmpty {
            chunks.removeAll(keepingCapacity: true)
        } else {
            guard next > 64, next > chunks.count / 2 else { return }
            chunks.removeFirst(next)
        }
        next = 0
    }
}
