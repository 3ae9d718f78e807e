import NIOCore
import Synchronization

/// A place in what a scripted server says: after so many of its packets, of which the identification counts as the first.
package struct FaultPoint: Hashable, Sendable {
    package let packetCount: Int
    /// Whether half of the next one still comes.
    package let isInside: Bool

    package init(packetCount: Int, isInside: Bool) {
        self.packetCount = packetCount
        self.isInside = isInside
    }

    /// Before each of so many packets, and inside of it.
    package static func all(in packetCount: Int) -> [FaultPoint] {
        (0..<packetCount).flatMap { [Self(packetCount: $0, isInside: false), Self(packetCount: $0, isInside: true)] }
    }
}

extension PeerConfiguration {
    /// From there on the peer says nothing more; `whenReached` is given what it keeps to itself of its next packet.
    package mutating func fallSilent(
        at point: FaultPoint, _ whenReached: @escaping @Sendable (_ rest: [UInt8]) -> Void = { _ in }
    ) {
        let count = PacketCount()
        hook = { _, step, own in
            let index = count.next()
            if index < point.packetCount { return [.payload(own)] }
            guard index == point.packetCount else { return [] }
            let cut = { @Sendable (packet: inout [UInt8]) in
                let count = point.isInside ? packet.count / 2 : 0
                whenReached(Array(packet[count...]))
                packet.removeLast(packet.count - count)
            }
            guard step == .identification else { return [.altered(own, cut)] }
            // It is no packet.
            var line = Array(own.readableBytesView)
            cut(&line)
            return [.raw(line)]
        }
    }

    /// What the peer says, each by its message number; 0 for the identification.
    package mutating func noteNumbers(_ note: @escaping @Sendable (UInt8) -> Void) {
        hook = { _, step, own in
            note(step == .identification ? 0 : own.getInteger(at: own.readerIndex) ?? 0)
            return [.payload(own)]
        }
    }
}

private final class PacketCount: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}
