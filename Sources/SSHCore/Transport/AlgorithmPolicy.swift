package import SSHCrypto
import SSHIdentity
package import SSHWire

/// The algorithms that a connection offers, in the order of preference; RFC 4253 §7.1 lets the client's order decide.
package struct AlgorithmPolicy: Hashable, Sendable {
    package var keyExchanges: [KeyExchangeAlgorithm]
    package var hostKeys: [SignatureAlgorithm]
    package var ciphers: [CipherAlgorithm]
    package var macs: [MACAlgorithm]
    /// What we sign a login with (`PubkeyAcceptedAlgorithms`), best first.
    package var logins = safe
    /// How an authority may have signed a host's certificate (`CASignatureAlgorithms`).
    package var authorities = Certificate.authorityAlgorithms
    package var compressions: [CompressionAlgorithm] = [.none, .zlibOpenSSH]
    /// Whether a peer without strict key exchange is refused where Terrapin (CVE-2023-48795) would be possible.
    package var requiresStrict = false

    /// A named set of algorithms.
    package enum Profile: String, CaseIterable, Sendable { case standard = "default", strict, legacy, interop }

    /// OpenSSH's order, but with AES-GCM first where the processor has AES instructions.
    package static let standard = standard(hasAES: CPU.hasAES)

    /// What does not rest on SHA-1, certificates first; it is also what an authority may sign with, without them.
    package static let safe: [SignatureAlgorithm] =
        Certificate.authorityAlgorithms.compactMap(\.certified) + Certificate.authorityAlgorithms

    package static func standard(hasAES: Bool) -> AlgorithmPolicy {
        AlgorithmPolicy(
            keyExchanges: [
                .mlkem768X25519SHA256, .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH, .curve25519SHA256,
                .curve25519SHA256LibSSH, .ecdhNISTP256, .ecdhNISTP384, .ecdhNISTP521, .groupExchangeSHA256,
                .group16SHA512, .group18SHA512, .group14SHA256,
            ],
            hostKeys: safe,
            ciphers: (hasAES
                ? [.aes128GCM, .aes256GCM, .chaCha20Poly1305] : [.chaCha20Poly1305, .aes128GCM, .aes256GCM])
                + [.aes128CTR, .aes192CTR, .aes256CTR],
            macs: [.hmacSHA256ETM, .hmacSHA512ETM, .hmacSHA256, .hmacSHA512])
    }

    package init(_ profile: Profile) {
        self = .standard
        switch profile {
        case .standard: break
        case .strict:
            keyExchanges.removeAll { !$0.isPostQuantum }
            hostKeys.removeAll {
                [.ecdsaNISTP256, .ecdsaNISTP384, .ecdsaNISTP521, .securityKeyECDSANISTP256].contains($0.plain)
            }
            ciphers.removeAll { !$0.isAuthenticated }
            macs.removeAll { !$0.encryptsFirst }
            requiresStrict = true
        case .legacy:
            keyExchanges += [.groupExchangeSHA1, .group14SHA1, .group1SHA1]
            hostKeys += [.rsaSHA1]
            logins += [.rsaSHA1, .rsaSHA1Certificate]
            ciphers += [.aes256CBC, .aes192CBC, .aes128CBC, .tripleDESCBC]
            macs += [.hmacSHA1, .hmacSHA1ETM, .hmacSHA1Truncated]
        case .interop:
            keyExchanges += [.curve448SHA512, .group15SHA512, .group17SHA512]
            hostKeys += [.ed448]
        }
    }

    package init(
        keyExchanges: [KeyExchangeAlgorithm], hostKeys: [SignatureAlgorithm], ciphers: [CipherAlgorithm],
        macs: [MACAlgorithm]
    ) {
        self.keyExchanges = keyExchanges.filter(KeyExchangeAlgorithm.available.contains)
        self.hostKeys = hostKeys
        self.ciphers = ciphers
        self.macs = macs
    }

    /// Our KEXINIT.
    ///
    /// The markers for EXT_INFO (RFC 8308 §2.1) and strict key exchange (OpenSSH PROTOCOL §1.10) belong to the first
    /// exchange.
    package func proposal(cookie: [UInt8], isFirst: Bool) -> KexInit {
        var kexNames = keyExchanges.map { Name($0.rawValue) }
        if isFirst { kexNames += [Markers.extInfoClient, Markers.strictClient] }
        var message = KexInit(
            cookie: cookie, keyExchanges: NameList(kexNames), hostKeys: NameList(hostKeys.map { Name($0.rawValue) }),
            ciphers: NameList(ciphers.map { Name($0.rawValue) }), macs: NameList(macs.map { Name($0.rawValue) }))
        message.offer(compressions: NameList(compressions.map { Name($0.rawValue) }))
        return message
    }

    /// Names in a key-exchange list that are not key exchanges.
    package enum Markers {
        package static let extInfoClient: Name = "ext-info-c"
        package static let strictClient: Name = "kex-strict-c-v00@openssh.com"
        package static let strictServer: Name = "kex-strict-s-v00@openssh.com"
    }
}
