import Foundation
import Testing

@testable import SSHCrypto

struct SNTRUP761Tests {
    /// One known answer.
    struct Vector {
        let secretKey, ciphertext, secret: [UInt8]

        init(_ line: Substring) throws {
            let fields = try line.split(separator: " ").map { [UInt8](try #require(Data(base64Encoded: String($0)))) }
            try #require(fields.count == 3)
            (secretKey, ciphertext, secret) = (fields[0], fields[1], fields[2])
        }

        /// Secret keys hold packed f and 1/g, the public key, what stands in for r, and the public key's hash.
        var pair: SNTRUP761 {
            SNTRUP761(
                publicKey: Array(secretKey[382..<1540]), f: SecretBytes(copying: secretKey[..<191]),
                inverse: SecretBytes(copying: secretKey[191..<382]),
                substitute: SecretBytes(copying: secretKey[1540..<1731]))
        }
    }

    static func vectors() throws -> [Vector] {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("sntrup761.txt")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map(Vector.init)
    }

    /// A ciphertext for the pair, and its secret.
    func encapsulated(_ pair: borrowing SNTRUP761, seed: UInt64) throws -> (ciphertext: [UInt8], secret: [UInt8]) {
        var random = RandomSource.seeded(seed)
        var secret = SecretBytes(count: 0)
        let ciphertext = try SNTRUP761.encapsulate(to: pair.publicKey, random: &random, secret: &secret)
        return (ciphertext, secret.exposed())
    }

    @Test("Each known ciphertext gives the known secret, a damaged one too")
    func knownAnswers() throws {
        let vectors = try Self.vectors()
        #expect(vectors.count == 12)
        for (index, vector) in vectors.enumerated() {
            let secret = try vector.pair.decapsulate(vector.ciphertext)
            #expect(secret.exposed() == vector.secret, "vector \(index + 1)")
        }
    }

    @Test("Both sides get the same 32 bytes, and other ones from each ciphertext")
    func roundTrips() throws {
        for seed in 1...3 as ClosedRange<UInt64> {
            var random = RandomSource.seeded(seed)
            let pair = SNTRUP761(random: &random)
            let (one, other) = try (encapsulated(pair, seed: seed + 10), encapsulated(pair, seed: seed + 20))
            #expect(pair.publicKey.count == 1158 && one.ciphertext.count == 1039 && one.secret.count == 32)
            #expect(one.secret != other.secret && one.ciphertext != other.ciphertext)
            for made in [one, other] {
                let secret = try pair.decapsulate(made.ciphertext)
                #expect(secret.exposed() == made.secret)
            }
        }
    }

    @Test("A damaged ciphertext gives another secret, the same each time, and never an error")
    func implicitRejection() throws {
        let pair = try Self.vectors()[0].pair
        let (ciphertext, secret) = try encapsulated(pair, seed: 5)
        let damages: [[UInt8]] =
            [0, 500, 1006, 1007, 1038].map { index in
                var damaged = ciphertext
                damaged[index] ^= 1
                return damaged
            } + [[UInt8](repeating: 0, count: 1039), [UInt8](repeating: 255, count: 1039)]
        var secrets: Set = [secret]
        for damaged in damages {
            let (first, again) = try (pair.decapsulate(damaged).exposed(), pair.decapsulate(damaged).exposed())
            #expect(first == again && first.count == 32)
            #expect(secrets.insert(first).inserted)
        }
    }

    @Test("Public keys and ciphertexts of another length are refused")
    func lengths() throws {
        let vector = try Self.vectors()[0]
        let pair = vector.pair
        var random = RandomSource.seeded(1)
        var secret = SecretBytes(count: 0)
        for count in [0, 1038, 1040] {
            #expect(throws: CryptoError.invalidShare) { _ = try pair.decapsulate([UInt8](repeating: 0, count: count)) }
        }
        for count in [0, 1157, 1159] {
            #expect(throws: CryptoError.invalidShare) {
                _ = try SNTRUP761.encapsulate(
                    to: [UInt8](repeating: 0, count: count), random: &random, secret: &secret)
            }
        }
    }

    @Test("Any bytes at all serve as a public key, with a secret and without a trap")
    func oddPublicKeys() throws {
        var random = RandomSource.seeded(3)
        for key in [
            [UInt8](repeating: 255, count: 1158), [UInt8](repeating: 0, count: 1158), random.bytes(count: 1158),
        ] {
            var secret = SecretBytes(count: 0)
            #expect(try SNTRUP761.encapsulate(to: key, random: &random, secret: &secret).count == 1039)
            #expect(secret.count == 32)
        }
    }

    @Test(
        "Encoding comes back from decoding, at the corners and between", arguments: [-2295, 0, 2295, nil] as [Int32?])
    func encodings(value: Int32?) {
        SNTRUP761.Workspace.run { work in
            let numbers = (0..<761).map { index in value ?? Int32((index * index * 7919) % 4591) - 2295 }
            let store = { (rounded: Bool) in
                for (index, number) in numbers.enumerated() {
                    work[0][index] = rounded ? SNTRUP761.Modulus.q.centered(number / 3 * 3) : number
                }
            }
            var bytes = [UInt8](repeating: 0, count: 1158)
            store(false)
            bytes.withUnsafeMutableBytes { work.encode(0, isRounded: false, into: $0) }
            work.decode(bytes, isRounded: false, into: 1)
            #expect(numbers == (0..<761).map { work[1][$0] })
            store(true)
            bytes.withUnsafeMutableBytes { work.encode(0, isRounded: true, into: $0) }
            work.decode(bytes.prefix(1007), isRounded: true, into: 1)
            #expect(numbers.map { $0 / 3 * 3 } == (0..<761).map { work[1][$0] })
        }
    }

    @Test("The zero polynomial has no inverse, and one times an inverse's polynomial is one", arguments: [3, 4591])
    func inverses(value: Int32) {
        let modulus = value == 3 ? SNTRUP761.Modulus.three : .q
        var random = RandomSource.seeded(4)
        SNTRUP761.Workspace.run { work in
            #expect(work.invert(0, into: 1, modulus) == -1)
            work.sampleShort(0, from: &random)
            #expect((0..<761).count { work[0][$0] != 0 } == 286)
            #expect(work.invert(0, into: 1, modulus) == 0)
            work.multiply(1, 0, into: 2, modulus)
            #expect((0..<761).map { work[2][$0] } == [1] + [Int32](repeating: 0, count: 760))
        }
    }

    @Test("A multiple of one of the factors of x^761 − x − 1 modulo 3 has no inverse there")
    func noInverse() {
        // The smallest factor; its multiple by x + 1.
        let factor: [Int32] = [1, 1, 0, 1, 1, 1, -1, 1, -1, 1, 0, 1, -1, -1, -1, -1, 1, 0, -1, -1]
        SNTRUP761.Workspace.run { work in
            for multiple in [factor, zip(factor + [0], [0] + factor).map { SNTRUP761.Modulus.three.centered($0 + $1) }]
            {
                for index in 0..<761 { work[0][index] = index < multiple.count ? multiple[index] : 0 }
                #expect(work.invert(0, into: 1, .three) == -1)
                #expect(work.invert(0, into: 1, .q) == 0)
            }
        }
    }

    @Test("The sorting network sorts whatever stands there")
    func sorting() {
        var random = RandomSource.seeded(8)
        SNTRUP761.Workspace.run { work in
            for round in 0..<20 {
                let numbers = (0..<761).map { index in
                    // Random ones, many equal ones, a falling row, and the ends of the range.
                    let bytes = random.bytes(count: 4).reduce(0) { $0 << 8 | UInt32($1) }
                    let number = Int32(bitPattern: bytes)
                    return [number, number & 3, Int32(-index), number < 0 ? Int32.min : .max][round % 4]
                }
                for index in 0..<761 { work.scratch[index] = numbers[index] }
                work.sort()
                #expect((0..<761).map { work.scratch[$0] } == numbers.sorted())
            }
        }
    }

    @Test("Short polynomials have 286 coefficients that are not zero, spread over all places and both signs")
    func shortPolynomials() {
        var random = RandomSource.seeded(6)
        var sums = [Int32](repeating: 0, count: 761)
        var weights = [Int](repeating: 0, count: 761)
        SNTRUP761.Workspace.run { work in
            for _ in 0..<200 {
                work.sampleShort(0, from: &random)
                for index in 0..<761 {
                    sums[index] += work[0][index]
                    weights[index] += work[0][index] == 0 ? 0 : 1
                }
            }
        }
        #expect(weights.reduce(0, +) == 286 * 200)
        // 75 and 0 expected, with standard deviations of 7 and 9.
        #expect(weights.allSatisfy { (35...115).contains($0) } && sums.allSatisfy { abs($0) < 55 })
    }
}
