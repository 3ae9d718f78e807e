import Logging
public import NIOCore
import NIOPosix
import SSHCore
import SSHWire

/// Connects, verifies the host, logs in, runs `body`, and closes the connection whatever happens.
///
/// Cancelling the task closes the connection too, and so ends what runs on it.
///
/// - Parameters:
///   - configuration: Where to connect to, as whom, and how.
///   - eventLoop: The loop to run on. Default `nil`: one of the shared loops.
///   - body: What to do with the connection; it is closed when this returns.
/// - Returns: What `body` returns.
/// - Throws: `SSHError` of the stage that failed, and whatever `body` throws.
public func withSSHConnection<Result>(
    _ configuration: SSHConfiguration, on eventLoop: (any EventLoop)? = nil,
    _ body: (SSHConnection) async throws -> Result
) async throws -> Result {
    let (connection, trust) = try await openConnection(configuration, on: eventLoop)
    // It ends with the connection at the latest.
    async let _: Void = connection.learnHostKeys(trust)
    async let _: Void = connection.remember()
    do {
        let result = try await body(connection)
        await connection.confirmHostKeys(trust)
        await connection.close()
        return result
    } catch {
        await connection.close()
        throw error
    }
}

private func openConnection(
    _ configuration: SSHConfiguration, on eventLoop: (any EventLoop)?
) async throws(SSHError) -> (SSHConnection, HostTrust) {
    try configuration.validate()
    configuration.announceProfile()
    var configuration = configuration
    await configuration.recall()
    let trust = try await HostTrust.load(configuration)
    var connector = Connector(
        configuration: configuration, trust: trust,
        eventLoop: eventLoop ?? MultiThreadedEventLoopGroup.singleton.next())
    var chooser: CredentialChooser?
    while true {
        switch try await logIn(connector, resuming: chooser) {
        case .connected(let connection): return (connection, connector.trust)
        case .hungUp(let host, let isOnSession):
            connector.isPolite = true
            if isOnSession { connector.configuration.remembered?.outcome = .late }
            connector.trust.settle(host)
        case .tooManyFailures(let tried, let host):
            connector.trust.settle(host)
            configuration.logger.notice("the server allows no more attempts on one connection; going on with another")
            chooser = tried.resumed()
        }
    }
}

private enum LoginOutcome {
    case connected(SSHConnection)
    /// The server hung up on what was sent ahead, and one more try, politely, costs nobody anything.
    case hungUp(TrustedHostKey?, isOnSession: Bool)
    /// The server hung up on too many failures, and something is left to try: once.
    case tooManyFailures(CredentialChooser, TrustedHostKey?)
}

private func logIn(
    _ connector: Connector, resuming chooser: CredentialChooser?
) async throws(SSHError) -> LoginOutcome {
    let connection = try await connector.connect()
    do throws(SSHError) {
        try await connection.login(connector.trust, resuming: chooser)
        return .connected(connection)
    } catch {
        let deservesAnotherTry =
            await connection.deservesAnotherTry && !connector.isPolite && !error.isTooManyFailures
        let isOnSession = await connection.wasHungUpOnSession
        let tried = await connection.chooser
        let host = await connection.facts.hostIdentity
        connector.configuration.onFailedLogin?(await connection.info)
        await connection.close()
        if deservesAnotherTry { return .hungUp(host, isOnSession: isOnSession) }
        guard error.isTooManyFailures, let tried else { throw error }
        if tried.hasMore { return .tooManyFailures(tried, host) }
        throw tried.denial(isHangUp: true)
    }
}

extension SSHError {
    /// Servers say so with whatever code they like.
    fileprivate var isTooManyFailures: Bool {
        guard case .disconnected = kind else { return false }
        return serverText?.utf8.starts(with: "Too many authentication failures".utf8) == true
    }
}

extension SSHConfiguration {
    /// Refuses, before anything is sent, what could do harm in files or on terminals.
    func validate() throws(SSHError) {
        let nameBytes = Array(trustName.utf8) + Array(host.utf8) + Array(user.utf8)
        guard !host.isEmpty, !user.isEmpty, nameBytes.count <= 4096 else {
            throw SSHError(.usage, .misuse, "The host and the user need names of sensible length")
        }
        guard [trustName, host, user].allSatisfy(PeerText.isHarmless) else {
            throw SSHError(.usage, .misuse, "The host's or the user's name contains control characters")
        }
        guard (1...65535).contains(port) else {
            throw SSHError(.usage, .misuse, "The port \(port) is not between 1 and 65535")
        }
        let addendum = Array((versionAddendum ?? "").utf8)
        let room = EngineConfiguration.identificationByteCount - EngineConfiguration.identification.count - 3
        guard addendum.count <= room, addendum.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw SSHError(.usage, .misuse, "The version's addendum is \(room) printable ASCII characters at most")
        }
        guard case .knownHosts = hostVerification.kind, (try? HostName(writing: trustName, port: trustPort)) == nil
        else {
            return
        }
        throw SSHError(.usage, .misuse, "The host's name holds a character that means something else in known_hosts")
    }
}
