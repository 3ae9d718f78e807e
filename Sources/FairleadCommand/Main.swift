import Fairlead
import NIOCore
import NIOPosix
import SSHConfig

/// The command line's entry.
///
/// It is synchronous up to the event loop, which then runs on the thread that came so far: what must be decided before the
/// first other thread (signals, descriptors, what is fatal) is decided here.
@main
enum Main {
    static let version = "Fairlead_0.1"

    /// Whether we were called by the name of ssh, and so answer as ssh does where we would do better.
    static var standsInForSSH: Bool {
        CommandLine.arguments.first?.split(separator: "/").last == "ssh"
    }

    static func main() {
        FatalSignals.install()
        PlatformTerminal.openMissingStandardStreams()
        ProcessMemory.hide()
        let plan = makePlan(Invocation(PlatformTerminal.arguments))
        if plan.goesToBackground || plan.hasEscapes { Background.begin { carryOut(plan) } }
        carryOut(plan)
    }

    /// Runs the event loop on this thread.
    private static func carryOut(_ plan: Plan) -> Never {
        SignalWatch.block()
        let signals = NIOThreadPool(numberOfThreads: 1)
        signals.start()
        signals.submit { _ in SignalWatch.run() }
        // All of them start when one is wanted, and as many as there are processors would be too many.
        NIOSingletons.blockingPoolThreadCountSuggestion = 3
        MultiThreadedEventLoopGroup.withCurrentThreadAsEventLoop { loop in
            Task(executorPreference: LoopTaskExecutor(loop)) { exit(await Run(plan: plan).run(on: loop)) }
        }
        exit(ExitCode.failure)
    }

    /// Ends the process; the terminal is given back first, whatever happened.
    static func exit(_ status: Int32) -> Never {
        TerminalState.end()
        PlatformTerminal.exit(status)
    }

    private static func makePlan(_ invocation: Invocation) -> Plan {
        do {
            if let fault = invocation.fault { throw fault }
            if let path = invocation.logFile { try Console.append(to: path) }
            if let text = try Answers.text(for: invocation) {
                PlatformTerminal.write(text, to: 1)
                exit(0)
            }
            if invocation.showsVersion {
                // On standard error, where programs look for ssh's.
                Console.say(standsInForSSH || invocation.isCompatible ? "OpenSSH_10.5-compatible \(version)" : version)
                exit(0)
            }
            let planner = try Planner(invocation)
            for note in planner.options.steps + planner.options.notes { planner.verbosity.say(.debug, "\(note)") }
            if let text = try planner.answer() {
                PlatformTerminal.write(text.bytes, to: 1)
                exit(0)
            }
            if invocation.forgottenHost != nil { exit(try planner.forget()) }
            return try planner.plan()
        } catch {
            fail(error, invocation)
        }
    }

    /// Tells why there is nothing to carry out, as the command line wants to be told.
    private static func fail(_ error: any Error, _ invocation: Invocation) -> Never {
        if invocation.writesJSON {
            var result = JSONResult()
            result.read(error)
            PlatformTerminal.write(result.line, to: 1)
        } else {
            // What is wrong with the configuration begins with the file and the line, as in ssh.
            Console.say(error is UsageError ? "fairlead: \(error)" : "\(error)")
        }
        exit(ExitCode.of(error, tellsStages: invocation.tellsStages))
    }
}
