import NIOCore
import SSHCore

/// What runs in a session.
package enum SessionProgram: Hashable, Sendable {
    case shell
    case command(String)
    case subsystem(String)

    var request: SessionRequest {
        switch self {
        case .shell: .shell
        case .command(let text): .execute(command: Array(text.utf8))
        case .subsystem(let name): .subsystem(name: Array(name.utf8))
        }
    }
}

/// A session whose streams are joined to descriptors: bytes move inside the driver, not through the public streams.
package struct JoinedSession: Sendable {
    private let connection: SSHConnection
    private let id: SessionID

    /// Opens the session and starts its program; nothing is read or written before `begin`.
    package init(
        on connection: SSHConnection, program: SessionProgram, environment: [String: String],
        terminal: PseudoTerminal?, descriptors: SessionDescriptors
    ) async throws(SSHError) {
        self.connection = connection
        id = try await connection.start(
            SessionRequest.sequence(program.request, environment: environment, terminal: terminal),
            descriptors: descriptors)
    }

    /// The descriptors may be read and written from now on.
    package func begin() async {
        await connection.beginStreams(of: id)
    }

    /// Waits until the program has ended, the server has closed the session, and everything was written.
    ///
    /// Output that could not be written is an error, whatever the program's status: it must not pass for success.
    package func finish() async throws(SSHError) -> ExitStatus {
        do throws(SSHError) {
            let status = try await connection.exitStatus(of: id)
            try await connection.waitUntilClosed(id)
            await connection.waitUntilDrained(id)
            if let failure = await connection.outputFailure(of: id) { throw failure }
            await connection.discard(id)
            return status
        } catch {
            // What arrived before the connection was lost is the user's all the same.
            await connection.waitUntilDrained(id)
            await connection.discard(id)
            throw error
        }
    }

    /// Tells the server the terminal's new size; from any thread.
    package func resize(to size: PseudoTerminal.Size) {
        connection.eventLoop.execute { [self] in
            connection.assumeIsolated { try? $0.request(.windowChange(size.windowSize), in: id) }
        }
    }
}

extension SSHConnection {
    /// Says goodbye without waiting for anything, then runs `finally`; from any thread.
    package nonisolated func abandon(_ finally: @escaping @Sendable () -> Void) {
        eventLoop.execute {
            self.assumeIsolated { $0.abandon() }
            finally()
        }
    }
}
