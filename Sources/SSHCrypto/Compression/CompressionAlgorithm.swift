/// The compressions, by wire name (RFC 4253 §6.2, OpenSSH PROTOCOL §1.2).
///
/// `zlib`, which begins before the login, is not among them.
package enum CompressionAlgorithm: String, CaseIterable, Sendable {
    case none
    case zlibOpenSSH = "zlib@openssh.com"
}
