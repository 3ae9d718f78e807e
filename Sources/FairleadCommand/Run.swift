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
        if plan.verbosity.showsBanners { TerminalPrompt.drawLine(for: plan.connection.displayName) }
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
        if let warning = plan.hostKeyScreen.warning(error) { Console.say(warning) }
        if !error.attempts.isEmpty, plan.verbosity.showsBanners {
            Console.say(error.attempts.map { "  \($0)" }.joined(separator: "\n"))
        }
        Console.say(error.stage == .authentication && error.kind == .denied ? "\(error)" : "fairlead: \(error)")
        if error.stage == .hostKey { Console.say("Host key verification failed.") }
    }
}
