package import NIOCore

/// Bytes of one stream that arrived and were not taken yet.
///
/// The channel's receive window bounds it.
package struct Inbox: Sendable {
    /// Smaller pieces are gathered: a peer that sends single bytes must not make each one hold a buffer of its own.
    private static let gatheringByteCount = 8 * 1024

    private var chunks: [ByteBuffer] = []
    private var next = 0

    package init() {}

    package var isEmpty: Bool { next == chunks.count }

    package mutating func append(_ data: ByteBuffer) {
        guard data.readableBytes < Self.gatheringByteCount else { return chunks.append(data) }
        if next < chunks.count, let last = chunks.last, last.readableBytes < Self.gatheringByteCount {
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
        if next == chunks.count {
            chunks.removeAll(keepingCapacity: true)
            next = 0
        }
        return chunk
    }
}
