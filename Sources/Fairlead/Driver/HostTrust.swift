import Logging
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity

/// The caller's choice of host verification, made ready for one host: files read, policy at hand.
struct HostTrust: Sendable {
    private let configuration: SSHConfiguration
    private var knownHosts = KnownHosts()

    /// Reads the files that the verification needs; a missing one is empty, an unreadable one is reported and passed over.
    static func load(_ configuration: SSHConfiguration) async throws(SSHError) -> HostTrust {
        var trust = HostTrust(configuration: configuration)
        guard case .knownHosts(let settings) = configuration.hostVerification.kind else { return trust }
        for path in settings.userFiles + settings.globalFiles {
            let contents = await Blocking.run { () -> Result<[UInt8], PlatformFiles.Failure> in
                Result { () throws(PlatformFiles.Failure) in
                    try PlatformFiles.read(path, upTo: KnownHosts.maximumByteCount)
                }
            }
            switch contents {
            case .success(let bytes): trust.knownHosts.add(file: path, contents: bytes)
            case .failure(.missing): break
            case .failure(let failure): configuration.logger.warning("\(path): \(failure.text)")
            }
        }
        for warning in trust.knownHosts.warnings { configuration.logger.warning("\(warning)") }
        return trust
    }

    private init(configuration: SSHConfiguration) {
        self.configuration = configuration
    }

    /// The host-key algorithms in the order to offer them: those of known keys first (`spec` of OpenSSH's own order).
    func preferredOrder(of offer: [SignatureAlgorithm]) -> [SignatureAlgorithm] {
        guard !configuration.keepsHostKeyOrder else { return offer }
        return knownHosts.preferredOrder(of: offer, host: configuration.trustName, port: configuration.port)
    }

    /// Decides about a key whose possession is proven.
    func verify(_ key: PublicKey) async throws(SSHError) -> TrustedHostKey {
        switch configuration.hostVerification.kind {
        case .knownHosts(let settings): return try await verify(key, by: settings)
        case .pinned(let fingerprints):
            guard let token = TrustedHostKey.pinned(fingerprints, key: key) else {
                throw refused(.hostKeyUnknown, "its key \(key.fingerprint.sha256) is not one of the pinned ones", key)
            }
            return token
        case .custom(let verify):
            let isTrusted = try await Self.asking { try await verify(question(key)) }
            guard isTrusted else { throw refused(.hostKeyUnknown, "its key was not accepted", key) }
            return .vouched(byCallerFor: key)
        }
    }

    private func verify(
        _ key: PublicKey, by settings: HostVerification.KnownHostsSettings
    ) async throws(SSHError) -> TrustedHostKey {
        let verdict = knownHosts.verdict(for: key, host: configuration.trustName, port: configuration.port)
        var decision = settings.policy.decide(verdict, key: key)
        var isRepeated = false
        while true {
            switch decision {
            case .trust(let token, let remembering):
                if remembering == .remember { await remember(key, settings) }
                return token
            case .refuse(let refusal): throw error(for: refusal, key)
            case .ask(let pending):
                let question = question(key, isRepeated: isRepeated)
                decision = pending.answer(
                    HostKeyAnswer(try await Self.asking { try await configuration.responder.hostKey(question) }))
                isRepeated = true
            }
        }
    }

    private func question(_ key: PublicKey, isRepeated: Bool = false) -> HostVerification.Question {
        HostVerification.Question(
            host: configuration.trustName, port: configuration.port, key: key, isRepeated: isRepeated)
    }

    private func remember(_ key: PublicKey, _ settings: HostVerification.KnownHostsSettings) async {
        guard let path = settings.userFiles.first else { return }
        let host = configuration.trustName
        let port = configuration.port
        let logger = configuration.logger
        let problem = await Blocking.run { () -> String? in
            do {
                var random = RandomSource.system()
                let line = try KnownHosts.line(
                    host: host, port: port, key: key, hashed: settings.hashesNames, random: &random)
                try PlatformFiles.makeParentDirectory(of: path)
                try KnownHostsFile.append(line: line, to: path)
                return nil
            } catch let failure as PlatformFiles.Failure {
                return failure.text
            } catch {
                return "the host's name cannot be written"
            }
        }
        if let problem {
            logger.error("Failed to add the host to the list of known hosts (\(path)): \(problem)")
        } else {
            let name = "'\(configuration.displayName)' (\(key.typeDisplayName))"
            logger.notice("Permanently added \(name) to the list of known hosts.")
        }
    }

    private func error(for refusal: HostKeyRefusal, _ key: PublicKey) -> SSHError {
        switch refusal {
        case .unknown: refused(.hostKeyUnknown, "no \(key.typeDisplayName) host key is known for it", key)
        case .declined: refused(.hostKeyUnknown, "its key was declined", key)
        case .revoked(let location):
            refused(.hostKeyRevoked, "its key is marked as revoked in \(location.file):\(location.line)", key)
        case .changed(let records):
            refused(.hostKeyChanged, "its key is not the one on record", key, records)
        }
    }

    private func refused(
        _ kind: SSHError.Kind, _ reason: String, _ key: PublicKey, _ records: [KnownHostRecord] = []
    ) -> SSHError {
        SSHError(
            .hostKey, kind, "Host key verification failed for \(configuration.trustName): \(reason)",
            knownKeys: records, offeredKey: key)
    }

    private static func asking<Answer>(_ ask: () async throws -> Answer) async throws(SSHError) -> Answer {
        do {
            return try await ask()
        } catch let error as SSHError {
            throw error
        } catch {
            throw SSHError(.hostKey, .hostKeyUnknown, "Host key verification failed: the question was not answered")
        }
    }
}

extension HostKeyAnswer {
    init(_ answer: HostVerification.Answer) {
        switch answer {
        case .yes: self = .yes
        case .once: self = .once
        case .no: self = .no
        case .fingerprint(let text): self = .fingerprint(text)
        }
    }
}

extension PublicKey {
    /// The short name that people know: `ED25519`, `ED448`, `ECDSA`, `RSA`; a security key's ends in `-SK`.
    public var typeDisplayName: String {
        switch typeName {
        case "ssh-ed25519": "ED25519"
        case "ssh-ed448": "ED448"
        case "ssh-rsa": "RSA"
        case "sk-ssh-ed25519@openssh.com": "ED25519-SK"
        case "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA-SK"
        default: "ECDSA"
        }
    }
}
