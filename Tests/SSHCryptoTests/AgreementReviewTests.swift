import SSHCrypto
import SSHWire
import Testing

/// Primes that a server may choose and nobody else would.
@Suite("Unusual groups")
struct AgreementReviewTests {
    /// k * 2^2000 + 1, of 2,048 bits.
    private static func number(_ k: [UInt8]) -> MPInt {
        MPInt(magnitude: k + [UInt8](repeating: 0, count: 249) + [1])
    }

    private static func isProbablyPrime(_ number: MPInt, seed: UInt64) throws -> Bool {
        let group = try FiniteFieldGroup(prime: number, generator: MPInt(magnitude: [2]), bitCounts: 2048...8192)
        var random = RandomSource.seeded(seed)
        return try group.isProbablyPrime(random: &random)
    }

    @Test(
        "A prime p with two thousand twos in p - 1 is known for one, whatever the base",
        arguments: 1...8 as ClosedRange<UInt64>)
    func manyTwos(_ seed: UInt64) throws {
        #expect(try Self.isProbablyPrime(Self.number([0x80, 0, 0, 0, 0x03, 0x0B]), seed: seed))
    }

    @Test("Its neighbours of the same form are not", arguments: [0x01, 0x09, 0x0D, 0x0F] as [UInt8])
    func composites(_ last: UInt8) throws {
        #expect(try !Self.isProbablyPrime(Self.number([0x80, 0, 0, 0, 0x03, last]), seed: 1))
    }
}
