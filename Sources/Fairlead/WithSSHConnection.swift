public import NIOCore
import NIOPosix

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
    let connection = try await openConnection(configuration, on: eventLoop)
    do {
        let result = try await body(connection)
        await connection.close()
        return result
    } catch {
        await connection.close()
        throw error
    }
}

private func openConnection(
    _ configuration: SSHConfiguration, on eventLoop: (any EventLoop)?
) async throws(SSHError) -> SSHConnection {
    try configuration.validate()
    configuration.announceProfile()
    let trust = try await HostTrust.load(configuration)
    var connector = Connector(
        configuration: configuration, trust: trust,
        eventLoop: eventLoop ?? MultiThreadedEventLoopGroup.singleton.next())
    if let connection = try await logIn(connector) { return connection }
    connector.isPolite = true
    guard let connection = try await logIn(connector) else {
        throw SSHError(.identification, .closed, "Connection closed by remote host")
    }
    return connection
}

/// The connection; nil where one more try, politely, is due: the server hung up on what was sent ahead, and starting over
/// costs nobody anything.
private func logIn(_ connector: Connector) async throws(SSHError) -> SSHConnection? {
    let connection = try await connector.connect()
    do throws(SSHError) {
        try await connection.login(connector.trust)
        return connection
    } catch {
        let deservesAnotherTry = await connection.deservesAnotherTry && !connector.isPolite
        await connection.close()
        if deservesAnotherTry { return nil }
        throw error
    }
}

extension SSHConfiguration {
    /// Refuses, before anything is sent, what could do harm in files or on terminals.
    func validate() throws(SSHError) {
        let nameBytes = Array(trustName.utf8) + Array(host.utf8) + Array(user.utf8)
        guard !host.isEmpty, !user.isEmpty, nameBytes.count <= 4096 else {
            throw SSHError(.usage, .misuse, "The host and the user need names of sensible length")
        }
        guard !nameBytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw SSHError(.usage, .misuse, "The host's or the user's name contains control characters")
        }
        guard (1...65535).contains(port) else {
            throw SSHError(.usage, .misuse, "The port \(port) is not between 1 and 65535")
        }
        guard case .knownHosts = hostVerification.kind, (try? HostName(writing: trustName, port: port)) == nil else {
            return
        }
        throw SSHError(.usage, .misuse, "The host's name holds a character that means something else in known_hosts")
    }
}
