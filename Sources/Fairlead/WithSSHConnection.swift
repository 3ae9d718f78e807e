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
    let trust = try await HostTrust.load(configuration)
    var connector = Connector(
        configuration: configuration, trust: trust,
        eventLoop: eventLoop ?? MultiThreadedEventLoopGroup.singleton.next())
    do throws(SSHError) {
        return try await logIn(connector)
    } catch {
        // A server that hangs up on what was sent ahead gets one more try, politely, before anyone was asked anything.
        let hungUp = error.kind == .closed || error.kind == .system(errno: SystemCalls.connectionReset)
        guard hungUp, error.stage == .identification || error.stage == .keyExchange else { throw error }
        connector.isPolite = true
        return try await logIn(connector)
    }
}

private func logIn(_ connector: Connector) async throws(SSHError) -> SSHConnection {
    let connection = try await connector.connect()
    do throws(SSHError) {
        try await connection.login(connector.trust)
        return connection
    } catch {
        await connection.close()
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
    }
}
