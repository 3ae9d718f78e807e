import CSodium
package import NIOCore

/// Safe doors between secrets and buffers, for code that may not be unsafe.
extension ByteBuffer {
    /// Writes the secret as a `string` (RFC 4251 §5).
    ///
    /// Reserve the capacity first: growing leaves a copy behind.
    package mutating func writeSecretString(_ secret: borrowing SecretBytes) {
        writeInteger(UInt32(truncatingIfNeeded: secret.count))
        unsafe secret.withUnsafeBytes { bytes in _ = unsafe writeBytes(bytes) }
    }

    /// Writes the secret, a big-endian magnitude with any number of leading zeros, as an `mpint` (RFC 4251 §5).
    ///
    /// Reserve the capacity first here, too.
    package mutating func writeSecretMPInt(_ magnitude: borrowing SecretBytes) {
        var start = 0
        while magnitude.byte(at: start) == 0 { start += 1 }
        let sign = Int((magnitude.byte(at: start) ?? 0) >> 7)
        writeSecretString(magnitude.slice(start..<magnitude.count, paddedTo: magnitude.count - start + sign))
    }

    /// Zeroes the whole storage and clears the buffer.
    ///
    /// Storage that someone else holds too is let go untouched.
    package mutating func wipe() {
        modifyIfUniquelyOwned { buffer in
            buffer.clear()
            unsafe buffer.withVeryUnsafeMutableBytes { bytes in
                unsafe sodium_memzero(bytes.baseAddress, bytes.count)
            }
        }
        clear()
    }

    /// Copies `count` bytes out.
    ///
    /// The buffer still holds them until it is wiped.
    package mutating func readSecret(count: Int) throws(CryptoError) -> SecretBytes {
        guard count >= 0, let slice = readSlice(length: count) else { throw .failed(operation: "reading a secret") }
        return SecretBytes(copying: slice.readableBytesView)
    }
}
