import Logging
import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity

/// The caller's choice of host verification, made ready for one host: files read, policy at hand.
struct HostTrust: Sendable {
    let configuration: SSHConfiguration
    private(set) var knownHosts = KnownHosts()
    /// The same, and what `KnownHostsCommand` said for the order.
    private var ordering = KnownHosts()

    /// Reads the files that the verification needs; a missing one is empty, an unreadable one is reported and passed over.
    static func load(_ configuration: SSHConfiguration) async throws(SSHError) -> HostTrust {
        var trust = HostTrust(configuration: configuration)
        guard let options = trust.options else { return trust }
        var isIncomplete = false
        trust.knownHosts = await read(options.userFiles + options.globalFiles) {
            configuration.logger.warning("\($0): \($1.text)")
            isIncomplete = true
        }
        trust.isIncomplete = isIncomplete
        for warning in trust.knownHosts.warnings { configuration.logger.warning("\(warning)") }
        trust.ordering = trust.knownHosts
        if let command = options.command {
            let name = HostName(configuration.trustName, port: configuration.trustPort)
            try await KnownHostsCommand(arguments: command).ask(.order, name, key: nil, into: &trust.ordering)
        }
        return trust
    }

    /// The known hosts of some files, as they are now.
    static func read(
        _ paths: [String], _ report: (String, PlatformFiles.Failure) -> Void = { _, _ in }
    ) async -> KnownHosts {
        let (knownHosts, failures) = await Blocking.run {
            var knownHosts = KnownHosts()
            var failures: [(String, PlatformFiles.Failure)] = []
            for path in paths {
                do throws(PlatformFiles.Failure) {
                    knownHosts.add(
                        file: path, contents: try PlatformFiles.read(path, upTo: KnownHosts.maximumByteCount))
                } catch {
                    if error != .missing { failures.append((path, error)) }
                }
            }
            return (knownHosts, failures)
        }
        for (path, failure) in failures { report(path, failure) }
        return knownHosts
    }

    /// What was decided on a connection before, for one that goes on where it ended: what was typed there must not go to
    /// another host, and nobody is asked twice.
    private(set) var settled: TrustedHostKey?
    private var isIncomplete = false

    private init(configuration: SSHConfiguration) {
        self.configuration = configuration
    }

    /// A connection that ended before it had decided anything takes nothing back.
    mutating func settle(_ token: TrustedHostKey?) {
        settled = token ?? settled
    }

    /// The files and rules; nil where something else decides.
    var options: HostVerification.KnownHostsOptions? {
        if case .knownHosts(let options) = configuration.hostVerification.kind { options } else { nil }
    }

    /// The host-key algorithms in the order to offer them: those of known keys first (`spec` of OpenSSH's own order).
    func preferredOrder(of offer: [SignatureAlgorithm]) -> [SignatureAlgorithm] {
        guard !configuration.keepsHostKeyOrder else { return offer }
        return ordering.preferredOrder(of: offer, host: configuration.trustName, port: configuration.trustPort)
    }

    /// Decides about a key, or a certificate for it, whose possession is proven.
    func verify(
        _ key: PublicKey, certificate: Certificate? = nil, from address: SocketAddress?
    ) async throws(SSHError) -> TrustedHostKey {
        if let settled {
            guard settled.key == key else {
                throw SSHError(
                    .hostKey, .hostKeyChanged,
                    "Host key verification failed for \(configuration.trustName): it shows another key than a moment ago",
                    offeredKey: key)
            }
            return settled
        }
        let token: TrustedHostKey
        var objection: SSHError?
        switch configuration.hostVerification.kind {
        case .knownHosts(let options):
            var check = HostKeyCheck(
                configuration: configuration, options: options, knownHosts: knownHosts, isIncomplete: isIncomplete,
                key: key, certificate: certificate, address: address)
            (token, objection) = try await check.decide()
        case .custom(let verify):
            let question = HostVerification.Question(
                host: configuration.trustName, port: configuration.trustPort, key: key, otherNames: [],
                isRepeated: false)
            guard try await question.asking(verify) else {
                throw SSHError(
                    .hostKey, .hostKeyUnknown,
                    "Host key verification failed for \(configuration.trustName): its key was not accepted",
                    offeredKey: key)
            }
            token = .vouched(byCallerFor: key)
        }
        // That somebody holds the key is one thing, and who it is another.
        configuration.logger.debug("host key: \(key.typeDisplayName) \(key.fingerprint.sha256), its signature is right")
        configuration.logger.debug("host identity: \(objection == nil ? token.ground.sentence : "changed")")
        configuration.onHostKey?(token, objection)
        return token
    }

}

extension HostVerification.Question {
    /// Puts it to the embedding program; what that throws ends the login.
    func asking<Answer>(
        _ ask: (HostVerification.Question) async throws -> Answer
    ) async throws(SSHError) -> Answer {
        do {
            return try await ask(self)
        } catch let error as SSHError {
            throw error
        } catch {
            let name = port == 22 ? host : "[\(host)]:\(port)"
            throw SSHError(
                .hostKey, .hostKeyUnknown,
                "Host key verification failed for \(name): nobody answers for its \(key.typeDisplayName) key, \(key.fingerprint.sha256)",
                offeredKey: key)
        }
    }
}

extension TrustedHostKey.Ground {
    /// What the trust rests on, for a log.
    fileprivate var sentence: String {
        switch self {
        case .knownHosts(let line): "known from \(line.file):\(line.line)"
        case .certificate(let certificate, let line):
            "certified by \(certificate.authority.fingerprint.sha256) of \(line.file):\(line.line) as \"\(certificate.keyID)\""
        case .firstContact: "new, and accepted"
        case .pin: "pinned"
        case .caller: "accepted by the caller"
        case .loopback: "this machine, not checked"
        case .unverified: "new, and not checked"
        }
    }
}
