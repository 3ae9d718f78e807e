import Logging
import NIOCore
import SSHCore
import SSHCrypto
import SSHWire

/// The passwords and answers of one login: those that are known, and those that are asked for, each as often as allowed.
struct SecretChooser: Sendable {
    /// As in ssh.
    private static let newPasswordAttemptCount = 3
    /// Some prompts are whole menus.
    private static let promptByteCount = 4096

    private let configuration: SSHConfiguration
    /// Nothing secret may go to a host whose key changed, whatever the policy let pass.
    var refuses: Bool
    private var passwords: [Secret] = []
    private var passwordAttemptsLeft = 0
    private var interactiveAttemptsLeft = 0
    private var passwordAttempt = 0
    private var newPasswordAttempt = 0
    private var round = 0
    /// A password that answers the server's one hidden prompt in place of the method that it does not have.
    private var lentPassword: Password?
    private var lastPassword: Password?

    init(_ configuration: SSHConfiguration, refuses: Bool) {
        self.configuration = configuration
        self.refuses = refuses
        for credential in configuration.credentials {
            switch credential.kind {
            case .password(let secret): passwords.append(secret)
            case .askedPassword(let attempts): passwordAttemptsLeft += attempts
            case .keyboardInteractive(let attempts): interactiveAttemptsLeft += attempts
            case .privateKey, .signer, .keyFile, .certificateFile, .agent: break
            }
        }
    }

    var hasPassword: Bool { !refuses && (!passwords.isEmpty || passwordAttemptsLeft > 0) }
    var canAnswer: Bool { !refuses && interactiveAttemptsLeft > 0 }

    private func isRefused(_ method: String) -> Bool {
        guard refuses else { return false }
        configuration.logger.warning(
            "\(method) authentication is disabled: the host's key is not the one on record.")
        return true
    }

    mutating func nextPassword() async throws(SSHError) -> Password? {
        guard !isRefused("Password") else { return nil }
        if !passwords.isEmpty {
            lastPassword = passwords.removeFirst().password
            return lastPassword
        }
        guard passwordAttemptsLeft > 0 else { return nil }
        passwordAttemptsLeft -= 1
        passwordAttempt += 1
        let question = Credential.PasswordQuestion(
            user: configuration.user, host: configuration.host, attempt: passwordAttempt)
        let answer = try await configuration.asking { responder in try await responder.password(question) }
        if answer == nil { passwordAttemptsLeft = 0 }
        lastPassword = answer?.password
        return lastPassword
    }

    /// The password has expired: the one that the server took, and a new one; never one that was stored for another use.
    mutating func replacement(_ prompt: [UInt8]) async throws(SSHError) -> AuthenticationRequest? {
        newPasswordAttempt += 1
        guard newPasswordAttempt <= Self.newPasswordAttemptCount, let old = lastPassword else { return nil }
        let question = Credential.PasswordChangeQuestion(
            user: configuration.user, host: configuration.host,
            prompt: PeerText.block(prompt, maximumByteCount: Self.promptByteCount), attempt: newPasswordAttempt)
        let new = try await configuration.asking { responder in try await responder.newPassword(question) }
        return new.map { .password(old, replacement: $0.password) }
    }

    /// Whether to start this method.
    mutating func nextInteractive(hasPasswordMethod: Bool) -> Bool {
        guard !isRefused("Keyboard-interactive") else { return false }
        lentPassword = nil
        round = 0
        if interactiveAttemptsLeft > 0 {
            interactiveAttemptsLeft -= 1
            return true
        }
        // Many servers ask for the password only so.
        guard !hasPasswordMethod, !passwords.isEmpty else { return false }
        lentPassword = passwords.removeFirst().password
        return true
    }

    /// One answer for each prompt; nil to try something else.
    mutating func answers(to request: UserauthInfoRequest) async throws(SSHError) -> [Password]? {
        round += 1
        if let password = lentPassword {
            if request.prompts.isEmpty { return [] }
            // Only where it stays hidden, and only once.
            lentPassword = nil
            return request.prompts.map(\.echoes) == [false] ? [password] : nil
        }
        let challenge = Credential.Challenge(
            user: configuration.user, host: configuration.host, name: PeerText.line(request.name.readableBytesView),
            instruction: PeerText.block(
                request.instruction.readableBytesView, maximumByteCount: Self.promptByteCount),
            prompts: request.prompts.map { .init(text: Self.prompt($0.text), echoes: $0.echoes) }, round: round)
        let answers = try await configuration.asking { responder in try await responder.answers(to: challenge) }
        guard let answers, answers.count == request.prompts.count else {
            interactiveAttemptsLeft = 0
            return nil
        }
        return answers.map(\.password)
    }

    private static func prompt(_ text: ByteBuffer) -> String {
        PeerText.prompt(text.readableBytesView, maximumByteCount: promptByteCount)
    }
}

extension SSHConfiguration {
    /// Puts a question of the login; an answer that fails ends it.
    func asking<Answer>(
        _ ask: (any LoginResponder) async throws -> Answer
    ) async throws(SSHError) -> Answer {
        do {
            return try await ask(responder)
        } catch let error as SSHError {
            throw error
        } catch {
            throw SSHError(.authentication, .cancelled, "A question of the login was not answered")
        }
    }
}
