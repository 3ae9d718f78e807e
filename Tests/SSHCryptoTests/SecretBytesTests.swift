import NIOCore
import Testing

@testable import SSHCrypto

@Suite struct SecretBytesTests {
    @Test("A secret starts as zeros, or as what was copied, at any length", arguments: [0, 1, 31, 32, 4096, 100_000])
    func content(count: Int) {
        #expect(SecretBytes(count: count).exposed() == [UInt8](repeating: 0, count: count))
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let secret = SecretBytes(copying: bytes)
        #expect(secret.exposed() == bytes && secret.count == count)
        #expect(secret.copy().exposed() == bytes)
        let isEqual = secret.isEqual(to: SecretBytes(copying: bytes))
        #expect(isEqual)
    }

    @Test("A prefix is clamped, never a trap")
    func prefix() {
        let secret = SecretBytes(copying: [1, 2, 3])
        #expect(secret.prefix(2).exposed() == [1, 2])
        #expect(secret.prefix(9).exposed() == [1, 2, 3])
        #expect(secret.prefix(-1).exposed() == [])
        #expect(SecretBytes(count: -5).count == 0)
    }

    @Test("Secrets are equal when length and bytes are")
    func equality() {
        let secret = SecretBytes(copying: [1, 2, 3])
        for other: [UInt8] in [[], [1, 2], [1, 2, 4], [1, 2, 3, 0]] {
            let isEqual = secret.isEqual(to: SecretBytes(copying: other))
            #expect(!isEqual)
        }
    }

    @Test("A thousand secrets at once neither fail nor trap, whatever the budget for locked memory is")
    func many() {
        final class Holder { let secret = SecretBytes(copying: [7]) }
        let holders = (0..<1000).map { _ in Holder() }
        #expect(holders.allSatisfy { $0.secret.exposed() == [7] })
    }

    @Test("A secret goes into a buffer as a string and comes out again")
    func buffer() throws {
        var buffer = ByteBuffer()
        buffer.writeSecretString(SecretBytes(copying: "pass".utf8))
        #expect(Array(buffer.readableBytesView) == [0, 0, 0, 4] + Array("pass".utf8))
        buffer.moveReaderIndex(forwardBy: 4)
        #expect(throws: CryptoError.self) { _ = try buffer.readSecret(count: 5) }
        #expect(throws: CryptoError.self) { _ = try buffer.readSecret(count: -1) }
        let secret = try buffer.readSecret(count: 4)
        #expect(secret.exposed() == Array("pass".utf8))
    }

    @Test("Wiping zeroes the whole storage, what was read included")
    func wipe() {
        var buffer = ByteBuffer(string: "a secret, and its tail")
        buffer.moveReaderIndex(forwardBy: 9)
        buffer.wipe()
        #expect(buffer.readableBytes == 0)
        let capacity = buffer.capacity
        #expect(capacity > 0)
        buffer.withVeryUnsafeBytes { bytes in
            #expect(bytes.count == capacity && bytes.allSatisfy { $0 == 0 })
        }
    }

    @Test("Wiping leaves storage alone that someone else holds")
    func wipeShared() {
        var buffer = ByteBuffer(string: "shared")
        let other = buffer
        buffer.wipe()
        #expect(buffer.readableBytes == 0 && String(buffer: other) == "shared")
    }
}

@Suite struct RandomSourceTests {
    @Test("A seed gives the same bytes again, and another seed others")
    func seeded() {
        func sample(_ seed: UInt64) -> [UInt8] {
            var random = RandomSource.seeded(seed)
            var filled = [UInt8](repeating: 0, count: 40)
            filled.withUnsafeMutableBytes { random.fill($0) }
            return random.bytes(count: 33) + random.secret(count: 17).exposed() + filled + random.bytes(count: 0)
        }
        #expect(sample(1) == sample(1) && sample(1) != sample(2))
    }

    @Test("No two draws repeat each other", arguments: [RandomSource.system(), .seeded(4)])
    func distinct(source: RandomSource) {
        var random = source
        let draws = (0..<500).map { index in
            index % 2 == 0 ? random.bytes(count: 16) : random.secret(count: 16).exposed()
        }
        #expect(Set(draws).count == draws.count)
    }

    @Test("Padding repeats nothing within a source", arguments: [RandomSource.system(), .seeded(4)])
    func padding(source: RandomSource) {
        var random = source
        var seen = Set<[UInt8]>()
        for count in Array(repeating: 16, count: 300) + [255, 1024, 1025, 5000] {
            var target = [UInt8](repeating: 0, count: count)
            target.withUnsafeMutableBytes { random.fill($0) }
            seen.insert(target)
        }
        #expect(seen.count == 304)
    }

    @Test("Two system sources have nothing in common, and a copy of one shares no key material")
    func system() {
        var (first, second) = (RandomSource.system(), RandomSource.system())
        #expect(first.bytes(count: 32) != second.bytes(count: 32))
        var copy = first
        #expect(first.bytes(count: 32) != copy.bytes(count: 32))
        #expect(first.secret(count: 32).exposed() != copy.secret(count: 32).exposed())
    }
}

@Suite struct Base64Tests {
    func decoded(_ text: String) -> [UInt8]? {
        SecretBytes(copying: text.utf8).base64Decoded(0..<text.utf8.count)?.exposed()
    }

    @Test(
        "RFC 4648 §10's examples go both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ])
    func known(plain: String, encoded: String) {
        let bytes = Array(plain.utf8)
        #expect(Base64.encode(bytes, padded: true) == Array(encoded.utf8))
        #expect(Base64.encode(bytes, padded: false) == encoded.utf8.filter { $0 != UInt8(ascii: "=") })
        #expect(Base64.decode(encoded.utf8) == bytes)
        #expect(decoded(encoded) == bytes)
    }

    @Test(
        "What is not strict base64 is refused",
        arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm9", "Z", "=", "Zm9v\n", " Zm9v", "Zm-v", "Zm9v=", "Zm9vZg==Zg=="])
    func refused(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }

    @Test("A secret's text may have line breaks and blanks, and nothing else")
    func wrapped() {
        #expect(decoded("Zm9v\r\n Ym\nFy\n") == Array("foobar".utf8))
        #expect(decoded("Zm9v-") == nil)
        #expect(decoded("Zm9") == nil)
    }
}
