package import SSHCore
import SSHCrypto
public import SSHIdentity

/// A text that must not be seen: it lies in guarded memory, is wiped when it goes, and has no description.
public struct Secret: Sendable {
    package let password: Password

    /// Copies the bytes; wiping the original is up to the caller.
    ///
    /// - Parameter bytes: The text as the server is to receive it, without a line end.
    public init(copying bytes: some Collection<UInt8>) {
        password = Password(SecretBytes(copying: bytes))
    }

    package init(_ password: Password) {
        self.password = password
    }
}

/// A means to log in (RFC 4252).
///
/// Those of a list are tried in their order, as far as the server takes them.
public struct Credential: Sendable {
    /// What a password is asked for.
    public struct PasswordQuestion: Hashable, Sendable {
        /// The user to log in as.
        public let user: String
        /// The host, as the configuration names it.
        public let host: String
        /// Counts the attempts, from 1.
        public let attempt: Int
    }

    /// What a passphrase is asked for.
    public struct PassphraseQuestion: Hashable, Sendable {
        /// The key's file.
        public let path: String
        /// Counts the attempts, from 1: a later one means that the passphrase before was wrong.
        public let attempt: Int
    }

    enum Kind: Sendable {
        case privateKey(PrivateKey)
        case keyFile(path: String, isOptional: Bool)
        case password(attempts: Int, @Sendable (PasswordQuestion) async throws -> Secret?)
    }

    let kind: Kind

    /// The authentication method that it serves (RFC 4252).
    package var methodName: String {
        switch kind {
        case .privateKey, .keyFile: "publickey"
        case .password: "password"
        }
    }

    /// A private key that is in memory.
    public static func privateKey(_ key: PrivateKey) -> Credential {
        Credential(kind: .privateKey(key))
    }

    /// An OpenSSH private key file, read when it is needed.
    ///
    /// For one that is encrypted, `SSHConfiguration.onPassphrase` is asked, once the server said that it would take the key.
    /// A file of the caller's own that others can read is refused, as `ssh` does.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isOptional: Whether a missing file is passed over in silence. Default false: it is reported.
    /// - Returns: The credential.
    public static func keyFile(_ path: String, isOptional: Bool = false) -> Credential {
        Credential(kind: .keyFile(path: path, isOptional: isOptional))
    }

    /// A password that is known already.
    ///
    /// It is sent at most once.
    public static func password(_ secret: Secret) -> Credential {
        Credential(kind: .password(attempts: 1) { _ in secret })
    }

    /// A password that is asked for when the server wants one.
    ///
    /// - Parameters:
    ///   - attempts: How often it is asked for. Default 3.
    ///   - ask: Gives the password, or nil to give up.
    /// - Returns: The credential.
    public static func password(
        attempts: Int = 3, ask: @escaping @Sendable (PasswordQuestion) async throws -> Secret?
    ) -> Credential {
        Credential(kind: .password(attempts: attempts, ask))
    }
}
