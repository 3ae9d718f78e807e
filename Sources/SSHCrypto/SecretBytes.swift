import CSodium

/// Bytes that are guarded, kept out of swap where the system allows it, wiped at the end, and never printed.
///
/// The address is kept as bits and never shared: one owner, immutable while borrowed. That makes it `Sendable`.
package struct SecretBytes: ~Copyable, Sendable {
    package let count: Int
    private let address: UInt
    private let isGuarded: Bool

    /// `count` zero bytes.
    package init(count: Int) {
        self.count = max(0, count)
        guard self.count > 0 else {
            // Nothing to guard: no pages, and no address.
            address = 0
            isGuarded = false
            return
        }
        if Sodium.isReady, let guarded = unsafe sodium_malloc(self.count) {
            address = UInt(bitPattern: guarded)
            isGuarded = true
        } else {
            // The budget for locked memory is small. A login does not fail for it: this memory is wiped too.
            let plain = UnsafeMutableRawPointer.allocate(byteCount: self.count, alignment: 16)
            address = UInt(bitPattern: plain)
            isGuarded = false
        }
        unsafe withUnsafeMutableBytes { bytes in unsafe sodium_memzero(bytes.baseAddress, bytes.count) }
    }

    package init(copying bytes: some Collection<UInt8>) {
        self.init(count: bytes.count)
        unsafe withUnsafeMutableBytes { target in unsafe target.copyBytes(from: bytes) }
    }

    deinit {
        guard let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return }
        defer { Sodium.wipeTraces() }
        guard !isGuarded else { return unsafe sodium_free(pointer) }
        unsafe sodium_memzero(pointer, count)
        unsafe pointer.deallocate()
    }

    package borrowing func withUnsafeBytes<R: ~Copyable, E: Error>(
        _ body: (UnsafeRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let pointer = unsafe UnsafeRawPointer(bitPattern: address)
        return try unsafe body(UnsafeRawBufferPointer(start: pointer, count: count))
    }

    package mutating func withUnsafeMutableBytes<R, E: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
    ) throws(E) -> R {
        let pointer = unsafe UnsafeMutableRawPointer(bitPattern: address)
        return try unsafe body(UnsafeMutableRawBufferPointer(start: pointer, count: count))
    }

    package borrowing func copy() -> SecretBytes {
        prefix(count)
    }

    /// The first `count` bytes, or all there are.
    package borrowing func prefix(_ count: Int) -> SecretBytes {
        slice(0..<max(0, count))
    }

    /// Compares in constant time; only the lengths show.
    package borrowing func isEqual(to other: borrowing SecretBytes) -> Bool {
        guard count == other.count else { return false }
        guard count > 0 else { return true }
        return unsafe withUnsafeBytes { ours in
            unsafe other.withUnsafeBytes { theirs in
                guard let a = ours.baseAddress, let b = theirs.baseAddress else { return false }
                return unsafe sodium_memcmp(a, b, ours.count) == 0
            }
        }
    }
}

extension SecretBytes {
    /// Stores one byte; an index outside is ignored.
    package mutating func store(_ byte: UInt8, at index: Int) {
        guard index >= 0, index < count else { return }
        unsafe withUnsafeMutableBytes { unsafe $0[index] = byte }
    }

    /// Keeps only the bits of `mask`, and sets those of `bits`, in one byte; an index outside is ignored.
    mutating func change(at index: Int, keep mask: UInt8, set bits: UInt8 = 0) {
        guard index >= 0, index < count else { return }
        unsafe withUnsafeMutableBytes { unsafe $0[index] = $0[index] & mask | bits }
    }

    /// In constant time.
    var isZero: Bool {
        unsafe withUnsafeBytes { bytes in
            unsafe bytes.bindMemory(to: UInt8.self).baseAddress.map { unsafe sodium_is_zero($0, bytes.count) == 1 }
                ?? true
        }
    }
}
