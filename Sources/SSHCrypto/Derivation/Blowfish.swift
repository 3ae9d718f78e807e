/// Blowfish with bcrypt's expensive key schedule, for `BcryptPBKDF` alone: as a cipher nobody wants it.
///
/// Its tables are indexed by what depends on the passphrase, which the design cannot do without; so does every bcrypt.
struct Blowfish: ~Copyable {
    private static let subkeyCount = 18
    private static let tableCount = 256
    private static let wordCount = subkeyCount + 4 * tableCount
    /// Keys and salts are SHA-512's.
    private static let keyWordCount = 16
    private static let magic = Array("OxychromaticBlowfishSwatDynamite".utf8)

    /// 18 subkeys and four tables, then a copy of key and salt as words.
    private var state = SecretBytes(count: 4 * (wordCount + 2 * keyWordCount))

    /// bcrypt's hash of two SHA-512 values, as OpenSSH has it: 64 rounds, and 64 encryptions of a text of 32 bytes.
    mutating func bcryptHash(_ pass: borrowing SecretBytes, salt: borrowing SecretBytes) -> SecretBytes {
        var output = SecretBytes(count: Self.magic.count)
        unsafe state.withUnsafeMutableBytes { state in
            guard let words = unsafe state.bindMemory(to: UInt32.self).baseAddress else { return }
            for (index, word) in BlowfishTables.words.prefix(Self.wordCount).enumerated() {
                unsafe words[index] = word
            }
            let key = unsafe words + Self.wordCount
            let data = unsafe key + Self.keyWordCount
            unsafe Self.read(pass, into: key)
            unsafe Self.read(salt, into: data)
            unsafe Self.expand(words, key: key, data: data)
            for _ in 0..<64 {
                unsafe Self.expand(words, key: data, data: nil)
                unsafe Self.expand(words, key: key, data: nil)
            }
            unsafe output.withUnsafeMutableBytes { unsafe Self.encryptMagic(words, into: $0) }
        }
        return output
    }

    /// Big-endian words.
    private static func read(_ bytes: borrowing SecretBytes, into words: UnsafeMutablePointer<UInt32>) {
        unsafe bytes.withUnsafeBytes { source in
            for index in 0..<min(keyWordCount, source.count / 4) {
                unsafe words[index] = UInt32(
                    bigEndian: source.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            }
        }
    }

    /// Mixes a key, and data where there are any, into the state.
    private static func expand(
        _ words: UnsafeMutablePointer<UInt32>, key: UnsafeMutablePointer<UInt32>, data: UnsafeMutablePointer<UInt32>?
    ) {
        for index in 0..<subkeyCount { unsafe words[index] ^= key[index & 15] }
        var (left, right): (UInt32, UInt32) = (0, 0)
        var position = 0
        for index in stride(from: 0, to: wordCount, by: 2) {
            if let data = unsafe data {
                unsafe left ^= data[position]
                unsafe right ^= data[position + 1]
                position = (position + 2) & 15
            }
            unsafe encrypt(words, &left, &right)
            unsafe words[index] = left
            unsafe words[index + 1] = right
        }
    }

    @inline(__always)
    private static func encrypt(
        _ words: UnsafeMutablePointer<UInt32>, _ left: inout UInt32, _ right: inout UInt32
    ) {
        let tables = unsafe words + subkeyCount
        var (x, y) = unsafe (left ^ words[0], right)
        for round in stride(from: 1, to: 17, by: 2) {
            unsafe y ^= mix(tables, x) ^ words[round]
            unsafe x ^= mix(tables, y) ^ words[round + 1]
        }
        unsafe (left, right) = (y ^ words[17], x)
    }

    @inline(__always)
    private static func mix(_ tables: UnsafeMutablePointer<UInt32>, _ x: UInt32) -> UInt32 {
        let (a, b) = (Int(x >> 24), Int(x >> 16 & 0xFF))
        let (c, d) = (Int(x >> 8 & 0xFF), Int(x & 0xFF))
        return unsafe ((tables[a] &+ tables[256 + b]) ^ tables[512 + c]) &+ tables[768 + d]
    }

    /// Words leave with their bytes turned round.
    private static func encryptMagic(
        _ words: UnsafeMutablePointer<UInt32>, into output: UnsafeMutableRawBufferPointer
    ) {
        for offset in stride(from: 0, to: magic.count - 7, by: 8) {
            var pair = (UInt32(0), UInt32(0))
            for index in 0..<4 {
                pair.0 = pair.0 << 8 | UInt32(magic[offset + index])
                pair.1 = pair.1 << 8 | UInt32(magic[offset + 4 + index])
            }
            for _ in 0..<64 { unsafe encrypt(words, &pair.0, &pair.1) }
            unsafe output.storeBytes(of: pair.0.littleEndian, toByteOffset: offset, as: UInt32.self)
            unsafe output.storeBytes(of: pair.1.littleEndian, toByteOffset: offset + 4, as: UInt32.self)
        }
    }
}
