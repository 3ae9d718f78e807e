import CSupport
import Glibc
import SSHCrypto

// Runs sntrup761 under valgrind's memcheck with every secret marked undefined: a branch on one, or an index, is then an
// error. Scripts/constant-time starts it, once for the real thing and once for each planted mistake.

/// The run would prove nothing.
func fail(_ reason: String) -> Never {
    print(reason)
    exit(2)
}

/// A source of bytes that are all secret: its seed is, and it stands first.
func secretRandom(_ seed: UInt64) -> RandomSource {
    var random = RandomSource.seeded(seed)
    withUnsafeMutableBytes(of: &random) { support_make_secret($0.baseAddress, MemoryLayout<UInt64>.size) }
    return random
}

func makePublic(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { support_make_public($0.baseAddress, $0.count) }
}

/// The content of a secret that has to be secret to memcheck until here.
func revealed(_ secret: borrowing SecretBytes) -> [UInt8] {
    secret.withUnsafeBytes { bytes in
        if support_is_secret(bytes.baseAddress, bytes.count) == 0 { fail("what should be secret is not marked so") }
        support_make_public(bytes.baseAddress, bytes.count)
        return Array(bytes)
    }
}

/// Key generation as in `SNTRUP761.init(random:)`; whether g has an inverse is public.
func keyPair(_ random: inout RandomSource) -> SNTRUP761 {
    while true {
        var candidate = SNTRUP761.Candidate(random: &random)
        withUnsafeMutableBytes(of: &candidate.fault) { support_make_public($0.baseAddress, $0.count) }
        if candidate.fault == 0 { return SNTRUP761(candidate, random: &random) }
    }
}

func agreement() throws {
    var random = secretRandom(1)
    let pair = keyPair(&random)
    makePublic(pair.publicKey)
    var secret = SecretBytes(count: 0)
    var ciphertext = try SNTRUP761.encapsulate(to: pair.publicKey, random: &random, secret: &secret)
    makePublic(ciphertext)
    let (ours, theirs) = try (revealed(secret), revealed(pair.decapsulate(ciphertext)))
    ciphertext[9] ^= 1
    let refused = try revealed(pair.decapsulate(ciphertext))
    if ours != theirs || ours == refused { fail("the secrets are wrong") }
}

func mistake(_ make: (UnsafePointer<UInt8>?) -> Void) {
    var random = secretRandom(2)
    random.secret(count: 1).withUnsafeBytes { make($0.bindMemory(to: UInt8.self).baseAddress) }
}

guard support_is_watched() != 0 else { fail("not run by valgrind on x86_64") }
switch CommandLine.arguments.last {
case "agreement": try agreement()
case "branch": mistake(support_branch_on)
case "index": mistake(support_index_by)
default: fail("agreement, branch or index")
}
