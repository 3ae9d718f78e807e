package import NIOCore

/// Buffers that are used again once nobody else holds them: a fresh one for each packet would cost page faults.
package struct BufferRing {
    private var slots: [ByteBuffer]
    private let largestKept: Int
    private var next = 0

    /// Buffers of more than `largestKept` bytes are not kept: whoever chooses their size chooses what stays in memory.
    package init(count: Int, largestKept: Int = .max) {
        slots = Array(repeating: ByteBuffer(), count: count)
        self.largestKept = largestKept
    }

    /// An empty buffer of at least that capacity, and the slot to put it back into; one that must be made may have another.
    package mutating func take(minimumCapacity: Int, fresh: Int? = nil) -> (slot: Int, buffer: ByteBuffer) {
        // From the start again as soon as the first is free: the fewer buffers go round, the more of them a cache holds.
        if next != 0, slots[0].modifyIfUniquelyOwned({ _ in }) != nil { next = 0 }
        let slot = next
        next = next + 1 == slots.count ? 0 : next + 1
        let isFree = slots[slot].modifyIfUniquelyOwned { $0.clear(minimumCapacity: minimumCapacity) } != nil
        // The slot lets go, so that the caller is the only owner while it writes.
        var buffer = ByteBuffer()
        swap(&buffer, &slots[slot])
        return (slot, isFree ? buffer : ByteBufferAllocator().buffer(capacity: fresh ?? minimumCapacity))
    }

    package mutating func put(_ buffer: ByteBuffer, into slot: Int) {
        if buffer.storageCapacity <= largestKept { slots[slot] = buffer }
    }
}
