import CSodium

/// A key pair of Streamlined NTRU Prime with p = 761, the key encapsulation of `sntrup761x25519-sha512`.
///
/// As in round 3 of NIST's competition (draft-josefsson-ntruprime-streamlined); names of one letter are those of the
/// specification. How long anything here takes, and which memory it reaches for, is the same for all secrets.
package struct SNTRUP761: ~Copyable {
    static let p = 761
    static let w = 286

    package static let publicKeyByteCount = 1158
    package static let ciphertextByteCount = 1039
    static let packedByteCount = 191
    private static let roundedByteCount = 1007
    private static let hashByteCount = 32

    package let publicKey: [UInt8]
    /// Packed f and 1/g, and what stands in for r when a ciphertext is refused.
    let f, inverse, substitute: SecretBytes

    /// Random g and its inverse modulo 3.
    package struct Candidate: ~Copyable {
        fileprivate var g = SecretBytes(count: packedByteCount)
        fileprivate var inverse = SecretBytes(count: packedByteCount)
        /// Zero if g has an inverse.
        package var fault: Int32 = 0

        package init(random: inout RandomSource) {
            Workspace.run { work in
                work.sampleSmall(0, from: &random)
                fault = work.invert(0, into: 1, .three)
                work.pack(0, into: &g)
                work.pack(1, into: &inverse)
            }
        }
    }

    /// The secret that made the ciphertext; for one that was not made honestly, a secret that nobody else knows.
    package func decapsulate(_ ciphertext: [UInt8]) throws(CryptoError) -> SecretBytes {
        guard ciphertext.count == Self.ciphertextByteCount else { throw .invalidShare }
        var r = SecretBytes(count: Self.packedByteCount)
        var hidden = SecretBytes(count: 0)
        try Workspace.run { (work) throws(CryptoError) in
            work.decode(ciphertext.prefix(Self.roundedByteCount), isRounded: true, into: 0)
            work.unpack(f, into: 1)
            work.unpack(inverse, into: 2)
            work.decrypt()
            work.pack(0, into: &r)
            hidden = try Self.hide(r, for: publicKey, in: work)
        }
        let difference = unsafe hidden.withUnsafeBytes { unsafe sodium_memcmp(ciphertext, $0.baseAddress, $0.count) }
        let refusal = UInt8(truncatingIfNeeded: difference)
        unsafe r.withUnsafeMutableBytes { r in
            unsafe substitute.withUnsafeBytes { substitute in
                for index in r.indices { unsafe r[index] ^= refusal & (r[index] ^ substitute[index]) }
            }
        }
        return try Self.hash(1 &+ refusal, r, ciphertext)
    }

    /// A ciphertext for who has the key pair, and the secret that it makes.
    package static func encapsulate(
        to publicKey: [UInt8], random: inout RandomSource, secret: inout SecretBytes
    ) throws(CryptoError) -> [UInt8] {
        guard publicKey.count == publicKeyByteCount else { throw .invalidShare }
        var r = SecretBytes(count: packedByteCount)
        var ciphertext: [UInt8] = []
        try Workspace.run { (work) throws(CryptoError) in
            work.sampleShort(0, from: &random)
            work.pack(0, into: &r)
            let hidden = try hide(r, for: publicKey, in: work)
            ciphertext = unsafe hidden.withUnsafeBytes { unsafe Array($0) }
        }
        secret = try hash(1, r, ciphertext)
        return ciphertext
    }

    /// The ciphertext of r, which polynomial 0 holds too: rounded hr and a hash that confirms.
    private static func hide(
        _ r: borrowing SecretBytes, for publicKey: [UInt8], in work: Workspace
    ) throws(CryptoError) -> SecretBytes {
        work.decode(publicKey, isRounded: false, into: 1)
        work.multiply(1, 0, into: 2, .q)
        let keyHash = try Digest.hash(.sha512, [4] + publicKey).prefix(hashByteCount)
        let confirmation = try hash(2, r, Array(keyHash))
        var hidden = SecretBytes(count: ciphertextByteCount)
        unsafe hidden.withUnsafeMutableBytes { hidden in
            unsafe work.encode(2, isRounded: true, into: hidden)
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: hidden[roundedByteCount...])
            unsafe confirmation.withUnsafeBytes { unsafe rest.copyMemory(from: $0) }
        }
        return hidden
    }

    /// H_purpose(H_3(r) ‖ rest), where H_n is the first half of SHA-512 after the byte n.
    private static func hash(
        _ purpose: UInt8, _ r: borrowing SecretBytes, _ rest: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        try digest(purpose, digest(3, r, []), rest)
    }

    private static func digest(
        _ purpose: UInt8, _ secret: borrowing SecretBytes, _ rest: [UInt8]
    ) throws(CryptoError) -> SecretBytes {
        var result = SecretBytes(count: HashAlgorithm.sha512.byteCount)
        var digest = try Digest(.sha512)
        try unsafe withUnsafeBytes(of: purpose) { (purpose) throws(CryptoError) in try unsafe digest.update(purpose) }
        try digest.update(secret)
        try digest.update(rest)
        try digest.finalize(into: &result, at: 0)
        return result.prefix(hashByteCount)
    }
}

extension SNTRUP761 {
    package init(random: inout RandomSource) {
        var candidate = Candidate(random: &random)
        // Hardly any lacks an inverse, and that one did says nothing about the next.
        while candidate.fault != 0 { candidate = Candidate(random: &random) }
        self.init(candidate, random: &random)
    }

    /// Makes the rest around a g that has an inverse: f is short, and h = g/3f is public.
    package init(_ candidate: borrowing Candidate, random: inout RandomSource) {
        var f = SecretBytes(count: Self.packedByteCount)
        var publicKey = [UInt8](repeating: 0, count: Self.publicKeyByteCount)
        Workspace.run { work in
            work.sampleShort(0, from: &random)
            work.pack(0, into: &f)
            // x^p − x − 1 is irreducible modulo q: every f has an inverse.
            _ = work.invert(0, into: 1, .q)
            work.unpack(candidate.g, into: 2)
            work.multiply(1, 2, into: 3, .q)
            work.scale(3, by: Modulus.third, .q)
            unsafe publicKey.withUnsafeMutableBytes { unsafe work.encode(3, isRounded: false, into: $0) }
        }
        let substitute = random.secret(count: Self.packedByteCount)
        self.init(publicKey: publicKey, f: f, inverse: candidate.inverse.copy(), substitute: substitute)
    }
}
