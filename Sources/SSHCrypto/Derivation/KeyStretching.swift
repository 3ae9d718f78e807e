import CLibcrypto
import CSodium

/// How a passphrase becomes a key in files that are not OpenSSH's own; the work is libcrypto's and libsodium's.
package enum KeyStretching: Hashable, Sendable {
    /// OpenSSL's EVP_BytesToKey with MD5 and one round, of PEM files with `DEK-Info`.
    case md5(salt: [UInt8])
    /// SHA-1 over a counter and the passphrase (PuTTY's manual, appendix C.4, PPK version 2).
    case sha1
    /// RFC 8018 §5.2.
    case pbkdf2(HashAlgorithm, salt: [UInt8], rounds: Int)
    /// RFC 7914: N, r and p.
    case scrypt(salt: [UInt8], cost: Int, blockSize: Int, lanes: Int)
    /// RFC 9106, version 1.3 with one lane.
    case argon2(isHybrid: Bool, salt: [UInt8], kibibytes: Int, passes: Int)

    /// OpenSSL takes 16 MiB unless told otherwise, PuTTY 8.
    private static let maximumByteCount = 1_073_741_824.0
    /// Bytes of memory that are filled; some twenty seconds.
    private static let maximumFilledByteCount = 16 * maximumByteCount
    /// As long for PBKDF2.
    private static let maximumRoundCount = 20_000_000

    /// Whether it is worth trying: a file shall not keep us busy for minutes, nor take all memory.
    package var isAffordable: Bool {
        switch self {
        case .md5, .sha1: true
        case .pbkdf2(_, _, let rounds): (1...Self.maximumRoundCount).contains(rounds)
        case .scrypt(_, let cost, let blockSize, let lanes):
            // Each lane has a block of its own besides.
            Self.allows(128 * Double(cost) * Double(blockSize), passes: lanes)
                && Self.allows(128 * (Double(cost) + Double(lanes)) * Double(blockSize), passes: 1)
        case .argon2(_, _, let kibibytes, let passes): Self.allows(1024 * Double(kibibytes), passes: passes)
        }
    }

    private static func allows(_ byteCount: Double, passes: Int) -> Bool {
        byteCount > 0 && byteCount <= maximumByteCount && passes > 0
            && byteCount * Double(passes) <= maximumFilledByteCount
    }

    package func derive(
        _ passphrase: borrowing SecretBytes, byteCount: Int
    ) throws(CryptoError) -> SecretBytes {
        guard isAffordable, Sodium.isReady else { throw .failed(operation: "stretching a passphrase") }
        switch self {
        case .md5(let salt): return try Self.chain(.md5, passphrase, salt: salt, byteCount: byteCount)
        case .sha1: return try Self.chain(.sha1, passphrase, salt: nil, byteCount: byteCount)
        case .pbkdf2, .scrypt, .argon2: break
        }
        var key = SecretBytes(count: byteCount)
        let isDone = unsafe passphrase.withUnsafeBytes { source in
            unsafe key.withUnsafeMutableBytes { target in
                unsafe fill(target, from: source.bindMemory(to: CChar.self))
            }
        }
        guard isDone else { throw Libcrypto.failure("stretching a passphrase") }
        return key
    }

    /// Success is 1 of libcrypto, and 0 of libsodium.
    private func fill(_ key: UnsafeMutableRawBufferPointer, from pass: UnsafeBufferPointer<CChar>) -> Bool {
        guard let output = unsafe key.bindMemory(to: UInt8.self).baseAddress, let length = Int32(exactly: pass.count)
        else { return false }
        switch self {
        case .md5, .sha1: return false
        case .pbkdf2(let hash, let salt, let rounds):
            guard let saltCount = Int32(exactly: salt.count), let rounds = Int32(exactly: rounds),
                let keyCount = Int32(exactly: key.count)
            else { return false }
            return unsafe PKCS5_PBKDF2_HMAC(
                pass.baseAddress, length, salt, saltCount, rounds, hash.implementation, keyCount, output) == 1
        case .scrypt(let salt, let cost, let blockSize, let lanes):
            return unsafe EVP_PBE_scrypt(
                pass.baseAddress, pass.count, salt, salt.count, UInt64(cost), UInt64(blockSize), UInt64(lanes),
                UInt64(2 * Self.maximumByteCount), output, key.count) == 1
        case .argon2(let isHybrid, let salt, let kibibytes, let passes):
            guard salt.count == Int(crypto_pwhash_SALTBYTES), let pass = pass.baseAddress else { return false }
            return unsafe crypto_pwhash(
                output, UInt64(key.count), pass, UInt64(length), salt, UInt64(passes), 1024 * kibibytes,
                isHybrid ? crypto_pwhash_ALG_ARGON2ID13 : crypto_pwhash_ALG_ARGON2I13) == 0
        }
    }

    /// Hash after hash: with a salt each begins with the one before, without one with its number.
    private static func chain(
        _ hash: HashAlgorithm, _ passphrase: borrowing SecretBytes, salt: [UInt8]?, byteCount: Int
    ) throws(CryptoError) -> SecretBytes {
        let blockCount = (byteCount + hash.byteCount - 1) / hash.byteCount
        var key = SecretBytes(count: blockCount * hash.byteCount)
        for block in 0..<blockCount {
            var digest = try Digest(hash)
            let start = block * hash.byteCount
            if salt != nil, block > 0 { try digest.update(key.slice(start - hash.byteCount..<start)) }
            if salt == nil { try digest.update([0, 0, 0, UInt8(truncatingIfNeeded: block)]) }
            try digest.update(passphrase)
            try digest.update(salt ?? [])
            try digest.finalize(into: &key, at: start)
        }
        return key.prefix(byteCount)
    }
}
