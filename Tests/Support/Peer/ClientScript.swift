import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// How the engine's questions are answered, and what it is told to do.
package struct ClientScript: Sendable {
    package enum Trust: Sendable {
        case accept
        case refuse
        /// Nobody answers yet.
        case wait
        /// Another key than the one that was shown.
        case other(SigningKey)
    }

    package enum Credential: Sendable {
        case none
        case password([UInt8])
        case key(SigningKey, SignatureAlgorithm, asksFirst: Bool)
        /// The same with a certificate in the key's place.
        case certified(SigningKey, SignatureAlgorithm, certificate: [UInt8], asksFirst: Bool)
        case passwordChange([UInt8], new: [UInt8])
        case keyboardInteractive
        case giveUp
        /// The person goes on thinking.
        case wait
    }

    /// A name and a password that nothing else on the wire contains.
    package static let user = Array("canary-user".utf8)
    package static let password = Array("canary-password".utf8)

    package var configuration = EngineConfiguration(user: Self.user)
    package var trust = Trust.accept
    /// One for each time that a credential is wanted; afterwards nothing more is offered.
    package var credentials: [Credential] = [.password(Self.password)]
    /// The answer to each prompt; without one, the next credential follows.
    package var answers: [UInt8]? = Self.password
    /// A session each, as soon as the login succeeded.
    package var commands: [[UInt8]] = []
    package var input: [UInt8] = []
    /// Whether the first session is opened behind the first signature.
    package var opensEarly = false
    /// Whether the input ends where `input` does.
    package var endsInput = true
    /// Whether what arrives on a channel counts as consumed at once.
    package var consumes = true
    /// Whether the peer gets to read anything.
    package var sends = true
    package var seed: UInt64 = 11
    /// Every touch of the engine goes through this, so that its work can be told from the peer's.
    package var touch: @Sendable (() -> Void) -> Void = { $0() }

    package init() {}
}
