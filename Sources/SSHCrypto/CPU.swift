import CLibcrypto

/// What the processor brings along.
package struct CPU {
    /// AES and carry-less multiplication are instructions: AES-GCM beats ChaCha20 then.
    package static let hasAES = fairlead_cpu_has_aes() != 0
}
