import SSHCore
public import SSHIdentity

extension PrivateKey {
    /// Reads a private key file: OpenSSH's, PEM (PKCS#1, SEC1, PKCS#8) or PuTTY's (versions 2 and 3), told apart by content.
    ///
    /// What does not sign here is refused: DSA, RSA under 2,048 bits, Ed448, and keys that are in an authenticator. A file that
    /// asks for more work on its passphrase than a person would wait for is refused at once.
    ///
    /// - Parameters:
    ///   - contents: The whole file.
    ///   - passphrase: What unlocks it. Default nil, for a file that is not encrypted.
    /// - Returns: The key, its public half derived from the secret.
    /// - Throws: `SSHError` of kind `file`, which says what is wrong: no key, no passphrase or a wrong one, damage.
    public static func parse(_ contents: Secret, passphrase: Secret? = nil) throws(SSHError) -> PrivateKey {
        do throws(KeyFileError) {
            guard let passphrase else { return try PrivateKeyFile.parse(contents.password.secret) }
            return try PrivateKeyFile.parse(contents.password.secret, passphrase: passphrase.password.secret)
        } catch {
            throw SSHError(.usage, .file, "Load key: \(error.sentence)")
        }
    }
}
