import Logging
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// What the keys that a host has announced change in the user's known hosts (`UpdateHostKeys`, OpenSSH PROTOCOL §2.5).
///
/// An announcement is the word of a server that is trusted by one key, and could be used to leave others behind (attacks C12).
/// So a key counts only once its possession is proven, and nothing is touched that a person arranged: see `HostTrust.update`.
struct HostKeyUpdate: Sendable {
    /// The file that is changed.
    let path: String
    /// The host's key that vouches for the change, and must still be on record.
    let vouching: PublicKey
    /// Announced keys that are not on record.
    let added: [PublicKey]
    /// Keys on record that the host announces no more.
    let removed: [KnownHostRecord]

    /// For a person who is to agree.
    var question: String {
        let lines =
            removed.map { "Forget \(PublicKey.displayName(ofType: $0.typeName)) \($0.fingerprint.sha256)" }
            + added.map { "Learn \($0.typeDisplayName) \($0.fingerprint.sha256)" }
        return "The host has changed its keys, which its known key vouches for.\n" + lines.joined(separator: "\n")
            + "\nUpdate \(path)?"
    }
}

extension HostTrust {
    /// Whether this kind of trust lets a host speak for its other keys.
    ///
    /// Its key is in the user's own file, or a person put it there just now. Nobody else's word counts: a certificate's, a
    /// system's file, a command, a pin (ruling 20).
    func permitsUpdates(by token: TrustedHostKey) -> Bool {
        guard let options, options.updatesHostKeys != .no, !token.restrictsAuthentication else { return false }
        switch token.ground {
        case .knownHosts(let location): return location.file == options.userFiles.first
        case .firstContact: return options.policy == .ask
        case .certificate, .pin, .caller, .loopback, .unverified: return false
        }
    }

    /// What an announcement would change.
    ///
    /// Nil where it changes nothing, or where a person arranged more than one name and one key a line: an authority, another
    /// name for a key, another file.
    func update(after token: TrustedHostKey, announced: [PublicKey]) async -> HostKeyUpdate? {
        guard let options, permitsUpdates(by: token), announced.count < Limits.announcedHostKeyCount,
            announced.contains(token.key)
        else { return nil }
        let known = await HostTrust.read(options.userFiles + options.globalFiles)
        // There may be many, and the loop has others to serve.
        return await Blocking.run { update(after: token, announced: announced, known: known) }
    }

    private func update(after token: TrustedHostKey, announced: [PublicKey], known: KnownHosts) -> HostKeyUpdate? {
        guard let path = options?.userFiles.first else { return nil }
        let (host, port) = (configuration.trustName, configuration.trustPort)
        let types = Set(configuration.offer.hostKeys.map(\.keyType.text))
        let records = known.keys(host: host, port: port)
        guard
            records.contains(where: { $0.fingerprint == token.key.fingerprint }),
            records.allSatisfy({ $0.location.file == path }), !known.hasAuthority(host: host, port: port)
        else { return nil }
        let added = announced.filter { key in
            let isWeak = key.typeName == "ssh-rsa" && key.bitCount < configuration.minimumRSABitCount
            return types.contains(key.typeName) && !isWeak
                && !records.contains { $0.fingerprint == key.fingerprint }
        }
        // What we would not have understood is not known to be gone.
        let removed = records.filter { record in
            types.contains(record.typeName)
                && !announced.contains { $0.fingerprint == record.fingerprint }
        }
        let places = records.map(\.location)
        let changing = Set(added.map(\.fingerprint) + removed.map(\.fingerprint))
        guard !changing.isEmpty, known.names(of: changing).allSatisfy({ places.contains($0.location) }),
            !known.revokesAny(of: added, host: host, port: port)
        else { return nil }
        return HostKeyUpdate(path: path, vouching: token.key, added: added, removed: removed)
    }

    /// Writes what has been proven and agreed to.
    func perform(_ update: HostKeyUpdate) async {
        let (host, port, hashed) = (configuration.trustName, configuration.trustPort, options?.hashesNames == true)
        let failure = await Blocking.run { () -> String? in
            do throws(PlatformFiles.Failure) {
                let backup = try KnownHostsFile.edit(update.path) { contents in
                    var known = KnownHosts()
                    known.add(file: update.path, contents: contents)
                    guard case .known = known.verdict(for: update.vouching, host: host, port: port) else { return nil }
                    var random = RandomSource.system()
                    let edited = try? KnownHostsEdit.updating(
                        (update.added, Set(update.removed.map(\.fingerprint))), of: (host, port), hashed: hashed,
                        in: contents, random: &random)
                    return edited ?? nil
                }
                return backup == nil ? "its lines say more than one name and one key each" : nil
            } catch {
                return error.text
            }
        }
        let logger = configuration.logger
        if let failure { return logger.debug("\(update.path) is not updated: \(failure)") }
        for record in update.removed { logger.debug("forgot the host's key \(record.fingerprint.sha256)") }
        for key in update.added { logger.debug("learned the host's key \(key.fingerprint.sha256)") }
    }
}

extension SSHConnection {
    /// Keeps the user's known hosts up to date while the connection is in use, without delaying it.
    ///
    /// Where a person is to agree, that waits until the connection is no longer in use: see `confirmHostKeys`.
    func learnHostKeys(_ trust: HostTrust) async {
        guard let token = facts.hostIdentity, trust.permitsUpdates(by: token) else { return }
        while facts.announcedHostKeys.isEmpty {
            guard failure == nil, !Task.isCancelled else { return }
            await wait(with: ticket(for: .hostKeys))
        }
        guard let update = await trust.update(after: token, announced: facts.announcedHostKeys) else { return }
        do throws(SSHError) {
            let proven = update.added.isEmpty ? [] : try await proveHostKeys(update.added)
            guard update.added.allSatisfy(proven.contains) else {
                return configuration.logger.debug("the host does not prove the keys that it announces")
            }
        } catch {
            return configuration.logger.debug("the host's keys are not updated: \(error)")
        }
        guard trust.options?.updatesHostKeys == .ask else { return await trust.perform(update) }
        heldUpdate = update
    }

    /// Asks about an update that was held back, now that nobody else speaks to the person.
    func confirmHostKeys(_ trust: HostTrust) async {
        guard let update = heldUpdate else { return }
        heldUpdate = nil
        if (try? await configuration.responder.confirms(update.question)) == true { await trust.perform(update) }
    }
}
