/// OpenSSH's key stretching: PBKDF2's idea over a hash made of bcrypt (OpenSSH PROTOCOL.key; the design is OpenBSD's).
package enum BcryptPBKDF {
    private static let blockByteCount = 32
    private static let hashByteCount = 64
    /// ssh-keygen's default is 16 to 24; this is half a minute of work.
    private static let roundCounts: ClosedRange<UInt32> = 1...2048
    private static let saltByteCounts = 1...1024

    /// Whether it is worth trying: a file shall not keep us busy for hours.
    package static func isAffordable(salt: [UInt8], roundCount: UInt32) -> Bool {
        roundCounts.contains(roundCount) && saltByteCounts.contains(salt.count)
    }

    /// `byteCount` bytes out of a passphrase; salt, passphrase and rounds may not be empty.
    package static func derive(
        _ passphrase: borrowing SecretBytes, salt: [UInt8], roundCount: UInt32, byteCount: Int
    ) throws(CryptoError) -> SecretBytes {
        guard passphrase.count > 0, isAffordable(salt: salt, roundCount: roundCount),
            (1...1024).contains(byteCount), let rounds = Int(exactly: roundCount)
        else { throw .failed(operation: "bcrypt-pbkdf") }
        let blockCount = (byteCount + blockByteCount - 1) / blockByteCount
        let pass = try hash(passphrase)
        var key = SecretBytes(count: byteCount)
        var blowfish = Blowfish()
        for block in 0..<blockCount {
            var digest = try Digest(.sha512)
            try digest.update(salt)
            try digest.update((0..<4).map { UInt8(truncatingIfNeeded: (block + 1) >> (24 - 8 * $0)) })
            var seed = SecretBytes(count: hashByteCount)
            try digest.finalize(into: &seed, at: 0)
            var sum = SecretBytes(count: blockByteCount)
            for _ in 0..<rounds {
                let output = blowfish.bcryptHash(pass, salt: seed)
                sum.add(output)
                seed = try hash(output)
            }
            // The bytes of a block lie scattered, so that no part of the key costs less than all of it.
            for index in 0..<blockByteCount where index * blockCount + block < byteCount {
                key.store(sum.byte(at: index) ?? 0, at: index * blockCount + block)
            }
        }
        return key
    }

    private static func hash(_ bytes: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        var digest = try Digest(.sha512)
        try digest.update(bytes)
        var hash = SecretBytes(count: hashByteCount)
        try digest.finalize(into: &hash, at: 0)
        return hash
    }
}

extension SecretBytes {
    /// Exclusive or with as many bytes.
    fileprivate mutating func add(_ other: borrowing SecretBytes) {
        unsafe withUnsafeMutableBytes { target in
            unsafe other.withUnsafeBytes { source in
                for index in 0..<min(target.count, source.count) { unsafe target[index] ^= source[index] }
            }
        }
    }
}
