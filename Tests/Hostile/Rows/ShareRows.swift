import NIOCore
import PeerSupport
import SSHCrypto
import SSHWire

/// hostile.md §4 and attacks.md A12 to A14, for each method: its messages, its shares, its secrets.
package enum ShareRows {
    package static let rows: [HostileRow] = points + hybrids + numbers + groups

    /// Both sides know this method alone.
    package static func only(
        _ algorithm: KeyExchangeAlgorithm, _ change: @escaping Prepare = { _, _ in }
    ) -> Prepare {
        { configuration, script in
            configuration.keyExchangeNames = [Name(algorithm.rawValue)]
            script.configuration.algorithms.keyExchanges = [algorithm]
            try change(&configuration, &script)
        }
    }

    /// A share that is no share: refused before anybody hears of the host key.
    private static func share(
        _ id: String, _ what: String, _ algorithm: KeyExchangeAlgorithm, as kinds: [ErrorKind] = [.keyExchange],
        _ alter: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) -> HostileRow {
        let prepare = only(algorithm) { configuration, _ in
            configuration.alterReply = { $0.publicShare = alter($0.publicShare) }
        }
        return HostileRow(id, "\(algorithm.rawValue): \(what)", .fails(kinds, .keyExchangeFailed), prepare: prepare)
            .expecting { $0.record.offeredKeys.isEmpty && $0.record.clientBytes.count > 0 }
    }

    private static func stranger(_ algorithm: KeyExchangeAlgorithm) -> [UInt8] {
        var random = RandomSource.seeded(3)
        return certain { try EphemeralKey(for: algorithm, random: &random).publicShare }
    }

    /// A13: what is no point of the curve, or is one in another form.
    private static let points: [HostileRow] = [
        (KeyExchangeAlgorithm.ecdhNISTP256, KeyExchangeAlgorithm.ecdhNISTP384), (.ecdhNISTP384, .ecdhNISTP521),
        (.ecdhNISTP521, .ecdhNISTP256),
    ].flatMap { curve, other in
        let foreign = stranger(other)
        let alterations: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
            ("the point at infinity", { _ in [0] }),
            ("compressed", { [2 | ($0.last ?? 0) & 1] + $0.dropFirst().prefix($0.count / 2) }),
            ("compressed, the other root", { [3 ^ ($0.last ?? 0) & 1] + $0.dropFirst().prefix($0.count / 2) }),
            ("hybrid 06", { [6] + $0.dropFirst() }), ("hybrid 07", { [7] + $0.dropFirst() }),
            ("an unknown form", { [5] + $0.dropFirst() }),
            ("not on the curve", { $0.dropLast() + [($0.last ?? 0) ^ 1] }),
            ("x not below p", { [4] + [UInt8](repeating: 0xFF, count: $0.count / 2) + $0.suffix($0.count / 2) }),
            ("the origin", { [4] + [UInt8](repeating: 0, count: $0.count - 1) }),
            ("a point of another curve", { _ in foreign }), ("a byte more", { $0 + [0] }),
            ("a byte less", { Array($0.dropLast()) }), ("nothing", { _ in [] }),
        ]
        return alterations.map { share("KX-06", $0, curve, $1) }
    }

    /// A14: a KEM's ciphertext and a point in a row.
    private static let hybrids: [HostileRow] = [
        ("KX-07", KeyExchangeAlgorithm.mlkem768X25519SHA256, 1088), ("KX-08", .sntrup761X25519SHA512, 1039),
        ("KX-08", .sntrup761X25519SHA512OpenSSH, 1039),
    ].filter { KeyExchangeAlgorithm.available.contains($0.1) }.flatMap { id, algorithm, count in
        let refused: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
            ("a byte more", { $0 + [0] }), ("a byte less", { Array($0.dropLast()) }), ("nothing", { _ in [] }),
            ("the ciphertext a byte less", { Array($0.dropFirst()) }), ("no point", { Array($0.prefix(count)) }),
            ("no ciphertext", { Array($0.suffix(32)) }),
            ("a point of zeros", { $0.prefix(count) + [UInt8](repeating: 0, count: 32) }),
            ("a point of low order", { $0.prefix(count) + [1] + [UInt8](repeating: 0, count: 31) }),
        ]
        // What still is a share gives another secret, and with it a signature that does not hold.
        let mixed: [(String, @Sendable ([UInt8]) -> [UInt8])] = [
            ("another ciphertext", { $0.prefix(count).map { $0 ^ 0x55 } + $0.suffix(32) }),
            ("one bit of the ciphertext", { Array([$0[0] ^ 1] + $0.dropFirst()) }),
            ("swapped halves", { Array($0.suffix(32) + $0.prefix(count)) }),
            ("another point", { $0.prefix(count) + [9] + [UInt8](repeating: 0, count: 31) }),
            ("all zeros but the point", { [UInt8](repeating: 0, count: count) + $0.suffix(32) }),
            ("all ones but the point", { [UInt8](repeating: 0xFF, count: count) + $0.suffix(32) }),
        ]
        return refused.map { share(id, $0, algorithm, $1) }
            + mixed.map { share(id, $0, algorithm, as: [.keyExchange, .hostSignature], $1) }
    }

    private static func body(_ magnitude: [UInt8]) -> [UInt8] { MPInt(magnitude: magnitude).body }

    /// The number plus or minus a little.
    package static func shifted(_ number: MPInt, by difference: Int) -> [UInt8] {
        var bytes = [0] + number.magnitude
        var carry = difference
        for index in bytes.indices.reversed() where carry != 0 {
            let sum = Int(bytes[index]) + carry
            bytes[index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        return bytes
    }

    /// A12: values that lie outside 2...p-2, or have too few bits to hide an exponent.
    private static let numbers: [HostileRow] = [
        (KeyExchangeAlgorithm.group14SHA256, FiniteFieldGroup.Name.group14), (.group16SHA512, .group16),
        (.groupExchangeSHA256, .group15),
    ].flatMap { algorithm, name -> [HostileRow] in
        let prime = certain { try FiniteFieldGroup(name).prime }
        let values: [(String, [UInt8])] = [
            ("f = 0", []), ("f = 1", [1]), ("f = p-1", body(shifted(prime, by: -1))), ("f = p", prime.body),
            ("f = p+1", body(shifted(prime, by: 1))), ("f = p+2", body(shifted(prime, by: 2))),
            ("a negative f", [0x80] + [UInt8](repeating: 1, count: 255)), ("f = -1", [0xFF]),
            ("f with one bit", body([1] + [UInt8](repeating: 0, count: 200))),
            ("f with three bits", body([7] + [UInt8](repeating: 0, count: 200))),
            ("f of 2,050 bytes", [1] + [UInt8](repeating: 1, count: 2049)),
        ]
        return values.map { what, value in share("KX-09", what, algorithm) { _ in value } }
    }

    private static func group(
        _ what: String, _ alter: @escaping @Sendable (inout KexDHGexGroup) -> Void
    ) -> HostileRow {
        let prepare = only(.groupExchangeSHA256) { configuration, _ in configuration.alterGroup = alter }
        return HostileRow("KX-09", "A12: \(what)", .fails([.keyExchange], .keyExchangeFailed), prepare: prepare)
            // No share of ours was made in such a group.
            .expecting { $0.peer.received.allSatisfy { $0.number != MessageNumber.kexDHGexInit.rawValue } }
    }

    private static func number(bitCount: Int, odd: Bool = true) -> MPInt {
        var bytes = [UInt8](repeating: 0xA7, count: (bitCount + 7) / 8)
        bytes[0] = UInt8(1 << ((bitCount - 1) % 8))
        bytes[bytes.count - 1] = odd ? 0xA7 : 0xA6
        return MPInt(magnitude: bytes)
    }

    private static let groups: [HostileRow] =
        [0, 1, 512, 1024, 2047, 8193, 16_384].map { bitCount in
            group("a prime of \(bitCount) bits") {
                $0.prime = bitCount == 0 ? MPInt(magnitude: []) : number(bitCount: bitCount)
            }
        } + [
            group("an even prime") { $0.prime = number(bitCount: 3072, odd: false) },
            group("a composite prime") { $0.prime = number(bitCount: 3072) },
            group("the odd neighbour of a prime") {
                $0.prime = MPInt(magnitude: shifted(PeerGroups.customary.prime, by: -4))
            },
            group("g = 0") { $0.generator = MPInt(magnitude: []) },
            group("g = 1") { $0.generator = MPInt(magnitude: [1]) },
            group("g = p-1") { $0.generator = MPInt(magnitude: shifted($0.prime, by: -1)) },
            group("g = p") { $0.generator = $0.prime },
            group("g = p+2") { $0.generator = MPInt(magnitude: shifted($0.prime, by: 2)) },
        ]
}
