import NIOCore
import SSHCore
import SSHWire

/// What runs in a session.
package enum SessionProgram: Hashable, Sendable {
    case shell
    case command([UInt8])
    case subsystem([UInt8])

    var request: SessionRequest {
        switch self {
        case .shell: .shell
        case .command(let bytes): .execute(command: bytes)
        case .subsystem(let name): .subsystem(name: name)
        }
    }
}

/// A session whose streams are joined to descriptors: bytes move inside the driver, not through the public streams.
package struct JoinedSession: Sendable {
    private let connection: SSHConnection
    private let id: SessionID
    /// Why the terminal that was asked for is not there; the program runs without.
    package let terminalRefusal: SSHError?

    /// Opens the session and starts its program; nothing is read or written before `begin`.
    package init(
        on connection: SSHConnection, program: SessionProgram, environment: [[UInt8]: [UInt8]],
        terminal: PseudoTerminal?, descriptors: SessionDescriptors
    ) async throws(SSHError) {
        self.connection = connection
        (id, terminalRefusal) = try await connection.start(
            SessionRequest.sequence(program.request, environment: environment, terminal: terminal),
            descriptors: descriptors)
        guard let terminalRefusal, terminal?.isRequired == true else { return }
        await connection.discard(id)
        throw terminalRefusal
    }

    /// The descriptors may be read and written from now on.
    package func begin() async {
        await connection.beginStreams(of: id)
    }

    /// Waits until the program has ended, the server has closed the session, and everything was written.
    ///
    /// Output that could not be written is an error, whatever the program's status: it must not pass for success. With
    /// `returningOnExit` the program's end is the end, though something that it left behind still holds its streams.
    package func finish(returningOnExit: Bool = false) async throws(SSHError) -> ExitStatus {
        do throws(SSHError) {
            let status = try await connection.exitStatus(of: id)
            if returningOnExit {
                await connection.waitBriefly(for: id)
            } else {
                try await connection.waitUntilClosed(id)
            }
            await connection.waitUntilDrained(id)
            if let failure = await connection.streamFailure(of: id) { throw failure }
            await connection.discard(id)
            return status
        } catch {
            // What arrived before the connection was lost is the user's all the same.
            await connection.waitUntilDrained(id)
            await connection.discard(id)
            throw error
        }
    }

    /// Tells the server the terminal's size, as it is when that is done; from any thread, and as often as one likes.
    package func resize(_ size: @escaping @Sendable () -> PseudoTerminal.Size?) {
        onLoop { $0.resize($1, size) }
    }

    /// Once what was just typed has left, nothing more is read; then runs `finally` on the connection's loop.
    package func endInput(_ finally: @escaping @Sendable () -> Void) {
        onLoop { connection, id in
            connection.sessions[id]?.pump?.endTyping()
            finally()
        }
    }

    /// Sends a BREAK (RFC 4335).
    package func sendBreak() {
        onLoop { try? $0.request(.sendBreak, in: $1) }
    }

    /// Agrees on new keys.
    package func rekey() {
        onLoop { connection, _ in try? connection.perform(.rekey) }
    }

    /// What the connection agreed on, and the session's channel, told to `show`.
    package func describe(_ show: @escaping @Sendable (ConnectionInfo, _ channel: UInt32) -> Void) {
        onLoop { show($0.info, $1.rawValue) }
    }

    private func onLoop(_ body: @escaping @Sendable (isolated SSHConnection, SessionID) -> Void) {
        connection.eventLoop.execute { [self] in connection.assumeIsolated { body($0, id) } }
    }
}

extension SSHConnection {
    /// A window that is being drawn larger changes a hundred times a second: nobody needs to know so often (hostile.md TM-01).
    private static let resizeInterval = Duration.milliseconds(50)

    fileprivate func resize(_ id: SessionID, _ size: @escaping @Sendable () -> PseudoTerminal.Size?) {
        guard let session = sessions[id], !session.isResizeDue else { return }
        let wait = (session.lastResize.map { $0 + Self.resizeInterval } ?? now) - now
        if wait <= .zero { return tellSize(id, size) }
        sessions[id]?.isResizeDue = true
        eventLoop.scheduleTask(in: TimeAmount(wait)) {
            self.assumeIsolated { $0.tellSize(id, size) }
        }
    }

    private func tellSize(_ id: SessionID, _ size: () -> PseudoTerminal.Size?) {
        sessions[id]?.isResizeDue = false
        sessions[id]?.lastResize = now
        if let size = size() { try? request(.windowChange(size.windowSize), in: id) }
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
    /// Returns never: throws what ended the connection.
    package func waitForEnd() async throws(SSHError) {
        while true {
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .closure))
        }
    }
}
