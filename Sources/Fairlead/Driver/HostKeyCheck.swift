import Logging
import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity

/// One decision by known hosts: what a host has shown, held against files, lists and a policy.
///
/// In this order: what is revoked is refused; the loopback may go unchecked; a pin decides alone; a certificate may stand for
/// the key; and the plain key is looked up as if there were no certificate (attacks C4).
struct HostKeyCheck {
    let configuration: SSHConfiguration
    let options: HostVerification.KnownHostsOptions
    var knownHosts: KnownHosts
    /// A file is there that could not be read: what looks new may be a change.
    let isIncomplete: Bool
    let key: PublicKey
    let certificate: Certificate?
    let address: SocketAddress?

    /// So often may the answer be a fingerprint that is not the key's.
    private static let questionCount = 3

    private var host: String { configuration.trustName }
    private var port: Int { configuration.trustPort }

    mutating func decide() async throws(SSHError) -> (TrustedHostKey, SSHError?) {
        try await refuseListed()
        if options.trustsLoopback, options.pins.isEmpty, configuration.hostKeyAlias == nil, address?.isLoopback == true
        {
            return (.loopback(key), nil)
        }
        try await ask(.hostName, host)
        let revoked =
            knownHosts.isRevoked(key, host: host, port: port)
            ?? certificate.flatMap { knownHosts.isRevoked($0.authority, host: host, port: port) }
        if let revoked { throw error(for: .revoked(revoked)) }
        guard options.pins.isEmpty else {
            if let token = TrustedHostKey.pinned(options.pins, key: key) { return (token, nil) }
            throw refused(.hostKeyUnknown, "its key \(key.fingerprint.sha256) is not one of the pinned ones")
        }
        if let token = certified() { return (token, nil) }
        let verdict = knownHosts.verdict(for: key, host: host, port: port)
        let (token, remembering) = try await decide(verdict)
        let isRemembered = remembering == .remember && !isIncomplete
        let newAddress = try await checkAddress()
        if isRemembered { await remember(host) }
        if let newAddress, isRemembered || token.ground.isOnRecord { await remember(newAddress) }
        guard case .changed(let records) = verdict else { return (token, nil) }
        return (token, error(for: .changed(records)))
    }

    /// `RevokedHostKeys`: a list that cannot be read revokes everything, or an attacker would only have to spoil it.
    private func refuseListed() async throws(SSHError) {
        for path in options.revokedKeysFiles {
            let (key, certificate) = (key, certificate)
            let isRevoked: Bool
            do {
                isRevoked = try await Blocking.run {
                    let list = try RevokedKeys(contents: PlatformFiles.read(path, upTo: KnownHosts.maximumByteCount))
                    return list.isRevoked(key) || certificate.map(list.isRevoked) == true
                }
            } catch {
                let text = (error as? PlatformFiles.Failure)?.text ?? "\(error)"
                throw SSHError(.hostKey, .file, "Cannot read the list of revoked keys \(path): \(text)")
            }
            if isRevoked { throw refused(.hostKeyRevoked, "its key is revoked by \(path)") }
        }
    }

    private mutating func ask(_ purpose: KnownHostsCommand.Purpose, _ name: String) async throws(SSHError) {
        guard let command = options.command else { return }
        try await KnownHostsCommand(arguments: command).ask(
            purpose, HostName(name, port: port), key: key, into: &knownHosts)
    }

    /// Whatever a certificate lacks, it is as if there were none.
    private func certified() -> TrustedHostKey? {
        guard let certificate else { return nil }
        do throws(CertificateFault) {
            let token = try knownHosts.trust(
                certificate, for: (host, port), at: PlatformClock.secondsSince1970,
                algorithms: configuration.algorithms.authorities)
            if token == nil { configuration.logger.debug("no known authority signed the host's certificate") }
            return token
        } catch {
            configuration.logger.warning("the certificate of \(host) \(error.sentence); its plain key is looked up")
            return nil
        }
    }

    private func decide(_ verdict: HostKeyVerdict) async throws(SSHError) -> (TrustedHostKey, HostKeyRemembering) {
        let policy = isIncomplete && options.policy == .acceptNew ? HostKeyPolicy.strict : options.policy
        var decision = policy.decide(verdict, key: key)
        var isRepeated = false
        for asked in 0...Self.questionCount {
            switch decision {
            case .trust(let token, let remembering): return (token, remembering)
            case .refuse(let refusal): throw error(for: refusal)
            case .ask(let pending):
                guard asked < Self.questionCount else { break }
                let question = HostVerification.Question(
                    host: host, port: port, key: key, otherNames: knownHosts.names(of: key), isRepeated: isRepeated)
                decision = pending.answer(try await question.asking(configuration.responder.hostKey))
                isRepeated = true
            }
        }
        throw error(for: .declined)
    }

    /// `CheckHostIP`: the name's key is right by now; another one for the address is a person's to decide, as in ssh, refused
    /// where nobody is asked, and news where nothing is checked.
    ///
    /// The address, where nothing is known of it.
    private mutating func checkAddress() async throws(SSHError) -> String? {
        guard options.checksAddress, configuration.hostKeyAlias == nil, let name = address?.ipAddress,
            name != configuration.host
        else { return nil }
        try await ask(.address, name)
        switch knownHosts.verdict(for: key, host: name, port: port) {
        case .known: return nil
        case .unknown: return name
        case .revoked(let location): throw error(for: .revoked(location))
        case .changed(let records):
            let places = records.map { "\($0.location.file):\($0.location.line)" }.joined(separator: ", ")
            configuration.logger.warning(
                "the \(key.typeDisplayName) host key for '\(host)' differs from the key for the IP address '\(name)' in \(places)"
            )
            if options.policy == .off { return nil }
            let question = "The address \(name) is on record with another key. Connect to \(host) nevertheless?"
            guard options.policy == .ask, (try? await configuration.responder.confirms(question)) == true else {
                throw refused(.hostKeyChanged, "its address \(name) is on record with another key", records)
            }
            return nil
        }
    }

    private func remember(_ name: String) async {
        guard let path = options.userFiles.first else { return }
        let (port, key, hashed, logger) = (port, key, options.hashesNames, configuration.logger)
        let problem = await Blocking.run { () -> String? in
            do {
                var random = RandomSource.system()
                let line = try KnownHosts.line(host: name, port: port, key: key, hashed: hashed, random: &random)
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
            let shown = port == 22 ? name : "[\(name)]:\(port)"
            logger.notice("Permanently added '\(shown)' (\(key.typeDisplayName)) to the list of known hosts.")
        }
    }

    private func error(for refusal: HostKeyRefusal) -> SSHError {
        switch refusal {
        case .unknown: refused(.hostKeyUnknown, "no \(key.typeDisplayName) host key is known for it")
        case .declined: refused(.hostKeyUnknown, "its key was declined")
        case .revoked(let location):
            refused(.hostKeyRevoked, "its key is marked as revoked in \(location.file):\(location.line)")
        case .changed(let records): refused(.hostKeyChanged, "its key is not the one on record", records)
        }
    }

    private func refused(
        _ kind: SSHError.Kind, _ reason: String, _ records: [KnownHostRecord] = []
    ) -> SSHError {
        SSHError(
            .hostKey, kind, "Host key verification failed for \(host): \(reason)", knownKeys: records, offeredKey: key)
    }
}

extension TrustedHostKey.Ground {
    fileprivate var isOnRecord: Bool {
        if case .knownHosts = self { true } else { false }
    }
}

extension SocketAddress {
    /// Whether it is this machine's own, as `NoHostAuthenticationForLocalhost` means it.
    fileprivate var isLoopback: Bool {
        ipAddress.map { $0.hasPrefix("127.") || $0 == "::1" } == true
    }
}
