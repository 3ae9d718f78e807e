import Fairlead
import NIOCore

/// Carries out a plan: connects, runs the session, and gives the exit status.
struct Run: Sendable {
    let plan: Plan

    func run(on eventLoop: any EventLoop) async -> Int32 {
        do {
            return try await withSSHConnection(plan.connection, on: eventLoop) { connection in
                try await session(on: connection)
            }
        } catch {
            TerminalState.restore()
            report(error)
            return ExitCode.failure
        }
    }

    private func session(on connection: SSHConnection) async throws -> Int32 {
        let session = ToolSession(plan: plan, connection: connection)
        let status = try await session.run()
        TerminalState.restore()
        switch status {
        // A reader that has read enough is no news.
        case .signal("PIPE", _, _): break
        case .signal(let name, _, let message):
            Console.say(
                "fairlead: the remote command was ended by SIG\(name)" + (message.isEmpty ? "" : " (\(message))"))
        case .unknown:
            Console.say("fairlead: the server closed the session without an exit status")
        case .code:
            if session.hasTerminal, plan.program == .shell, plan.verbosity.showsBanners {
                Console.say("Connection to \(plan.hostName) closed.")
            }
        }
        return ExitCode.of(status, standsInForSSH: plan.standsInForSSH)
    }

    private func report(_ error: any Error) {
        guard let error = error as? SSHError else { return Console.say("fairlead: \(error)") }
        if error.kind == .hostKeyChanged { Console.say(changedKeyWarning(error)) }
        Console.say(error.stage == .authentication && error.kind == .denied ? "\(error)" : "fairlead: \(error)")
        if error.stage == .hostKey { Console.say("Host key verification failed.") }
    }

    /// Says loudly what changed, where the old keys stand, and how to remove them; it asks nothing.
    private func changedKeyWarning(_ error: SSHError) -> String {
        let frame = String(repeating: "@", count: 59)
        var text = """
            \(frame)
            @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
            \(frame)
            Somebody may be intercepting this connection (a man-in-the-middle attack),
            or the host was given a new key. Nothing was sent but the key exchange.

            """
        if let key = error.offeredKey {
            text +=
                "The \(key.typeDisplayName) key that it shows now:\n  \(key.fingerprint.sha256)\n  \(key.fingerprint.md5)\n"
        }
        for record in error.knownKeys {
            text += "On record, \(record.location.file):\(record.location.line) (\(record.typeName)):\n"
            text += "  \(record.fingerprint.sha256)\n  \(record.fingerprint.md5)\n"
        }
        let file = error.knownKeys.first?.location.file ?? "~/.ssh/known_hosts"
        return text
            + "If its administrator confirms the new key, remove the old one:\n  ssh-keygen -f '\(file)' -R '\(plan.connection.displayName)'"
    }
}
