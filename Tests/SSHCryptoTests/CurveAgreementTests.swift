import Testing

@testable import SSHCrypto

@Suite struct CurveAgreementTests {
    @Test("Both sides get the share and the secret of an independent computation", arguments: RecordedAgreements.curves)
    func knownAnswer(recorded: RecordedAgreements.Curve) throws {
        for (own, other) in [(0, 1), (1, 0)] {
            let scalar = recorded.scalars[own]
            let share = try recorded.curve.point(scalar: SecretBytes(copying: scalar))
            #expect(share == recorded.shares[own])
            let key = ECDHKey(recorded.curve, scalar: SecretBytes(copying: scalar), publicShare: share)
            #expect(try key.agree(with: recorded.shares[other]).exposed() == recorded.product)
        }
    }

    @Test("P-256 gives the secret of NIST's first known answer (CAVS, ECC CDH primitive)")
    func cavs() throws {
        let peer = hex(
            "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287"
                + "db71e509e3fd9b060ddb20ba5c51dcc5948d46fbf640dfe0441782cab85fa4ac")
        let scalar = hex("7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534")
        let secret = try NISTCurve.p256.product(of: peer, scalar: SecretBytes(copying: scalar))
        #expect(secret.exposed() == hex("46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"))
    }

    @Test("A secret that begins with zeros keeps its length", arguments: RecordedAgreements.curves)
    func leadingZeros(recorded: RecordedAgreements.Curve) throws {
        // One times the point whose x is 0.
        let one = SecretBytes(copying: [UInt8](repeating: 0, count: recorded.curve.fieldByteCount - 1) + [1])
        let product = try recorded.curve.product(of: recorded.zero, scalar: one)
        #expect(product.exposed() == [UInt8](repeating: 0, count: recorded.curve.fieldByteCount))
    }

    @Test("What is no uncompressed point of this curve is refused (KX-06)", arguments: RecordedAgreements.curves)
    func badPoints(recorded: RecordedAgreements.Curve) throws {
        let good = recorded.shares[0]
        let x = good[1...recorded.curve.fieldByteCount]
        let last = try #require(good.last)
        let parity = last & 1
        var bad: [(what: String, share: [UInt8])] = [
            ("nothing", []), ("infinity", [0]), ("infinity, padded", [UInt8](repeating: 0, count: good.count)),
            ("infinity, marked as a point", [4] + [UInt8](repeating: 0, count: good.count - 1)),
            ("compressed", [2 + parity] + x), ("compressed, wrong root", [3 - parity] + x),
            ("compressed, padded", [2 + parity] + good.dropFirst()), ("hybrid", [6 + parity] + good.dropFirst()),
            ("hybrid, wrong root", [7 - parity] + good.dropFirst()), ("unmarked", Array(good.dropFirst())),
            ("one byte less", good.dropLast()), ("one byte more", good + [0]), ("a byte in front", [0] + good),
            ("off the curve", good.dropLast() + [last ^ 1]), ("x not reduced", recorded.unreduced),
        ]
        for other in RecordedAgreements.curves where other.curve != recorded.curve {
            bad.append(("a point of \(other.curve.rawValue)", other.shares[0]))
        }
        if recorded.curve == .p256 {
            let point = hex(
                "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                    + "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")
            bad.append(("a point of secp256k1", point))
        }
        for (what, share) in bad {
            #expect(throws: CryptoError.invalidShare, "\(what)") {
                _ = try recorded.curve.product(of: share, scalar: SecretBytes(copying: recorded.scalars[1])).count
            }
            #expect(try !recorded.curve.isPoint(share), "\(what)")
        }
        #expect(try recorded.curve.isPoint(good) && recorded.curve.isPoint(recorded.zero))
    }

    @Test("A scalar outside 1..<n has no point", arguments: NISTCurve.allCases)
    func badScalars(curve: NISTCurve) {
        for byte: UInt8 in [0, 0xFF] {
            #expect(throws: CryptoError.invalidKey) {
                _ = try curve.point(
                    scalar: SecretBytes(copying: [UInt8](repeating: byte, count: curve.fieldByteCount)))
            }
        }
    }

    @Test("X448 gives RFC 7748 §6.2's secret to both sides")
    func x448() throws {
        let alice = try X448(
            scalar: SecretBytes(
                copying: hex(
                    "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d"
                        + "d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b")))
        let bob = try X448(
            scalar: SecretBytes(
                copying: hex(
                    "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d"
                        + "6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d")))
        #expect(
            alice.publicShare
                == hex(
                    "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
                        + "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0"))
        #expect(
            bob.publicShare
                == hex(
                    "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430"
                        + "27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609"))
        let secret = hex(
            "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b"
                + "b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d")
        #expect(try alice.agree(with: bob.publicShare).exposed() == secret)
        #expect(try bob.agree(with: alice.publicShare).exposed() == secret)
    }

    /// 0, 1, p - 1, p and p + 1: the points of order 1, 2 and 4, little-endian, p = 2^448 - 2^224 - 1.
    static let lowOrderShares448: [[UInt8]] = [
        [UInt8](repeating: 0, count: 56), [1] + [UInt8](repeating: 0, count: 55),
        [0xFE] + [UInt8](repeating: 0xFF, count: 27) + [0xFE] + [UInt8](repeating: 0xFF, count: 27),
        [UInt8](repeating: 0xFF, count: 28) + [0xFE] + [UInt8](repeating: 0xFF, count: 27),
        [UInt8](repeating: 0, count: 28) + [UInt8](repeating: 0xFF, count: 28),
    ]

    @Test("An X448 share that makes the secret zero is refused", arguments: lowOrderShares448)
    func lowOrder(share: [UInt8]) throws {
        for seed in 0..<8 as Range<UInt64> {
            var random = RandomSource.seeded(seed)
            let key = try X448(random: &random)
            #expect(throws: CryptoError.invalidShare) { _ = try key.agree(with: share).count }
        }
    }

    /// Not finite fields, where any length may be a number in range.
    private static let fixedLengths = KeyExchangeAlgorithm.available.filter { !$0.sharesAreNumbers }

    @Test("A share one byte short or long, an empty one and a doubled one are refused", arguments: fixedLengths)
    func lengths(algorithm: KeyExchangeAlgorithm) throws {
        var random = RandomSource.seeded(6)
        let good = try PeerAnswer(algorithm, to: EphemeralKey(for: algorithm, random: &random), random: &random).share
        for bad in [[], Array(good.dropLast()), Array(good.dropFirst()), good + [0], [0] + good, good + good] {
            let key = try EphemeralKey(for: algorithm, random: &random)
            var refusal: CryptoError?
            do throws(CryptoError) { _ = try key.sharedSecret(with: bad) } catch { refusal = error }
            #expect(refusal == .invalidShare, "\(bad.count) bytes")
        }
        // The control: the good one is taken.
        #expect(try EphemeralKey(for: algorithm, random: &random).sharedSecret(with: good).encoded.count > 32)
    }
}
