import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport

/// Ed25519 keys by number: as many as a test needs, and the same in each run.
func testKey(_ number: Int) throws -> PublicKey {
    try testPrivateKey(number).publicKey
}

func testPrivateKey(_ number: Int) throws -> PrivateKey {
    var seed = [UInt8](repeating: 0x5A, count: 32)
    for index in 0..<4 { seed[index] = UInt8(truncatingIfNeeded: number >> (8 * index)) }
    let key = try SigningKey(ed25519Seed: SecretBytes(copying: seed))
    return try PrivateKey(key, commentBytes: Array("key \(number)".utf8))
}

/// A small generator with a seed, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

func knownHosts(_ text: String, file: String = "known_hosts") -> KnownHosts {
    knownHosts(Array(text.utf8), file: file)
}

func knownHosts(_ bytes: [UInt8], file: String = "known_hosts") -> KnownHosts {
    var hosts = KnownHosts()
    hosts.add(file: file, contents: bytes)
    return hosts
}

func location(_ line: Int, in file: String = "known_hosts") -> KnownHostLocation {
    KnownHostLocation(file: file, line: line)
}

/// A key file's text as `ssh-keygen` made it, read by us.
func parse(_ text: String, minimumRSABitCount: Int = 2048) throws(KeyFileError) -> PrivateKey {
    try parse(Array(text.utf8), minimumRSABitCount: minimumRSABitCount)
}

func parse(_ bytes: [UInt8], minimumRSABitCount: Int = 2048) throws(KeyFileError) -> PrivateKey {
    try OpenSSHPrivateKey.parse(SecretBytes(copying: bytes), minimumRSABitCount: minimumRSABitCount)
}

/// Why a key file is refused; `nil` when it is not.
func refusal(_ bytes: [UInt8], minimumRSABitCount: Int = 2048) -> KeyFileError? {
    do throws(KeyFileError) {
        _ = try parse(bytes, minimumRSABitCount: minimumRSABitCount)
        return nil
    } catch {
        return error
    }
}
