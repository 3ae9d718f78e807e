import Logging
import SSHCore
import SSHIdentity
import SSHWire

/// A key to log in with, and what signs with it.
struct LoginKey: Sendable {
    enum Source: Sendable {
        case open(PrivateKey)
        /// A file that a passphrase locks.
        case locked(contents: Password)
        case signer(any Signer)
    }

    /// Nil for a file that does not tell before it is unlocked.
    var publicKey: PublicKey?
    var certificate: Certificate?
    var source: Source
    /// The file's path, or how an agent calls the key.
    var name: String
    /// Whether it was read from a file.
    var isFile = false

    /// What the server is shown.
    var blob: [UInt8]? { certificate?.blob ?? publicKey?.blob }

    var isLocked: Bool {
        if case .locked = source { true } else { false }
    }

    /// Whether its use costs a person something, or shows a dialogue: then the server is asked first.
    var asksFirst: Bool {
        if case .open = source { false } else { true }
    }

    mutating func bind(to session: SessionProof?) {
        guard case .signer(let signer) = source, var key = signer as? AgentKey else { return }
        key.agent = key.agent.bound(to: session)
        source = .signer(key)
    }

    /// For lists of what was tried.
    var description: String {
        let key = publicKey.map { " \($0.typeDisplayName) \($0.fingerprint.sha256)" } ?? ""
        return PeerText.line(name.utf8) + key + (certificate == nil ? "" : " (certificate)")
    }
}

/// Gathers what can sign for the user, in the order in which it is offered.
struct LoginKeys: Sendable {
    private(set) var keys: [LoginKey] = []
    /// What cannot be used, and why.
    private(set) var skipped: [String] = []
    private let configuration: SSHConfiguration

    /// The key that did last time comes first, then certificates that were named, then everything in the order of the
    /// credentials; a key that an agent holds is the agent's to sign with, wherever it stands.
    static func gather(_ configuration: SSHConfiguration, agents: [SSHAgent]) async -> LoginKeys {
        var gathered = LoginKeys(configuration: configuration)
        var held: [[AgentKey]] = []
        for agent in agents { held.append(await gathered.list(agent)) }
        var certificates: [Certificate] = []
        for credential in configuration.credentials {
            switch credential.kind {
            case .privateKey(let key):
                gathered.add(LoginKey(publicKey: key.publicKey, source: .open(key), name: key.comment))
            case .signer(let signer):
                gathered.add(LoginKey(publicKey: signer.publicKey, source: .signer(signer), name: "signer"))
            case .keyFile(let path, let isOptional):
                await gathered.addFile(path, isOptional: isOptional, held: held.joined())
            case .certificateFile(let path):
                if let certificate = await gathered.certificate(path) { certificates.append(certificate) }
            case .agent(let agent, let offersAll):
                guard offersAll, let index = agents.firstIndex(where: { $0.path == agent.path }) else { continue }
                held[index].forEach { gathered.add($0.loginKey) }
            case .password, .askedPassword, .keyboardInteractive: continue
            }
        }
        gathered.prefer(certificates, held: held.joined())
        if let remembered = configuration.remembered {
            let isFirst = gathered.keys.map { $0.publicKey.map(remembered.isOf) == true }
            gathered.keys = [true, false].flatMap { rank in
                zip(gathered.keys, isFirst).filter { $0.1 == rank }.map(\.0)
            }
        }
        return gathered
    }

    private init(configuration: SSHConfiguration) {
        self.configuration = configuration
    }

    private mutating func add(_ key: LoginKey) {
        // The same key in an open file may do where nobody unlocks the first.
        let isThere = keys.contains { $0.blob == key.blob && (!$0.isLocked || key.isLocked) }
        if key.blob == nil || !isThere { keys.append(key) }
    }

    private mutating func skip(_ reason: String, isExpected: Bool = false) {
        configuration.logger.log(level: isExpected ? .debug : .warning, "\(reason)")
        skipped.append(reason)
    }

    private mutating func list(_ agent: SSHAgent) async -> [AgentKey] {
        do throws(SSHError) {
            return try await agent.identities()
        } catch {
            // As ssh: nobody minds an agent that is not there.
            configuration.logger.debug("\(error)")
            skipped.append("\(error)")
            return []
        }
    }

    private mutating func addFile(_ path: String, isOptional: Bool, held: some Sequence<AgentKey>) async {
        let minimum = configuration.minimumRSABitCount
        do throws(SSHError) {
            let file = try await Blocking.run { () throws(SSHError) in
                try KeyFileLoader.load(path, minimumRSABitCount: minimum)
            }
            if let file { return add(file, path, isOptional: isOptional, held: held) }
            if !isOptional { skip("Identity file \(path) not accessible: No such file or directory.") }
        } catch {
            skip("\(error)")
        }
    }

    private mutating func add(
        _ file: KeyFileLoader.KeyFile, _ path: String, isOptional: Bool, held: some Sequence<AgentKey>
    ) {
        let signer = held.first { $0.certificate == nil && $0.publicKey == file.publicKey }
        guard let source = signer.map(LoginKey.Source.signer) ?? file.source else {
            let reason = file.refusal.map { "\($0)" }
            // A security key among the default files is nobody's mistake.
            return skip(
                reason ?? "\(path): the private key is neither in this file nor with the agent",
                isExpected: isOptional && file.publicKey?.typeName.hasPrefix("sk-") == true)
        }
        var key = LoginKey(publicKey: file.publicKey, source: source, name: path, isFile: signer == nil)
        if let certificate = file.certificate {
            key.certificate = certificate
            add(key)
            key.certificate = nil
        }
        add(key)
    }

    private mutating func certificate(_ path: String) async -> Certificate? {
        let minimum = configuration.minimumRSABitCount
        do throws(SSHError) {
            let certificate = try await Blocking.run { () throws(SSHError) in
                try KeyFileLoader.certificate(path, minimumRSABitCount: minimum)
            }
            if certificate == nil { skip("Certificate file \(path): No such file or directory", isExpected: true) }
            return certificate
        } catch {
            skip("\(error)")
            return nil
        }
    }

    /// Each named certificate with whatever signs for its key.
    private mutating func prefer(_ certificates: [Certificate], held: some Sequence<AgentKey>) {
        for certificate in certificates.reversed() {
            let holder = held.first { $0.publicKey == certificate.key }?.loginKey
            guard var key = keys.first(where: { $0.publicKey == certificate.key }) ?? holder else {
                skip("No private key for the certificate \(PeerText.line(certificate.keyIDBytes))")
                continue
            }
            key.certificate = certificate
            keys.removeAll { $0.blob == key.blob }
            keys.insert(key, at: 0)
        }
    }
}

extension SSHConfiguration {
    /// The keys that a login would try, in their order, and what it would pass over: a line each.
    package func loginKeys() async -> [String] {
        var configuration = self
        await configuration.recall()
        let gathered = await LoginKeys.gather(configuration, agents: agents)
        return gathered.keys.map(\.description) + gathered.skipped.map { "skipped: " + $0 }
    }
}

extension AgentKey {
    fileprivate var loginKey: LoginKey {
        LoginKey(publicKey: publicKey, certificate: certificate, source: .signer(self), name: comment)
    }
}

extension SSHAgent {
    /// The same, told which session it signs for; at once on every connection to it.
    func bound(to session: SessionProof?) -> SSHAgent {
        guard let session else { return self }
        var agent = self
        agent.bind(
            hostKey: session.hostKey, sessionID: session.sessionID, signature: session.signature, isForwarding: false)
        return agent
    }
}
