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
/// Those of a method are tried in their order, as far as the server takes them; the order of the methods is the
/// configuration's.
public struct Credential: Sendable {
    enum Kind: Sendable {
        case privateKey(PrivateKey)
        case keyFile(path: String, isOptional: Bool)
        case signer(any Signer)
        case certificateFile(path: String)
        case agent(SSHAgent, offersAll: Bool)
        case password(Secret)
        case askedPassword(attempts: Int)
        case keyboardInteractive(attempts: Int)
    }

    let kind: Kind

    /// The authentication method that it serves (RFC 4252).
    package var methodName: String {
        switch kind {
        case .privateKey, .keyFile, .signer, .certificateFile, .agent: "publickey"
        case .password, .askedPassword: "password"
        case .keyboardInteractive: "keyboard-interactive"
        }
    }

    /// A private key that is in memory.
    public static func privateKey(_ key: PrivateKey) -> Credential {
        Credential(kind: .privateKey(key))
    }

    /// A key that signs without being given away: in a token, or a service far away.
    public static func signer(_ signer: any Signer) -> Credential {
        Credential(kind: .signer(signer))
    }

    /// A private key file of OpenSSH, PEM or PuTTY, with the certificate in `PATH-cert.pub` if there is one.
    ///
    /// For one that is encrypted, the configuration's `responder` is asked, once the server said that it would take the key.
    /// A file of the caller's own that others can read is refused, as `ssh` does. Where an agent of the list holds the key,
    /// the agent signs, and a public key file will do.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - isOptional: Whether a missing file is passed over in silence. Default false: it is reported.
    /// - Returns: The credential.
    public static func keyFile(_ path: String, isOptional: Bool = false) -> Credential {
        Credential(kind: .keyFile(path: path, isOptional: isOptional))
    }

    /// A user's certificate, which goes before all keys; whichever credential holds its key signs.
    public static func certificateFile(_ path: String) -> Credential {
        Credential(kind: .certificateFile(path: path))
    }

    /// The keys of an agent.
    ///
    /// - Parameters:
    ///   - agent: The agent.
    ///   - offersAll: Whether those are offered that no other credential names. Default true; otherwise the agent only signs
    ///     for key files.
    /// - Returns: The credential.
    public static func agent(_ agent: SSHAgent, offersAll: Bool = true) -> Credential {
        Credential(kind: .agent(agent, offersAll: offersAll))
    }

    /// A password that is known already.
    ///
    /// It is sent at most once; to a server without this method it is the answer to a single hidden prompt
    /// (keyboard-interactive).
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

    /// Answers, given by the configuration's `responder`, to whatever the server wants to know (RFC 4256).
    ///
    /// - Parameter attempts: How often it is begun. Default 3.
    /// - Returns: The credential.
    public static func keyboardInteractive(attempts: Int = 3) -> Credential {
        Credential(kind: .keyboardInteractive(attempts: attempts))
    }
}
