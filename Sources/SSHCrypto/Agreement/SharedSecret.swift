/// What both sides computed and nobody else can: K, in the encoding in which it enters hashes.
package struct SharedSecret: ~Copyable {
    /// K with its length field: an mpint for classical exchanges (RFC 4253 §8, RFC 8731 §3.1), a string for hybrids
    /// (RFC 10042).
    package let encoded: SecretBytes

    /// Encodes a big-endian magnitude as an mpint.
    ///
    /// Every byte is looked at, whatever the others are; only how many zero bytes lead the number shows, which its
    /// length field shows as well. `keepsZeros` leaves those bytes in place, as OpenSSH 6.5 and 6.6 do.
    package init(magnitude: borrowing SecretBytes, keepsZeros: Bool = false) {
        let count = magnitude.count
        var zeroCount = 0
        var isLeading = 1
        var firstByte: UInt8 = 0
        unsafe magnitude.withUnsafeBytes { bytes in
            for index in 0..<count {
                let byte = unsafe bytes[index]
                let isZero = Int((UInt32(byte) &- 1) >> 31)
                firstByte |= byte & UInt8(truncatingIfNeeded: 0 &- isLeading)
                isLeading &= isZero
                zeroCount += isLeading
            }
        }
        if keepsZeros, zeroCount > 0 { (zeroCount, firstByte) = (0, 0) }
        let signByteCount = Int(firstByte >> 7)
        let contentByteCount = count - zeroCount + signByteCount
        var encoded = SecretBytes(count: 4 + contentByteCount)
        unsafe encoded.withUnsafeMutableBytes { target in
            unsafe target.storeBytes(of: UInt32(truncatingIfNeeded: contentByteCount).bigEndian, as: UInt32.self)
            unsafe magnitude.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target.dropFirst(4 + signByteCount))
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source.dropFirst(zeroCount)))
            }
        }
        self.encoded = encoded
    }

    /// A hybrid's K: the hash of both secrets, the post-quantum one first.
    package init(
        hybrid first: borrowing SecretBytes, _ second: borrowing SecretBytes, hash: HashAlgorithm
    ) throws(CryptoError) {
        var digest = try Digest(hash)
        try digest.update(first)
        try digest.update(second)
        var encoded = SecretBytes(count: 4 + hash.byteCount)
        encoded.store(UInt8(truncatingIfNeeded: hash.byteCount), at: 3)
        try digest.finalize(into: &encoded, at: 4)
        self.encoded = encoded
    }
}
