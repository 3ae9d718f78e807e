import Foundation
import Testing

@testable import SSHCrypto

@Suite struct HybridTests {
    private static let hybrids = KeyExchangeAlgorithm.available.filter(\.isPostQuantum)

    @Test("Both sides of a hybrid get the same K, a string of the hash's length", arguments: hybrids)
    func agreement(algorithm: KeyExchangeAlgorithm) throws {
        var random = RandomSource.system()
        let key = try EphemeralKey(for: algorithm, random: &random)
        let kemByteCount = algorithm.method == .sntrup761 ? 1158 : 1184
        #expect(key.publicShare.count == kemByteCount + 32)
        let answer = try PeerAnswer(algorithm, to: key, random: &random)
        #expect(answer.share.count == (algorithm.method == .sntrup761 ? 1039 : 1088) + 32)
        let secret = try key.sharedSecret(with: answer.share).encoded.exposed()
        #expect(secret == answer.secret)
        #expect(secret.count == 4 + algorithm.hash.byteCount)
    }

    @Test("A hybrid whose curve share makes X25519's result zero is refused (KX-05)", arguments: hybrids)
    func zeroCurve(algorithm: KeyExchangeAlgorithm) throws {
        var random = RandomSource.seeded(2)
        for low in AgreementTests.lowOrderShares {
            let key = try EphemeralKey(for: algorithm, random: &random)
            let share = try PeerAnswer(algorithm, to: key, random: &random).share.dropLast(32) + low
            var refusal: CryptoError?
            do throws(CryptoError) { _ = try key.sharedSecret(with: Array(share)) } catch { refusal = error }
            #expect(refusal == .invalidShare)
        }
    }

    @Test("A damaged KEM ciphertext gives another K, and no error that would tell so", arguments: hybrids)
    func damaged(algorithm: KeyExchangeAlgorithm) throws {
        for index in [0, 500, 1038] {
            var random = RandomSource.seeded(3)
            let key = try EphemeralKey(for: algorithm, random: &random)
            var answer = try PeerAnswer(algorithm, to: key, random: &random)
            answer = PeerAnswer(share: answer.share.flipped(at: index), secret: answer.secret)
            let secret = try key.sharedSecret(with: answer.share).encoded.exposed()
            #expect(secret != answer.secret && secret.count == answer.secret.count)
        }
    }

    @Test("A hybrid's K hashes the post-quantum secret first")
    func order() throws {
        let secret = try SharedSecret(
            hybrid: SecretBytes(copying: hex("6162")), SecretBytes(copying: hex("63")), hash: .sha256)
        #expect(
            secret.encoded.exposed()
                == hex("00000020ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
    }

    @Test(
        "K for OpenSSH 6.5 and 6.6 keeps the zeros in front, and gets one before a high bit alone",
        arguments: [
            ("0001", "000000020001"), ("000080", "00000003000080"), ("0080", "000000020080"), ("80", "000000020080"),
            ("01ff", "0000000201ff"), ("0000", "000000020000"),
        ])
    func keptZeros(magnitude: String, encoded: String) {
        let secret = SharedSecret(magnitude: SecretBytes(copying: hex(magnitude)), keepsZeros: true)
        #expect(secret.encoded.exposed() == hex(encoded))
    }

    @Test("A build without ML-KEM neither offers it nor makes keys for it")
    func available() {
        let others = KeyExchangeAlgorithm.allCases.filter { $0 != .mlkem768X25519SHA256 }
        #if PostQuantum
            #expect(KeyExchangeAlgorithm.available == KeyExchangeAlgorithm.allCases)
        #else
            #expect(KeyExchangeAlgorithm.available == others)
            var refusal: CryptoError?
            var random = RandomSource.seeded(1)
            do throws(CryptoError) {
                _ = try EphemeralKey(for: .mlkem768X25519SHA256, random: &random)
            } catch { refusal = error }
            #expect(refusal == .unsupported)
        #endif
        #expect(others.count == KeyExchangeAlgorithm.allCases.count - 1)
    }

    #if PostQuantum
        private static let seed = (0..<64).map { UInt8(truncatingIfNeeded: $0 * 11 + 3) }

        @Test("ML-KEM-768 gives the key and the secrets that other implementations give")
        func mlkem() throws {
            let key = try MLKEM768Key(seed: SecretBytes(copying: Self.seed))
            #expect(try Digest.hash(.sha256, key.publicShare) == hex(RecordedAgreements.mlkemPublicKey))
            let ciphertext = [UInt8](try #require(Data(base64Encoded: RecordedAgreements.mlkemCiphertext)))
            #expect(try key.decapsulate(ciphertext).exposed() == hex(RecordedAgreements.mlkemSecret))
            // Never encapsulated by anybody: the implicit rejection of FIPS 203 §6.3.
            let other = (0..<1088).map { UInt8(truncatingIfNeeded: $0 * 7 + 1) }
            #expect(try key.decapsulate(other).exposed() == hex(RecordedAgreements.mlkemRejection))
        }

        @Test("An ML-KEM ciphertext of another length is refused", arguments: [0, 1087, 1089])
        func mlkemLength(count: Int) throws {
            let key = try MLKEM768Key(seed: SecretBytes(copying: Self.seed))
            #expect(throws: CryptoError.invalidShare) {
                _ = try key.decapsulate([UInt8](repeating: 1, count: count)).count
            }
        }
    #endif
}

extension [UInt8] {
    fileprivate func flipped(at index: Int) -> [UInt8] {
        var copy = self
        copy[index] ^= 1
        return copy
    }
}
