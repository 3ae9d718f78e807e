import NIOCore
import SSHCore

/// One descriptor that output goes to: what waits for it, in order, and whether a thread is writing.
final class OutputLane {
    /// What a write brought.
    struct Progress {
        var byteCount = 0
        /// Nobody reads the descriptor any more, and that is news.
        var isNewlyBroken = false
    }

    let descriptor: Int32
    var pending = Inbox()
    private(set) var isBusy = false
    private var isBroken = false
    /// Why bytes were lost: an `errno`, unless the reader just left.
    private(set) var failure: Int32?
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
                progress.byteCount += pending.takeAll().reduce(0) { $0 + $1.readableBytes }
                break
            }
            switch PlatformStreams.writeNow(pending.pieces, to: descriptor) {
            case .wrote(let byteCount):
                progress.byteCount += byteCount
                pending.drop(byteCount)
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
        return pending.takeAll()
    }

    /// `failure` is the `errno` of what kept the batch from being written whole.
    func finishBatch(_ batch: [ByteBuffer], failure: Int32?) -> Progress {
        isBusy = false
        let isNewlyBroken = failure != nil && !isBroken
        isBroken = isBroken || failure != nil
        if let failure, isNewlyBroken, !PlatformStreams.isDeparture(failure) { self.failure = failure }
        return Progress(byteCount: batch.reduce(0) { $0 + $1.readableBytes }, isNewlyBroken: isNewlyBroken)
    }
}
