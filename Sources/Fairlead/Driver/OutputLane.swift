import NIOCore

/// One descriptor that output goes to: what waits for it, in order, and whether a thread is writing.
final class OutputLane {
    /// What a write brought.
    struct Progress {
        var byteCount = 0
        /// Nobody reads the descriptor any more, and that is news.
        var isNewlyBroken = false
    }

    let descriptor: Int32
    var pending: [ByteBuffer] = []
    private(set) var isBusy = false
    private var isBroken = false
    /// The descriptor cannot tell whether a write would wait (a terminal): threads do all of it.
    private var alwaysNeedsThread = false

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    var isDrained: Bool { pending.isEmpty && !isBusy }

    /// Writes what goes without waiting.
    ///
    /// Once the reader is gone, everything counts as written: it is dropped.
    func writeNow() -> Progress {
        var progress = Progress()
        while !isBusy, !pending.isEmpty, !alwaysNeedsThread || isBroken {
            if isBroken {
                progress.byteCount += pending.reduce(0) { $0 + $1.readableBytes }
                pending.removeAll(keepingCapacity: true)
                break
            }
            switch PlatformStreams.writeNow(pending[...], to: descriptor) {
            case .wrote(let byteCount):
                progress.byteCount += byteCount
                drop(byteCount)
            case .wouldWait: return progress
            case .cannotTell: alwaysNeedsThread = true
            case .broken:
                isBroken = true
                progress.isNewlyBroken = true
            }
        }
        return progress
    }

    /// Everything that waits, for a thread to write.
    func takeBatch() -> [ByteBuffer] {
        isBusy = true
        defer { pending = [] }
        return pending
    }

    func finishBatch(_ batch: [ByteBuffer], isWhole: Bool) -> Progress {
        isBusy = false
        let isNewlyBroken = !isWhole && !isBroken
        isBroken = isBroken || !isWhole
        return Progress(byteCount: batch.reduce(0) { $0 + $1.readableBytes }, isNewlyBroken: isNewlyBroken)
    }

    private func drop(_ byteCount: Int) {
        var left = byteCount
        var wholeCount = 0
        while wholeCount < pending.count, pending[wholeCount].readableBytes <= left {
            left -= pending[wholeCount].readableBytes
            wholeCount += 1
        }
        pending.removeFirst(wholeCount)
        if left > 0, !pending.isEmpty { pending[0].moveReaderIndex(forwardBy: min(left, pending[0].readableBytes)) }
    }
}
