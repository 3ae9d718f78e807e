import SSHCrypto

/// What a key file is, by how it begins.
///
/// The raw value names it for people.
enum KeyFileFormat: String, CaseIterable {
    case openSSH = "OpenSSH"
    case pkcs8 = "PKCS#8 PEM"
    case encryptedPKCS8 = "encrypted PKCS#8 PEM"
    case rsaPEM = "PKCS#1 PEM"
    case ecPEM = "EC PEM"
    case dsaPEM = "DSA PEM"
    case putty = "PuTTY"
    case sshCom = "ssh.com"
    case ssh1 = "SSH-1"

    private var beginning: StaticString {
        switch self {
        case .openSSH: "-----BEGIN OPENSSH PRIVATE KEY-----"
        case .pkcs8: "-----BEGIN PRIVATE KEY-----"
        case .encryptedPKCS8: "-----BEGIN ENCRYPTED PRIVATE KEY-----"
        case .rsaPEM: "-----BEGIN RSA PRIVATE KEY-----"
        case .ecPEM: "-----BEGIN EC PRIVATE KEY-----"
        case .dsaPEM: "-----BEGIN DSA PRIVATE KEY-----"
        case .putty: "PuTTY-User-Key-File-"
        case .sshCom: "---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
        case .ssh1: "SSH PRIVATE KEY FILE FORMAT 1.1"
        }
    }

    init?(of file: borrowing SecretBytes) {
        for format in Self.allCases where file.contains(format.beginning, at: 0) {
            self = format
            return
        }
        return nil
    }

    /// What stands between the armour's lines, decoded.
    ///
    /// Lines may end in LF or CR LF; what follows the armour is ignored, as in OpenSSH.
    static func openSSHContent(of file: borrowing SecretBytes) -> SecretBytes? {
        let start = Self.openSSH.beginning.utf8CodeUnitCount
        guard let end = file.firstIndex(of: "\n-----END OPENSSH PRIVATE KEY-----", from: start) else { return nil }
        guard file.contains("\n", at: start) || file.contains("\r\n", at: start) else { return nil }
        return file.base64Decoded(start..<end)
    }
}
