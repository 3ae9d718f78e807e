import Fairlead
import SSHConfig

/// How much is said, from `LogLevel`, `-q` and `-v`.
struct Verbosity: Hashable, Sendable {
    let level: ConfigLogLevel

    init(_ invocation: Invocation, _ setting: ConfigLogLevel?) {
        if invocation.isQuiet {
            level = .quiet
        } else if invocation.verbosity > 0 {
            level = [.debug1, .debug2, .debug3][min(invocation.verbosity, 3) - 1]
        } else {
            level = setting ?? .info
        }
    }

    var showsBanners: Bool { level != .quiet }

    /// The library's log on standard error, in ssh's manner.
    func say(_ weight: LogWeight, _ text: String) {
        guard shows(weight) else { return }
        switch weight {
        case .debug: Console.say("debug1: \(text)")
        case .note, .warning: Console.say("Warning: \(text)")
        case .error: Console.say(text)
        }
    }

    func shows(_ weight: LogWeight) -> Bool {
        switch level {
        case .quiet, .fatal: false
        case .error: weight >= .error
        case .info, .verbose: weight >= .note
        case .debug, .debug1, .debug2, .debug3: true
        }
    }
}
