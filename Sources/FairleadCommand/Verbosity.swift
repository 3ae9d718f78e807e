import Logging
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

    var logger: Logger {
        Logger(label: "fairlead") { _ in ConsoleLogHandler(verbosity: self) }
    }

    func shows(_ logLevel: Logger.Level) -> Bool {
        switch level {
        case .quiet, .fatal: false
        case .error: logLevel >= .error
        case .info: logLevel >= .notice
        case .verbose: logLevel >= .info
        case .debug, .debug1, .debug2, .debug3: true
        }
    }
}

/// The library's log on standard error, in ssh's manner.
private struct ConsoleLogHandler: LogHandler {
    let verbosity: Verbosity
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    init(verbosity: Verbosity) {
        self.verbosity = verbosity
    }

    func log(event: LogEvent) {
        guard verbosity.shows(event.level) else { return }
        switch event.level {
        case .trace, .debug, .info: Console.say("debug1: \(event.message)")
        case .notice, .warning: Console.say("Warning: \(event.message)")
        case .error, .critical: Console.say("\(event.message)")
        }
    }
}
