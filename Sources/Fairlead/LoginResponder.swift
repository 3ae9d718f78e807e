public import SSHIdentity

/// Answers what a login has to ask: about the host's key, for passwords and passphrases, and what the server wants to know.
///
/// Each question comes when its answer is needed, one at a time, and no clock runs meanwhile. A connection that is lost
/// cancels the task that a question is asked in. What is not implemented is declined.
public protocol LoginResponder: Sendable {
    /// Whether the key of an unknown host is right, under the policy `ask`.
    ///
    /// - Parameter question: The host and the key that it proved to hold.
    /// - Returns: The answer. Default `no`.
    /// - Throws: Anything; it ends the login.
    func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer

    /// A password.
    ///
    /// - Parameter question: Whose.
    /// - Returns: The password, or nil to give up on this method. Default nil.
    /// - Throws: Anything; it ends the login.
    func password(_ question: Credential.PasswordQuestion) async throws -> Secret?

    /// A new password in place of one that has expired (RFC 4252 §8).
    ///
    /// - Parameter question: Whose, and the server's words about it.
    /// - Returns: The new password, or nil to leave things as they are. Default nil.
    /// - Throws: Anything; it ends the login.
    func newPassword(_ question: Credential.PasswordChangeQuestion) async throws -> Secret?

    /// The passphrase of a private key, once the server said that it takes the key.
    ///
    /// - Parameter question: Which key, and whether a passphrase before was wrong.
    /// - Returns: The passphrase, or nil to pass the key over. Default nil.
    /// - Throws: Anything; it ends the login.
    func passphrase(_ question: Credential.PassphraseQuestion) async throws -> Secret?

    /// What the server wants to know (keyboard-interactive, RFC 4256 §3.2).
    ///
    /// - Parameter challenge: One round of prompts; there may be none, only words to show.
    /// - Returns: One answer for each prompt, in their order, or nil to give up on this method. Default nil, but for a
    ///   round without prompts.
    /// - Throws: Anything; it ends the login.
    func answers(to challenge: Credential.Challenge) async throws -> [Secret]?

    /// Whether something may be done that was asked to be confirmed, such as adding a key to the agent.
    ///
    /// - Parameter question: One sentence that ends in a question mark.
    /// - Returns: The answer. Default false.
    /// - Throws: Anything; it counts as false.
    func confirms(_ question: String) async throws -> Bool

    /// Whether a key is passed over that has been waiting for a person's touch or consent for two seconds.
    ///
    /// The task is cancelled when the key has signed: stay in here until then, or until the person has had enough.
    ///
    /// - Parameter key: The key.
    /// - Returns: Whether to try the next credential instead. Default false: wait as long as the signer does.
    func passesOver(_ key: PublicKey) async -> Bool
}

extension LoginResponder {
    /// Declines.
    public func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer { .no }
    /// Declines.
    public func password(_ question: Credential.PasswordQuestion) async throws -> Secret? { nil }
    /// Declines.
    public func newPassword(_ question: Credential.PasswordChangeQuestion) async throws -> Secret? { nil }
    /// Declines.
    public func passphrase(_ question: Credential.PassphraseQuestion) async throws -> Secret? { nil }
    /// Declines, but for a round without prompts.
    public func answers(to challenge: Credential.Challenge) async throws -> [Secret]? {
        challenge.prompts.isEmpty ? [] : nil
    }
    /// Declines.
    public func confirms(_ question: String) async throws -> Bool { false }
    /// Waits on.
    public func passesOver(_ key: PublicKey) async -> Bool { false }
}

/// Nobody to ask.
struct SilentResponder: LoginResponder {}
