import Logging
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// What earlier logins were like, in a file: read before one, written after one that was different.
extension SSHConfiguration {
    /// Whose logins those are; nil where nothing is to be remembered.
    private var memory: (path: String, host: HostName)? {
        guard let memoryPath, let host = try? HostName(writing: trustName, port: trustPort) else { return nil }
        return (memoryPath, host)
    }

    /// Looks up how the last login went.
    mutating func recall() async {
        guard let memory else { return }
        let user = user
        do throws(PlatformFiles.Failure) {
            remembered = try await Blocking.run { () throws(PlatformFiles.Failure) in
                let contents = try PlatformFiles.read(
                    memory.path, upTo: RememberedLogin.maximumByteCount, isGuarded: true)
                return RememberedLogin(of: user, at: memory.host, in: contents)
            }
        } catch {
            if error != .missing { logger.debug("\(memory.path): \(error.text)") }
        }
    }

    /// Whether the server is asked before the key signs, because that may cost a person something.
    ///
    /// Not for an agent's key that did last time, unless it needs a touch.
    func asksFirst(about key: LoginKey) -> Bool {
        guard case .signer(let signer) = key.source, signer is AgentKey, let publicKey = key.publicKey,
            let remembered, remembered.outcome != .late, !publicKey.typeName.hasPrefix("sk-")
        else { return key.asksFirst }
        return !remembered.isOf(publicKey)
    }

    fileprivate func remember(_ login: RememberedLogin) async {
        guard let memory else { return }
        let (user, path) = (user, memory.path)
        let hashed = if case .knownHosts(let options) = hostVerification.kind { options.hashesNames } else { false }
        let store = { @Sendable (contents: [UInt8]) -> [UInt8]? in
            var random = RandomSource.system()
            let stored = try? login.stored(
                of: user, at: memory.host, hashed: hashed, in: contents, random: &random)
            return stored ?? nil
        }
        do throws(PlatformFiles.Failure) {
            try await Blocking.run { () throws(PlatformFiles.Failure) in
                do throws(PlatformFiles.Failure) {
                    _ = try KnownHostsFile.edit(path, keepsOld: false, store)
                } catch {
                    guard error == .missing, let line = store([]) else { throw error }
                    try PlatformFiles.makeStateDirectories(of: path)
                    try KnownHostsFile.append(line: line, to: path)
                }
            }
        } catch {
            logger.debug("\(path): \(error.text)")
        }
    }
}

extension SSHConnection {
    /// Keeps what this login was like, where that is news.
    func remember() async {
        guard configuration.memoryPath != nil, !restrictsAuthentication, let login = thisLogin else { return }
        // Another connection may have had to be made for this one: then the file has not been told yet.
        guard login != configuration.remembered || engine.configuration.isPolite else { return }
        await configuration.remember(login)
    }

    /// The server has let us in; the key is the last that was tried.
    func loggedIn(by key: PublicKey?) {
        let first = engine.proposedLists.prefix(2).map { $0.1.names.first?.text ?? "" }
        let methods = facts.authenticationMethod.split(separator: ",")
        let isAlone = methods == ["publickey"]
        var login = RememberedLogin(
            key: methods.contains("publickey") ? key : nil, outcome: isAlone ? .alone : .more,
            keyExchange: first.first.flatMap { KeyExchangeAlgorithm(rawValue: $0) },
            hostKey: first.last.flatMap { SignatureAlgorithm(rawValue: $0) })
        if isAlone, let before = configuration.remembered, before.outcome == .late, before.key == login.key {
            login.outcome = .late
        }
        thisLogin = login
    }
}
