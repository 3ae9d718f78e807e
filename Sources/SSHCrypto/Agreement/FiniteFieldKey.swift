import CLibcrypto
import SSHWire

/// One use of Diffie-Hellman modulo a prime (RFC 4253 §8).
struct FiniteFieldKey: ~Copyable {
    /// Twice the strength of the largest group (RFC 3526 §8), in bytes: longer exponents cost time and give nothing.
    static let exponentByteCount = 80
    /// OpenSSH's bound as well: a share with fewer bits set shows too much of its exponent.
    private static let minimumSetBitCount = 4

    /// An mpint without its length field.
    let publicShare: [UInt8]
    private let group: FiniteFieldGroup
    let exponent: BigNumber
    private let modulus: BigNumber

    init(_ group: FiniteFieldGroup, random: inout RandomSource) throws(CryptoError) {
        var bytes = random.secret(count: Self.exponentByteCount)
        // Always of full length.
        bytes.change(at: 0, keep: 0xFF, set: 0x80)
        try self.init(group, exponent: bytes)
    }

    init(_ group: FiniteFieldGroup, exponent bytes: borrowing SecretBytes) throws(CryptoError) {
        let exponent = try BigNumber(bytes)
        let modulus = try BigNumber(group.prime)
        let share = try BigNumber(group.generator).power(exponent, modulo: modulus).publicNumber()
        publicShare = share.body
        self.group = group
        self.exponent = exponent
        self.modulus = modulus
    }

    /// A share outside 2...p-2 is refused.
    func agree(with peerShare: [UInt8]) throws(CryptoError) -> SecretBytes {
        // Its bytes are a normalised mpint already; what is negative never gets here.
        let share = MPInt(magnitude: peerShare)
        guard try group.isBetweenTwoAndPrimeMinusTwo(share),
            share.magnitude.reduce(0, { $0 + $1.nonzeroBitCount }) >= Self.minimumSetBitCount
        else { throw .invalidShare }
        let product = try BigNumber(share).power(exponent, modulo: modulus)
        return try product.secretBytes(count: group.prime.magnitude.count)
    }
}
