import CSodium

/// Where random bytes come from: the system, or a seed when a session is to be replayed byte for byte.
///
/// Keys and cookies never come from the pool. It serves padding alone, so that a packet does not cost a system call, and
/// so that a copied source can repeat nothing but padding.
package struct RandomSource: Sendable {
    private static let poolByteCount = 1024

    private let seed: UInt64?
    private var drawCount: UInt64 = 0
    private var pool: [UInt8] = []
    private var poolOffset = 0

    package static func system() -> RandomSource {
        RandomSource(seed: nil)
    }

    /// The same seed and calls give the same bytes.
    ///
    /// For tests and replays.
    package static func seeded(_ seed: UInt64) -> RandomSource {
        RandomSource(seed: seed)
    }

    private init(seed: UInt64?) {
        self.seed = seed
    }

    package mutating func bytes(count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, count))
        unsafe bytes.withUnsafeMutableBytes { target in unsafe draw(into: target) }
        return bytes
    }

    package mutating func secret(count: Int) -> SecretBytes {
        var secret = SecretBytes(count: count)
        unsafe secret.withUnsafeMutableBytes { target in unsafe draw(into: target) }
        return secret
    }

    /// Fills `target` from the pool: padding.
    package mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        guard target.count <= Self.poolByteCount else { return unsafe draw(into: target) }
        if pool.count - poolOffset < target.count {
            pool = bytes(count: Self.poolByteCount)
            poolOffset = 0
        }
        let offset = poolOffset
        poolOffset += target.count
        unsafe pool.withUnsafeBytes { bytes in
            unsafe target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + target.count]))
        }
    }

    private mutating func draw(into target: UnsafeMutableRawBufferPointer) {
        _ = Sodium.isReady
        guard let base = target.baseAddress, target.count > 0 else { return }
        guard let seed else { return unsafe randombytes_buf(base, target.count) }
        // One ChaCha20 stream for each draw, keyed by the seed and the draw's number.
        var key = (seed.littleEndian, drawCount.littleEndian, UInt64(0), UInt64(0))
        drawCount &+= 1
        unsafe withUnsafeMutableBytes(of: &key) { bytes in
            guard let key = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
            unsafe randombytes_buf_deterministic(base, target.count, key)
        }
    }
}
