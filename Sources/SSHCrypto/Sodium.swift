import CSodium

/// libsodium, initialised once.
enum Sodium {
    /// `sodium_malloc` aborts before `sodium_init`, so whoever allocates asks here first.
    static let isReady = sodium_init() >= 0

    /// Overwrites what a secret leaves beside its own memory: copies in the stack below us, and in the vector registers, by
    /// which memory is copied, which often last for long, and which the dynamic linker saves on the stack.
    static func wipeTraces() {
        unsafe withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 64) { scratch in
            unsafe sodium_memzero(scratch.baseAddress, scratch.count)
            // Zeros, copied as secrets of each size are. What libsodium may look at in between, no compiler leaves out.
            for shift in 2...10 {
                unsafe sodium_memzero(scratch.baseAddress, 1)
                let source = unsafe UnsafeRawBufferPointer(rebasing: scratch[4096..<4096 + (3 << shift)])
                unsafe scratch.copyMemory(from: source)
            }
            unsafe sodium_memzero(scratch.baseAddress, scratch.count)
        }
        sodium_stackzero(16 * 1024)
    }
}
