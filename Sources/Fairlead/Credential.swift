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
    enum Kind: Sendable {
        case privateKey(PrivateKey)
        case keyFile(path: String, isOptional: Bool)
        case password(Secret)
        case askedPassword(attempts: Int)
    }

    let kind: Kind

    /// The authentication method that it serves (RFC 4252).
    package var methodName: String {
        switch kind {
        case .privateKey, .keyFile: "publickey"
        case .password, .askedPassword: "password"
        }
    }

    /// A private key that is in memory.
    public static func privateKey(_ key: PrivateKey) -> Credential {
        Credential(kind: .privateKey(key))
    }

    /// A private key file of OpenSSH, PEM or PuTTY, read when it is needed.
    ///
    /// For one that is encrypted, the configuration's `responder` is asked, once the server said that it would take the key.
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
        Credential(kind: .password(secret))
    }

    /// A password that the configuration's `responder` is asked for when the server wants one.
    ///
    /// - Parameter attempts: How often it is asked for. Default 3.
    /// - Returns: The credential.
    public static func password(attempts: Int = 3) -> Credential {
        Credential(kind: .askedPassword(attempts: attempts))
    }
}
