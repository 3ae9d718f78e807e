import CLibcrypto
package import SSHWire

/// A group of numbers modulo a prime: a fixed one (RFC 2409, RFC 3526), or one that a server chose (RFC 4419).
package struct FiniteFieldGroup: Hashable, Sendable {
    package enum Name: Hashable, Sendable { case group1, group14, group15, group16, group17, group18 }

    package let prime: MPInt
    package let generator: MPInt

    package init(_ name: Name) throws(CryptoError) {
        let number =
            switch name {
            case .group1: unsafe BN_get_rfc2409_prime_1024(nil)
            case .group14: unsafe BN_get_rfc3526_prime_2048(nil)
            case .group15: unsafe BN_get_rfc3526_prime_3072(nil)
            case .group16: unsafe BN_get_rfc3526_prime_4096(nil)
            case .group17: unsafe BN_get_rfc3526_prime_6144(nil)
            case .group18: unsafe BN_get_rfc3526_prime_8192(nil)
            }
        guard let number = unsafe number else { throw Libcrypto.failure("BN_get_rfc3526_prime") }
        prime = try unsafe BigNumber(owning: number).publicNumber()
        generator = MPInt(magnitude: [2])
    }

    /// A server's group, which must have a prime of that many bits that is odd, and a generator in 2...p-2.
    ///
    /// Whether it is prime at all is asked of `isProbablyPrime`, once for each prime.
    package init(prime: MPInt, generator: MPInt, bitCounts: ClosedRange<Int>) throws(CryptoError) {
        guard bitCounts.contains(prime.bitCount), let last = prime.magnitude.last, last & 1 == 1 else {
            throw .invalidShare
        }
        self.prime = prime
        self.generator = generator
        guard try isBetweenTwoAndPrimeMinusTwo(generator) else { throw .invalidShare }
    }

    func isBetweenTwoAndPrimeMinusTwo(_ number: MPInt) throws(CryptoError) -> Bool {
        guard number.bitCount > 1 else { return false }
        let bound = try BigNumber(prime)
        try Libcrypto.require(unsafe BN_sub_word(bound.pointer, 2), "BN_sub_word")
        let value = try BigNumber(number)
        return unsafe BN_cmp(value.pointer, bound.pointer) <= 0
    }

    /// One round of Miller and Rabin's test with a random base: a composite passes with a chance of a quarter at most.
    ///
    /// Enough against a group that was damaged or made by mistake; a server that wants to betray us needs no composite.
    package func isProbablyPrime(random: inout RandomSource) throws(CryptoError) -> Bool {
        let modulus = try BigNumber(prime)
        let less = try BigNumber(prime)
        try Libcrypto.require(unsafe BN_sub_word(less.pointer, 1), "BN_sub_word")
        // p - 1 is 2^k times an odd number.
        let odd = try BigNumber(prime)
        var k: Int32 = 1
        while k < prime.bitCount, unsafe BN_is_bit_set(less.pointer, k) == 0 { k += 1 }
        try Libcrypto.require(unsafe BN_rshift(odd.pointer, less.pointer, k), "BN_rshift")
        var base = random.bytes(count: prime.magnitude.count)
        // Less than p, and at least 2.
        base[0] = 0
        base[base.count - 1] |= 2
        let x = try BigNumber(MPInt(magnitude: base)).power(odd, modulo: modulus)
        if unsafe BN_is_one(x.pointer) == 1 { return true }
        guard let scratch = unsafe BN_CTX_new() else { throw Libcrypto.failure("BN_CTX_new") }
        defer { unsafe BN_CTX_free(scratch) }
        for _ in 0..<k {
            if unsafe BN_cmp(x.pointer, less.pointer) == 0 { return true }
            // In place: a server may choose a p with thousands of twos in p - 1.
            try Libcrypto.require(unsafe BN_mod_sqr(x.pointer, x.pointer, modulus.pointer, scratch), "BN_mod_sqr")
        }
        return false
    }
}
