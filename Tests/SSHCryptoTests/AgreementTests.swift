import NIOCore
import Testing

@testable import SSHCrypto

@Suite struct AgreementTests {
    @Test("X25519 gives RFC 7748 §6.1's secret to both sides")
    func knownAnswer() throws {
        let alice = try X25519(
            scalar: SecretBytes(copying: hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")))
        let bob = try X25519(
            scalar: SecretBytes(
                copying: hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")))
        let (aliceShare, bobShare) = (alice.publicShare, bob.publicShare)
        #expect(aliceShare == hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"))
        #expect(bobShare == hex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"))
        let secret = hex("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(try alice.agree(with: bobShare).exposed() == secret)
        #expect(try bob.agree(with: aliceShare).exposed() == secret)
    }

    /// Not the KEMs, whose sides differ, nor group exchange, which has no key yet.
    private static let symmetric = KeyExchangeAlgorithm.allCases.filter { !$0.isPostQuantum && !$0.isGroupExchange }

    @Test("Two fresh keys agree", arguments: symmetric)
    func agreement(algorithm: KeyExchangeAlgorithm) throws {
        var random = RandomSource.system()
        let ours = try EphemeralKey(for: algorithm, random: &random)
        let theirs = try EphemeralKey(for: algorithm, random: &random)
        let (ourShare, theirShare) = (ours.publicShare, theirs.publicShare)
        #expect(ourShare != theirShare)
        let ourSecret = try ours.sharedSecret(with: theirShare)
        let theirSecret = try theirs.sharedSecret(with: ourShare)
        let isEqual = ourSecret.encoded.isEqual(to: theirSecret.encoded)
        #expect(isEqual)
    }

    /// The points of order 1, 2, 4 and 8 on the curve and its twist, with and without p added, and each with the top bit
    /// set, which X25519 ignores (KX-05).
    static let lowOrderShares: [[UInt8]] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].flatMap { text in
        let share = hex(text)
        return [share, share.dropLast() + [(share.last ?? 0) | 0x80]]
    }

    @Test("Each of the 14 low-order shares is refused (KX-05)", arguments: lowOrderShares)
    func lowOrder(share: [UInt8]) throws {
        for seed in 0..<8 as Range<UInt64> {
            var random = RandomSource.seeded(seed)
            let key = try EphemeralKey(for: .curve25519SHA256, random: &random)
            do {
                _ = try key.sharedSecret(with: share)
                Issue.record("accepted")
            } catch {
                #expect(error == .invalidShare)
            }
        }
    }

    @Test("A share that is not 32 bytes is refused (KX-04)", arguments: [0, 1, 31, 33, 64])
    func length(count: Int) throws {
        var random = RandomSource.seeded(1)
        let key = try EphemeralKey(for: .curve25519SHA256, random: &random)
        do {
            _ = try key.sharedSecret(with: [UInt8](repeating: 9, count: count))
            Issue.record("accepted")
        } catch {
            #expect(error == .invalidShare)
        }
    }

    @Test(
        "K is an mpint: no leading zeros but one before a high bit",
        arguments: [
            ("00", "00000000"), ("0000", "00000000"), ("01", "0000000101"), ("7f00", "000000027f00"),
            ("80", "000000020080"), ("0080", "000000020080"), ("000001", "0000000101"), ("00ff00", "0000000300ff00"),
            ("8000000000", "00000006008000000000"), ("", "00000000"),
        ])
    func encoding(magnitude: String, encoded: String) {
        let secret = SharedSecret(magnitude: SecretBytes(copying: hex(magnitude)))
        #expect(secret.encoded.exposed() == hex(encoded))
    }

    /// One of each kind of arithmetic, and how many bytes come out of it.
    private static let widths: [(KeyExchangeAlgorithm, Int)] = [
        (.curve25519SHA256, 32), (.curve448SHA512, 56), (.ecdhNISTP256, 32), (.ecdhNISTP384, 48),
        (.ecdhNISTP521, 66), (.group14SHA256, 256),
    ].filter { KeyExchangeAlgorithm.available.contains($0.0) }

    /// One in 256 has such a zero, and about half have such a bit: it is sought until both were seen.
    @Test(
        "KX-10 A secret with a zero in front, and one that looks negative, come out alike on both sides",
        arguments: widths)
    func edges(algorithm: KeyExchangeAlgorithm, width: Int) throws {
        func key(_ seed: UInt64) throws -> EphemeralKey {
            var random = RandomSource.seeded(seed)
            return try EphemeralKey(for: algorithm, random: &random)
        }
        let share = try key(0).publicShare
        var (isShortSeen, isSignedSeen) = (false, false)
        for seed in 1...4096 as ClosedRange<UInt64> where !isShortSeen || !isSignedSeen {
            let peer = try key(seed)
            let peerShare = peer.publicShare
            let theirs = try peer.sharedSecret(with: share).encoded.exposed()
            let number = Array(theirs.dropFirst(4))
            let (isShort, isSigned) = (number.count < width, number.first == 0)
            guard isShort && !isShortSeen || isSigned && !isSignedSeen else { continue }
            isShortSeen = isShortSeen || isShort
            isSignedSeen = isSignedSeen || isSigned
            #expect(try key(0).sharedSecret(with: peerShare).encoded.exposed() == theirs)
            #expect(Array(theirs.prefix(4)) == [0, 0, UInt8(number.count >> 8), UInt8(number.count & 0xFF)])
            // RFC 4251 §5: a zero in front stands before a first bit alone.
            #expect(number[0] < 0x80 && (number[0] != 0 || number[1] >= 0x80))
        }
        #expect(isShortSeen && isSignedSeen)
    }
}

@Suite struct DerivationTests {
    static let magnitude = [0x80] + (1..<32).map { UInt8($0) }
    static let exchangeHash = (0xC0..<0xE0).map { UInt8($0) }
    static let sessionID = (0x60..<0x80).map { UInt8($0) }

    static let letterC = hex(
        "39bf7e40b2f6f2a590cf057355fbd262c1886c11704332b648add2e76d4fabe8"
            + "79410c7ec99347ea2dac86ec230b42d7a340a74966005cc46153d7fb652b51dc")
    static let letterD = hex(
        "5f640839c2af6d5249ac01de1f197ba999e79fc28103be6770f951378673b5bd"
            + "4683e92c9e3ebf71b098cec94ae2bc5a34cf48fb312f3aa6d3b3a6527071863e")
    static let letterE = hex(
        "3827e3581a992b6ee61e6ada1d0ca1dbbcd28438c6607f4b661ca5540b1ab9fb"
            + "dc57138aaaf2f4a226f34ef5341cd30ffa2763af9f8355677f58d5dda4c59f39")
    static let letterF = hex(
        "a47ce158924bf308fdf76f1dd87387d3b0aa9b9012d94f047a8e0bdbf3af36fe"
            + "6098901663c5bc9040bd16fe55f390ee59912d4e4e7ebdd71b80fc5d8f83c0e2")
    static let letterCSHA512 = hex(
        "70e0ad9c5b212dc4bac2be3e6a6222fcc170dee3b312dd37c58cf3b3c9a60fbe"
            + "95e469cd5032e5da788432cad5bf6e0855bbb1ae7eb6fa8866a4a99594c18bdd")

    func derive(
        _ direction: PacketDirection, _ cipher: CipherAlgorithm, _ mac: MACAlgorithm?, _ hash: HashAlgorithm = .sha256
    ) throws -> DirectionKeys {
        try SessionKeys(exchangeHash: Self.exchangeHash, sessionID: Self.sessionID, hash: hash).derive(
            direction, cipher: cipher, mac: mac, secret: SharedSecret(magnitude: SecretBytes(copying: Self.magnitude)))
    }

    @Test("Letters A, C and E give the client's keys, as an independent computation has them")
    func client() throws {
        let keys = try derive(.clientToServer, .aes256CTR, .hmacSHA512)
        #expect(keys.initialVector.exposed() == hex("c18d016c545652e4f740ea9ec8c56e30"))
        #expect(keys.encryptionKey.exposed() == Array(Self.letterC.prefix(32)))
        #expect(keys.macKey.exposed() == Self.letterE)
    }

    @Test("Letters B, D and F give the server's keys, as an independent computation has them")
    func server() throws {
        let keys = try derive(.serverToClient, .aes128CTR, .hmacSHA256ETM)
        #expect(keys.initialVector.exposed() == hex("a34c12765072ebdb1b80586412d36836"))
        #expect(keys.encryptionKey.exposed() == Array(Self.letterD.prefix(16)))
        #expect(keys.macKey.exposed() == Array(Self.letterF.prefix(32)))
    }

    @Test("A key longer than the hash is extended by hashing what there is")
    func extended() throws {
        let keys = try derive(.clientToServer, .chaCha20Poly1305, nil)
        #expect(keys.encryptionKey.exposed() == Self.letterC)
        #expect(keys.initialVector.count == 0 && keys.macKey.count == 0)
        let long = try derive(.clientToServer, .chaCha20Poly1305, nil, .sha512)
        #expect(long.encryptionKey.exposed() == Self.letterCSHA512)
    }

    @Test("A cipher that authenticates gets no MAC key, whatever was negotiated")
    func noMAC() throws {
        let keys = try derive(.clientToServer, .aes128GCM, .hmacSHA256)
        #expect(
            keys.macKey.count == 0
                && keys.initialVector.exposed() == Array(hex("c18d016c545652e4f740ea9ec8c56e30").prefix(12))
        )
    }
}
