import NIOCore
@testable import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Synchronization

@testable import Fairlead

/// A chooser, and a server that only says what it would take.
struct RehearsedLogin {
    var chooser: CredentialChooser
    /// What the keys are called in these tests.
    var names: [[UInt8]: String] = [:]
    var algorithms: [SignatureAlgorithm]?

    init(
        _ credentials: [Credential], refusesSecrets: Bool = false, responder: AskedResponder = AskedResponder(),
        algorithms: [SignatureAlgorithm]? = nil
    ) async throws {
        var configuration = SSHConfiguration(
            host: "gate", user: "me", hostVerification: .custom { _ in true }, credentials: credentials)
        configuration.responder = responder
        chooser = await .make(configuration, refusesSecrets: refusesSecrets, session: nil)
        self.algorithms = algorithms
        for number in UInt8(1)...9 { names[try rehearsedKey(number).publicKey.blob] = "key \(number)" }
    }

    /// The next request, in a word; `?` is a key that the server is asked about first.
    mutating func next(_ methods: NameList?, partial: Bool = false, expired: String? = nil) async throws -> String? {
        let round = AuthenticationRound(
            methods: methods, isPartialSuccess: partial, expiredPasswordPrompt: expired.map { Array($0.utf8) })
        let algorithms = algorithms
        switch try await chooser.next(
            round,
            algorithms: { key, _ in algorithms ?? [key.verificationKey.type == "ssh-rsa" ? .rsaSHA512 : .ed25519] })
        {
        case nil: return nil
        case .some(.none): return "none"
        case .publicKey(let identity, let asksFirst):
            let name =
                names[identity.blob] ?? (try? Certificate(blob: identity.blob)).map { "certificate \($0.keyID)" }
            return (name ?? "?") + (asksFirst ? "?" : "")
        case .password(let password, let new):
            return "password " + text(password) + (new.map { " to " + text($0) } ?? "")
        case .keyboardInteractive: return "keyboard-interactive"
        }
    }

    /// All requests until nothing is left, refused each.
    mutating func all(_ methods: NameList) async throws -> [String] {
        var found: [String] = []
        while let request = try await next(found.isEmpty ? nil : methods), found.count < 100 {
            found.append(request)
        }
        return found
    }

    mutating func answers(_ prompts: [(String, Bool)]) async throws -> [String]? {
        let request = UserauthInfoRequest(
            name: ByteBuffer(), instruction: ByteBuffer(),
            prompts: prompts.map { .init(text: ByteBuffer(string: $0.0), echoes: $0.1) })
        return try await chooser.answers(to: request)?.map(text)
    }
}

/// Answers with what a test says, and notes what was asked.
final class AskedResponder: LoginResponder {
    let questions = Mutex<[String]>([])
    let answer: String?

    init(_ answer: String? = nil) { self.answer = answer }

    private func note(_ question: String) -> Secret? {
        questions.withLock { $0.append(question) }
        return answer.map { Secret(copying: $0.utf8) }
    }

    func password(_ question: Credential.PasswordQuestion) -> Secret? { note("password \(question.attempt)") }
    func newPassword(_ question: Credential.PasswordChangeQuestion) -> Secret? {
        note("new \(question.attempt) \(question.prompt)")
    }
    func passphrase(_ question: Credential.PassphraseQuestion) -> Secret? { note("passphrase \(question.attempt)") }
    func answers(to challenge: Credential.Challenge) -> [Secret]? {
        let secret = note("round \(challenge.round) " + challenge.prompts.map(\.text).joined())
        return secret.map { Array(repeating: $0, count: challenge.prompts.count) }
    }
    var all: [String] { questions.withLock { $0 } }
}

func rehearsedKey(_ number: UInt8) throws -> PrivateKey {
    let seed = SecretBytes(copying: [UInt8](repeating: number, count: 32))
    return try PrivateKey(SigningKey(ed25519Seed: seed), commentBytes: [])
}

fileprivate func text(_ password: Password) -> String {
    password.secret.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
}

func signatureRequest(_ key: PublicKey, _ algorithm: SignatureAlgorithm) -> SignatureRequest {
    SignatureRequest(identity: LoginIdentity(key: key, algorithm: algorithm), data: [1, 2, 3])
}
