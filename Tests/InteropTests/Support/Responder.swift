import Fairlead
import Synchronization

/// Answers what a test has an answer for, and remembers what was asked.
final class Responder: LoginResponder {
    typealias Answer<Question, Value> = @Sendable (Question) async throws -> Value

    private let onHostKey: Answer<HostVerification.Question, HostVerification.Answer>?
    private let onPassword: Answer<Credential.PasswordQuestion, Secret?>?
    private let onNewPassword: Answer<Credential.PasswordChangeQuestion, Secret?>?
    private let onPassphrase: Answer<Credential.PassphraseQuestion, Secret?>?
    private let onChallenge: Answer<Credential.Challenge, [Secret]?>?
    let challenges = Mutex<[Credential.Challenge]>([])

    init(
        hostKey: Answer<HostVerification.Question, HostVerification.Answer>? = nil,
        password: Answer<Credential.PasswordQuestion, Secret?>? = nil,
        newPassword: Answer<Credential.PasswordChangeQuestion, Secret?>? = nil,
        passphrase: Answer<Credential.PassphraseQuestion, Secret?>? = nil,
        challenge: Answer<Credential.Challenge, [Secret]?>? = nil
    ) {
        (onHostKey, onPassword, onNewPassword) = (hostKey, password, newPassword)
        (onPassphrase, onChallenge) = (passphrase, challenge)
    }

    func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer {
        try await onHostKey?(question) ?? .no
    }

    func password(_ question: Credential.PasswordQuestion) async throws -> Secret? {
        try await onPassword?(question)
    }

    func newPassword(_ question: Credential.PasswordChangeQuestion) async throws -> Secret? {
        try await onNewPassword?(question)
    }

    func passphrase(_ question: Credential.PassphraseQuestion) async throws -> Secret? {
        try await onPassphrase?(question)
    }

    func answers(to challenge: Credential.Challenge) async throws -> [Secret]? {
        challenges.withLock { $0.append(challenge) }
        return try await onChallenge?(challenge)
    }
}
