import Fairlead
import NIOCore
import NIOPosix
import Synchronization

/// Carries out a plan: connects, runs the session, and gives the exit status.
struct Run: Sendable {
    /// What was known of a connection on which the login failed.
    static let failedLogin = Mutex<ConnectionInfo?>(nil)

    let plan: Plan

    init(plan: Plan) {
        var plan = plan
        plan.connection.onFailedLogin = { info in Self.failedLogin.withLock { $0 = info } }
        plan.connection.opensSessionEarly = plan.hasSession
        self.plan = plan
    }

    func run(on eventLoop: any EventLoop) async -> Int32 {
        if plan.listsKeys {
            PlatformTerminal.write(await plan.connection.loginKeys().map { $0 + "\n" }.joined(), to: 1)
            return 0
        }
        if plan.output.isJSON { return await Report(plan: plan).run(on: eventLoop) }
        let begun = ContinuousClock.now
        do {
            return try await withSSHConnection(plan.connection, on: eventLoop) { connection in
                let opened = ContinuousClock.now
                let status = try await session(on: connection)
                if plan.output.tellsTiming {
                    Self.tellTiming(await connection.info, ("session", .now - opened), ("total", .now - begun))
                }
                return status
            }
        } catch {
            TerminalState.restore()
            if plan.output.tellsTiming { Self.tellTiming(Self.failedLogin.withLock { $0 }, ("total", .now - begun)) }
            report(error)
            return ExitCode.of(error, tellsStages: plan.output.tellsStages)
        }
    }

    private static func tellTiming(_ info: ConnectionInfo?, _ rest: (String, Duration)...) {
        let stages = (info?.timings ?? []).map { ($0.stage.rawValue, $0.duration) }
        for (name, duration) in stages + rest {
            let tenths = Int(duration / .microseconds(100))
            Console.say("fairlead: \(name): \(tenths / 10).\(tenths % 10) ms")
        }
    }

    private func session(on connection: SSHConnection) async throws -> Int32 {
        await plan.loggedIn()
        var session = ToolSession(plan: plan, connection: connection)
        if plan.goesToBackground {
            (session.output, session.errorOutput) = Background.releaseStreams(
                keepingErrors: plan.verbosity.shows(.debug), copies: plan.hasSession)
            // On the loop's thread, which is the one that was told to follow the leader.
            try await connection.eventLoop.submit { Background.detach() }.get()
        }
        guard plan.hasSession else { return try await idle(on: connection) }
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
            if plan.wantsTerminal, plan.verbosity.showsBanners {
                Console.say("Connection to \(plan.hostName) closed.")
            }
        }
        return ExitCode.of(status, standsInForSSH: plan.standsInForSSH)
    }

    /// A connection without a session (`-N`): it lasts until it ends, or until we are told to.
    private func idle(on connection: SSHConnection) async throws -> Int32 {
        SignalWatch.sessionBegins(onResize: nil, resume: nil) { signal in
            // What was started to be stopped has done what it should (interop ruling 28).
            connection.abandon { Main.exit(signal == PlatformTerminal.terminationSignal ? 0 : ExitCode.failure) }
        }
        plan.verbosity.say(.debug, "logged in, without a session")
        try await connection.waitForEnd()
        return ExitCode.failure
    }

    private func report(_ error: any Error) {
        // Who wants no word gets none, as of ssh: probes that run by the clock.
        guard plan.verbosity.showsBanners else { return }
        guard let error = error as? SSHError else { return Console.say("fairlead: \(error)") }
        if let warning = plan.hostKeyScreen.warning(error) { Console.say(warning) }
        if !error.attempts.isEmpty, plan.verbosity.showsBanners {
            Console.say(error.attempts.map { "  \($0)" }.joined(separator: "\n"))
        }
        let isDenied = error.stage == .authentication && error.kind == .denied
        // Of twenty at once, it matters which.
        let knowsPlace = "\(error)".contains(plan.connection.host) || [.usage, .channel].contains(error.stage)
        let place = knowsPlace ? "" : plan.connection.displayName + ": "
        let name = plan.standsInForSSH ? "ssh" : "fairlead"
        Console.say(isDenied ? "\(error)" : "\(name): \(place)\(error)")
        if error.stage == .hostKey { Console.say("Host key verification failed.") }
    }
}

extension Plan {
    /// What happens here between the login and the session.
    func loggedIn() async {
        if verbosity.showsBanners { TerminalPrompt.drawLine(for: connection.displayName) }
        guard let command = localCommand else { return }
        // With `--json` nothing but the object is on standard output.
        let isSilent = output.isJSON
        let ending = try? await NIOThreadPool.singleton.runIfActive {
            PlatformProcess.runInShell(command, isSilent: isSilent)
        }
        if ending == nil { Console.say("fairlead: LocalCommand: the shell (SHELL) cannot be started") }
    }
}
