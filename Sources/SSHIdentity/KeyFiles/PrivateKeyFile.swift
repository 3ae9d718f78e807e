package import SSHCrypto
import SSHWire

/// Private key files of every kind that is read, recognised by what they hold.
///
/// Every secret byte stays in guarded memory on its way from the file to the key.
package enum PrivateKeyFile {
    package static let maximumByteCount = OpenSSHPrivateKey.maximumByteCount

    /// The key; without a passphrase, one that is locked is `encrypted`.
    package static func parse(
        _ file: borrowing SecretBytes, passphrase: borrowing SecretBytes = SecretBytes(count: 0),
        minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PrivateKey {
        let (format, start) = try find(in: file)
        switch format {
        case .openSSH:
            return try OpenSSHPrivateKey.parse(
                file, passphrase: passphrase, minimumRSABitCount: minimumRSABitCount)
        case .rsaPEM, .ecPEM, .pkcs8, .encryptedPKCS8:
            return try PEMPrivateKey.parse(
                file, at: start, format: format, passphrase: passphrase, minimumRSABitCount: minimumRSABitCount)
        case .putty:
            return try PuTTYPrivateKey(file)
                .material(passphrase: passphrase, minimumRSABitCount: minimumRSABitCount)
                .privateKey(minimumRSABitCount: minimumRSABitCount)
        case .dsaPEM: throw .unsupportedKeyType("ssh-dss")
        case .sshCom, .ssh1: throw .unsupportedFormat(format.rawValue)
        }
    }

    /// The public half, as far as it shows without a passphrase: nil for an encrypted PEM file.
    ///
    /// In OpenSSH's and PuTTY's files it shows, but nothing proves it.
    package static func publicKey(
        of file: borrowing SecretBytes, minimumRSABitCount: Int = 2048
    ) throws(KeyFileError) -> PublicKey? {
        switch try find(in: file).format {
        case .openSSH:
            return try OpenSSHPrivateKey.publicKey(of: file, minimumRSABitCount: minimumRSABitCount)
        case .putty:
            return try PuTTYPrivateKey(file).publicKey(minimumRSABitCount: minimumRSABitCount)
        default:
            do throws(KeyFileError) {
                return try parse(file, minimumRSABitCount: minimumRSABitCount).publicKey
            } catch {
                guard case .encrypted = error else { throw error }
                return nil
            }
        }
    }

    private static func find(in file: borrowing SecretBytes) throws(KeyFileError) -> (format: KeyFileFormat, start: Int)
    {
        guard file.count <= maximumByteCount else { throw .tooLarge(byteCount: file.count) }
        guard let place = KeyFileFormat.find(in: file) else { throw .notAPrivateKey }
        return place
    }
}
