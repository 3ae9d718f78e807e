import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// Keys made for these tests alone: one of each type, and others to take their place.
package enum TestKeys {
    package static func ed25519(seed: UInt64 = 1) throws -> SigningKey {
        var random = RandomSource.seeded(seed)
        return try SigningKey(ed25519Seed: random.secret(count: 32))
    }

    package static func ecdsaNISTP256(seed: UInt64 = 1) throws -> SigningKey {
        try ecdsa(on: .p256, seed: seed)
    }

    /// P-521's order has a first byte of 1: there the scalar is one byte short, to lie below it.
    package static func ecdsa(on curve: NISTCurve, seed: UInt64 = 1) throws -> SigningKey {
        var random = RandomSource.seeded(seed)
        return try SigningKey(ecdsaScalar: random.secret(count: curve.bitCount / 8), on: curve)
    }

    package static func rsa() throws -> SigningKey {
        var key = RSAPrivateKey(modulus: MPInt(magnitude: modulus), exponent: MPInt(magnitude: [1, 0, 1]))
        key.privateExponent = SecretBytes(copying: privateExponent)
        key.firstPrime = SecretBytes(copying: firstPrime)
        key.secondPrime = SecretBytes(copying: secondPrime)
        key.coefficient = SecretBytes(copying: coefficient)
        return try SigningKey(rsa: key)
    }

    /// P with 10 P and 11 P at the same height, whose 21-fold stopped PuTTY before 0.84 (CVE-2026-48852).
    package static let assertionPoint = hex(
        "04858d6d6329394a7720d4c9cb4dbcb38ccff10ef6faa9fc45fc0067a5021ff53e"
            + "32e9d51b7216745493e8ddc0d67fe15d6e39fa0e71cfc82e00045ca2763e0d74")

    /// The algorithms that we sign with too.
    package static let algorithms = SignatureAlgorithm.allCases.filter { (try? key(for: $0)) != nil }

    /// The key that makes signatures of this algorithm.
    package static func key(for algorithm: SignatureAlgorithm) throws -> SigningKey {
        switch algorithm {
        case .ed25519: try ed25519()
        case .ecdsaNISTP256: try ecdsaNISTP256()
        case .ecdsaNISTP384: try ecdsa(on: .p384)
        case .ecdsaNISTP521: try ecdsa(on: .p521)
        case .rsaSHA256, .rsaSHA512, .rsaSHA1: try rsa()
        default: throw CryptoError.unsupported
        }
    }

    /// The blob of an RSA key of any numbers, good or bad.
    package static func rsaBlob(exponent: [UInt8], modulus: [UInt8]) -> [UInt8] {
        var blob = ByteBuffer()
        blob.writeString(utf8: "ssh-rsa")
        blob.writeString(exponent)
        blob.writeString(modulus)
        return Array(blob.readableBytesView)
    }

    package static let modulus = hex(
        "bb1ebf608b91b5fc3fd815f82a0e99aab84d1e0e191b2833bf6c18910920b388bd878af6c6c50dcb9896b39cb8055c44"
            + "ebe98f8a12b39a4363e35eb7ddf52081b62ff9151ddbc7bbfcd8736d0dd5e4f206aae5412db7f52c3dd38d49c6a19517"
            + "527e9354423622f3942ab752b8f27fd76a8159491563909381e465b1831b126a4ffa5ce422ca392b4b7bb25cc38d1e7e"
            + "c2d96e6f5a1cf9c9e37d1d907ef9cf9a28986010b0150b6498be785dd26d80fb6c0a29af0dab0826511a607e18ed390d"
            + "f9d64c9e6f8fdec1a62ad0964beafee08b0ce4ae26a6587adc7ac8644859c3a702a0c59b6843923f123bbaad55f653b6"
            + "9c14399a723c0a7dab51784a42a2184d")
    private static let privateExponent = hex(
        "512203d8d8ab553d0a71a714f3276179a46fcb98514a7523fadbe3caff2a2eae1b7fa9c1566e1a8d2c9c2b44c8858a7c"
            + "57cded6ef0acef3649194cf86c44dcd3612b6bd4bc1d8f7cf324e6e762185c2c94b784afbe23052b29a3909f6c80a324"
            + "79a06841207458b3448b40f19d3f882edeff36b7798eb2214330c4e732f18a09d060812aba0f9ef52d173f75a794b0f4"
            + "9e00bf780509b029aceb99be816007070963cfa150ef2738d4a6c3b7cbc8e1e9bbc6d0ebb9f26499a532da3ceab35c62"
            + "fda36d0cd3320ec6de932803346fdaac73230bc4efe49d57341ea4307937eefe05602df9c7c3034f28feacbdfd537cd7"
            + "064d9566a84db88fe1597caafe7a41")
    private static let firstPrime = hex(
        "eab6f0126597351de50842b392897b80d30d3bb28db41cf813f7c92293b5e59e1984df8a1cdca30de2f2a356224f301e"
            + "67017066d3af97f2ab3ebf326eaf2d4d912e023cd02eae0898c0db8f546223d91d46572671ebf57c36de741d18432604"
            + "326dca3f34803d9a47611b1713cb929be0f92399fc772b9c371e6f9f7ab66191")
    private static let secondPrime = hex(
        "cc16dee15980a0d684522b8235889ad604a674884a1682693031aa8959b1634a534d82c92a22917df45bc1ba497b4f41"
            + "1396727c053e0bc4db5df1026531dfbafc34039ab391e4adb059c0ef122c779a54d7dc292fbdba186f8102d8385f7a8e"
            + "294be37c953bbc438745181f1acd66c685bb1fe8d750aec215d83dabfa52ecfd")
    private static let coefficient = hex(
        "c9dfab3376a595a283c1cebe5ab49ad41eb5ef63e10741d5e167e27cd1a2ec0608258c93d36ddc0b1e5083857b0cb0ec"
            + "751f48320d2d0bca179a66277ed8137f0a106a369c3b7e0a7f7d39a9ed05b89825403f136449396c5a3300ce2e1b4657"
            + "0dcb1bf1d26a89ecb0dad55c3f56acbce1f13558b33dfafad3f4c2bb9b7d1da6")
}

/// Bytes from hexadecimal digits.
package func hex(_ digits: String) -> [UInt8] {
    let values = digits.compactMap(\.hexDigitValue)
    return stride(from: 0, to: values.count - 1, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
}
