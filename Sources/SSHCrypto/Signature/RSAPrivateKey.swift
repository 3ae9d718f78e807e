package import SSHWire

/// The numbers of an RSA private key, as key files hold them (RFC 8017 §3.2): fill in what `init` does not take.
package struct RSAPrivateKey: ~Copyable, Sendable {
    package let modulus: MPInt
    package let exponent: MPInt
    /// d.
    package var privateExponent = SecretBytes(count: 0)
    /// p.
    package var firstPrime = SecretBytes(count: 0)
    /// q.
    package var secondPrime = SecretBytes(count: 0)
    /// q⁻¹ mod p.
    package var coefficient = SecretBytes(count: 0)

    package init(modulus: MPInt, exponent: MPInt) {
        self.modulus = modulus
        self.exponent = exponent
    }

    /// Throws `invalidKey` if the numbers do not belong together.
    borrowing func makeKey() throws(CryptoError) -> LibcryptoKey {
        guard privateExponent.count <= MPInt.maximumByteCount, coefficient.count <= MPInt.maximumByteCount,
            firstPrime.count <= MPInt.maximumByteCount, secondPrime.count <= MPInt.maximumByteCount
        else { throw .invalidKey }
        let n = try BigNumber(modulus)
        let e = try BigNumber(exponent)
        let d = try BigNumber(privateExponent)
        let p = try BigNumber(firstPrime)
        let q = try BigNumber(secondPrime)
        let inverse = try BigNumber(coefficient)
        guard n.isProduct(of: p, q), inverse.isInverse(of: q, modulo: p) else { throw .invalidKey }
        let dp = try d.reduced(for: p, undoing: e)
        let dq = try d.reduced(for: q, undoing: e)
        let parameters = try KeyParameters()
        try parameters.add("n", n)
        try parameters.add("e", e)
        try parameters.add("d", d)
        try parameters.add("rsa-factor1", p)
        try parameters.add("rsa-factor2", q)
        try parameters.add("rsa-exponent1", dp)
        try parameters.add("rsa-exponent2", dq)
        try parameters.add("rsa-coefficient1", inverse)
        return try parameters.make("RSA", .keyPair)
    }
}
