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

    var beginning: StaticString {
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

    /// Nil where nothing ends it but itself.
    private var ending: StaticString? {
        switch self {
        case .openSSH: "\n-----END OPENSSH PRIVATE KEY-----"
        case .pkcs8: "\n-----END PRIVATE KEY-----"
        case .encryptedPKCS8: "\n-----END ENCRYPTED PRIVATE KEY-----"
        case .rsaPEM: "\n-----END RSA PRIVATE KEY-----"
        case .ecPEM: "\n-----END EC PRIVATE KEY-----"
        case .dsaPEM, .putty, .sshCom, .ssh1: nil
        }
    }

    init?(of file: borrowing SecretBytes) {
        for format in Self.allCases where file.contains(format.beginning, at: 0) {
            self = format
            return
        }
        return nil
    }

    /// The format, and where it begins: PEM may stand behind other text, such as OpenSSL's EC PARAMETERS (RFC 7468 §2).
    static func find(in file: borrowing SecretBytes) -> (format: KeyFileFormat, start: Int)? {
        if let format = KeyFileFormat(of: file) { return (format, 0) }
        var start = 0
        while let line = file.firstIndex(of: "\n-----BEGIN ", from: start) {
            start = line + 1
            for format in [pkcs8, encryptedPKCS8, rsaPEM, ecPEM] where file.contains(format.beginning, at: start) {
                return (format, start)
            }
        }
        return nil
    }

    /// What stands between the armour's lines, which may end in LF or CR LF; what follows it is ignored, as in OpenSSH.
    func body(in file: borrowing SecretBytes, from start: Int) -> Range<Int>? {
        var lines = KeyFileLines(from: start + beginning.utf8CodeUnitCount)
        guard let ending, let end = file.firstIndex(of: ending, from: start), lines.next(in: file)?.isEmpty == true
        else { return nil }
        return lines.position..<max(lines.position, end)
    }
}
