import Foundation

/// A shell that waits for this process to go away, in whatever way, and then cleans up what it left.
final class Watchdog: Sendable {
    private let process: RunningProcess

    /// The script is run by `/bin/sh` once we are gone or `bark` is called.
    init(_ script: String) throws {
        var plan = RunningProcess.Plan("/bin/sh", ["-c", "cat >/dev/null\n" + script])
        plan.input = .pipe
        plan.environment = plainEnvironment(home: "/proc/nonexistent")
        process = try RunningProcess(plan)
    }

    /// Runs the script now and waits for it; for cleaning up in a `deinit`, which cannot suspend.
    func bark(within seconds: Double = 60) {
        process.closeInput()
        let end = Date().addingTimeInterval(seconds)
        while process.exit == nil && Date() < end { usleep(2000) }
    }

    /// Never runs the script.
    func dismiss() {
        process.kill()
    }
}
