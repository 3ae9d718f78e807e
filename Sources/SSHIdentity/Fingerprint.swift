import SSHCrypto

/// What a person compares to recognise a public key: the hash of its blob, as OpenSSH shows it.
public struct Fingerprint: Hashable, Sendable {
    private let sha256Digest: [UInt8]
    /// Empty where the system's libcrypto does without MD5; then no MD5 text matches.
    private let md5Digest: [UInt8]

    package init(blob: [UInt8]) throws(KeyError) {
        do throws(CryptoError) {
            sha256Digest = try Digest.hash(.sha256, blob)
        } catch {
            throw .failed(operation: "SHA-256")
        }
        md5Digest = (try? Digest.hash(.md5, blob)) ?? []
    }

    /// The hash itself; of an MD5 that the system does without, nothing.
    func digest(by hash: FingerprintHash) -> [UInt8] {
        hash == .sha256 ? sha256Digest : md5Digest
    }

    /// The SHA-256 fingerprint, `SHA256:` and unpadded base64.
    public var sha256: String {
        "SHA256:" + String(decoding: Base64.encode(sha256Digest, padded: false), as: UTF8.self)
    }

    /// The MD5 fingerprint, `MD5:` and colon-separated hexadecimal bytes; for comparison with old records only.
    public var md5: String {
        guard !md5Digest.isEmpty else { return "MD5:unavailable" }
        let pairs = md5Digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return "MD5:" + pairs.joined(separator: ":")
    }

    /// Whether `text` is this fingerprint, byte for byte.
    ///
    /// - Parameter text: `SHA256:…` with or without the base64 padding, or `MD5:…` in either case of hexadecimal.
    /// - Returns: `false` for any other text, a bare hash among it.
    public func matches(_ text: String) -> Bool {
        let given = Array(text.utf8)
        let ours = Array(sha256.utf8)
        if given == ours || given == ours + [UInt8(ascii: "=")] { return true }
        guard !md5Digest.isEmpty, given.starts(with: "MD5:".utf8) else { return false }
        return given.dropFirst(4).map(ASCII.lowercased) == Array(md5.utf8.dropFirst(4))
    }
}
