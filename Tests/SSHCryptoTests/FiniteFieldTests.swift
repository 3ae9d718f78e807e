import SSHWire
import Testing

@testable import SSHCrypto

@Suite struct FiniteFieldTests {
    /// What a number travels as.
    private static func share(_ number: MPInt) -> [UInt8] { number.body }

    private static func exponent(_ first: UInt8, step: Int, _ number: UInt8) -> SecretBytes {
        SecretBytes(copying: [0x80 | first] + (1..<80).map { UInt8(truncatingIfNeeded: $0 * step + Int(number)) })
    }

    private func sha256(_ number: MPInt) throws -> [UInt8] { try Digest.hash(.sha256, number.magnitude) }

    @Test(
        "Each fixed group has the prime of its RFC, and both sides get the shares and K of an independent computation",
        arguments: RecordedAgreements.groups)
    func knownAnswer(recorded: RecordedAgreements.Group) throws {
        let group = try FiniteFieldGroup(recorded.name)
        #expect(try sha256(group.prime) == hex(recorded.prime))
        #expect(group.generator.magnitude == [2])
        let first = try FiniteFieldKey(group, exponent: Self.exponent(0x11, step: 7, recorded.number))
        let second = try FiniteFieldKey(group, exponent: Self.exponent(0x22, step: 13, recorded.number))
        #expect(try sha256(MPInt(magnitude: first.publicShare)) == hex(recorded.first))
        #expect(try sha256(MPInt(magnitude: second.publicShare)) == hex(recorded.second))
        let product = try first.agree(with: second.publicShare)
        #expect(try Digest.hash(.sha256, product.exposed()) == hex(recorded.product))
        #expect(try second.agree(with: first.publicShare).isEqual(to: product))
        #expect(product.count == group.prime.magnitude.count)
    }

    @Test("A share of 0, 1, p-1, p, p+1, or with fewer than four bits set is refused", arguments: [14, 16])
    func badShares(number: Int) throws {
        let group = try FiniteFieldGroup(number == 14 ? .group14 : .group16)
        var random = RandomSource.seeded(4)
        let key = try FiniteFieldKey(group, random: &random)
        let prime = group.prime.magnitude
        let byteCount = prime.count
        // Both primes end in 64 ones: the neighbours differ in the last byte or carry all the way.
        let next = MPInt(magnitude: prime).adding(1)
        var bad: [(what: String, number: MPInt)] = [
            ("nothing", MPInt(magnitude: [])), ("1", MPInt(magnitude: [1])), ("2", MPInt(magnitude: [2])),
            ("p-1", MPInt(magnitude: prime.dropLast() + [0xFE])), ("p", group.prime), ("p+1", next),
            ("three bits", MPInt(magnitude: [0x60] + [UInt8](repeating: 0, count: byteCount - 2) + [1])),
            ("longer than p", MPInt(magnitude: [1] + prime)), ("2p+1", MPInt(magnitude: [1] + prime.dropLast() + [1])),
        ]
        bad += (0..<8).map { ("2^\($0 * 100)", MPInt(magnitude: [1] + [UInt8](repeating: 0, count: $0 * 12))) }
        for (what, number) in bad {
            #expect(throws: CryptoError.invalidShare, "\(what)") {
                _ = try key.agree(with: Self.share(number)).count
            }
        }
        for (what, number) in [
            ("p-2", MPInt(magnitude: prime.dropLast() + [0xFD])), ("15", MPInt(magnitude: [15])),
            ("four bits", MPInt(magnitude: [0x70] + [UInt8](repeating: 0, count: byteCount - 2) + [1])),
        ] {
            #expect(try key.agree(with: Self.share(number)).count == byteCount, "\(what)")
        }
    }

    @Test("Exponents have their full length, and each other bit is set about half the time")
    func exponents() throws {
        let group = try FiniteFieldGroup(.group1)
        var random = RandomSource.seeded(1000)
        let bitCount = FiniteFieldKey.exponentByteCount * 8
        var counts = [Int](repeating: 0, count: bitCount)
        for _ in 0..<1000 {
            let key = try FiniteFieldKey(group, random: &random)
            let bytes = try key.exponent.secretBytes(count: FiniteFieldKey.exponentByteCount).exposed()
            for bit in 0..<bitCount where bytes[bit / 8] >> (7 - bit % 8) & 1 == 1 { counts[bit] += 1 }
        }
        #expect(counts[0] == 1000)
        // Six standard deviations of 15.8 each.
        #expect(counts.dropFirst().allSatisfy { (405...595).contains($0) })
        #expect(Set(counts).count > 20)
    }
}

@Suite struct GroupExchangeTests {
    private static let sizes = 2048...8192
    private static let two = MPInt(magnitude: [2])

    /// 2^(bitCount - 1) + last.
    private static func number(bitCount: Int, last: UInt8 = 1) -> MPInt {
        let first = UInt8(1) << UInt8((bitCount - 1) % 8)
        return MPInt(magnitude: [first] + [UInt8](repeating: 0, count: (bitCount + 7) / 8 - 2) + [last])
    }

    private func isTaken(_ prime: MPInt, _ generator: MPInt = two) -> Bool {
        (try? FiniteFieldGroup(prime: prime, generator: generator, bitCounts: Self.sizes)) != nil
    }

    @Test(
        "A server's prime has as many bits as were asked for",
        arguments: [
            (2047, false), (2048, true), (2049, true), (8191, true), (8192, true), (8193, false), (1024, false),
        ])
    func sizes(bitCount: Int, isGood: Bool) {
        #expect(Self.number(bitCount: bitCount).bitCount == bitCount)
        #expect(isTaken(Self.number(bitCount: bitCount)) == isGood)
    }

    @Test("An even prime, and none, are refused")
    func even() {
        #expect(!isTaken(Self.number(bitCount: 2048, last: 0)))
        #expect(!isTaken(Self.number(bitCount: 2048, last: 0xFE)))
        #expect(!isTaken(MPInt(magnitude: [])))
        #expect(isTaken(Self.number(bitCount: 2048, last: 0xFF)))
    }

    @Test("A generator is in 2...p-2")
    func generators() {
        let prime = Self.number(bitCount: 2048, last: 0xFF)
        for (generator, isGood) in [
            (MPInt(magnitude: []), false), (MPInt(magnitude: [1]), false), (Self.two, true),
            (MPInt(magnitude: [5]), true), (Self.number(bitCount: 2048, last: 0xFD), true),
            (Self.number(bitCount: 2048, last: 0xFE), false), (prime, false), (prime.adding(1), false),
            (Self.number(bitCount: 2056), false),
        ] {
            #expect(isTaken(prime, generator) == isGood, "\(generator.bitCount) bits")
        }
    }

    @Test("The primes of the RFCs are prime", arguments: RecordedAgreements.groups)
    func fixedPrimes(recorded: RecordedAgreements.Group) throws {
        let group = try FiniteFieldGroup(recorded.name)
        for seed in 0..<2 as Range<UInt64> {
            var random = RandomSource.seeded(seed)
            #expect(try group.isProbablyPrime(random: &random))
        }
    }

    @Test("The primes that servers offer are taken, from 2,048 to 8,192 bits", arguments: RecordedGroups.moduli)
    func offered(recorded: RecordedGroups.Group) throws {
        let group = try FiniteFieldGroup(
            prime: MPInt(magnitude: hex(recorded.prime)), generator: MPInt(magnitude: [recorded.generator]),
            bitCounts: recorded.bitCount...recorded.bitCount)
        var random = RandomSource.seeded(1)
        #expect(try group.isProbablyPrime(random: &random))
        let ours = try EphemeralKey(group: group, hash: .sha256, random: &random)
        let theirs = try EphemeralKey(group: group, hash: .sha256, random: &random)
        let (ourShare, theirShare) = (ours.publicShare, theirs.publicShare)
        let ourSecret = try ours.sharedSecret(with: theirShare).encoded.exposed()
        #expect(try ourSecret == theirs.sharedSecret(with: ourShare).encoded.exposed())
    }

    @Test("The product of two primes never passes, and the composite that passes most does in a quarter of the rounds")
    func composites() throws {
        func passes(_ digits: String, rounds: UInt64) throws -> Int {
            let number = MPInt(magnitude: hex((digits.count % 2 == 0 ? "" : "0") + digits))
            let group = try FiniteFieldGroup(prime: number, generator: Self.two, bitCounts: Self.sizes)
            return try (0..<rounds).count { seed in
                var random = RandomSource.seeded(seed)
                return try group.isProbablyPrime(random: &random)
            }
        }
        #expect(try passes(RecordedGroups.twoPrimes, rounds: 32) == 0)
        // 64 rounds, 16 expected: more than 32 would be four and a half standard deviations.
        #expect(try passes(RecordedGroups.hardestComposite, rounds: 64) <= 32)
    }

    @Test("Group exchange has no key before the server has chosen")
    func noGroup() {
        for algorithm in KeyExchangeAlgorithm.allCases where algorithm.isGroupExchange {
            var random = RandomSource.seeded(1)
            var refusal: CryptoError?
            do throws(CryptoError) { _ = try EphemeralKey(for: algorithm, random: &random) } catch { refusal = error }
            #expect(refusal == .unsupported)
        }
    }
}

extension MPInt {
    fileprivate func adding(_ number: UInt8) -> MPInt {
        var bytes = [0] + magnitude
        var index = bytes.count - 1
        var (sum, overflow) = bytes[index].addingReportingOverflow(number)
        bytes[index] = sum
        while overflow {
            index -= 1
            (sum, overflow) = bytes[index].addingReportingOverflow(1)
            bytes[index] = sum
        }
        return MPInt(magnitude: bytes)
    }
}
