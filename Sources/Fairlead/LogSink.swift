import Logging

/// How much a line of the log matters to a person.
package enum LogWeight: Int, Comparable, Sendable {
    case debug, note, warning, error

    package static func < (left: LogWeight, right: LogWeight) -> Bool {
        left.rawValue < right.rawValue
    }
}

extension SSHConfiguration {
    /// Sends the connection's log to `sink`, one line a call.
    package mutating func log(to sink: @escaping @Sendable (LogWeight, String) -> Void) {
        logger = Logger(label: "fairlead") { _ in SinkLogHandler(sink: sink) }
    }
}

private struct SinkLogHandler: LogHandler {
    let sink: @Sendable (LogWeight, String) -> Void
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    init(sink: @escaping @Sendable (LogWeight, String) -> Void) {
        self.sink = sink
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let weight: LogWeight =
            switch event.level {
            case .trace, .debug: .debug
            case .info, .notice: .note
            case .warning: .warning
            case .error, .critical: .error
            }
        sink(weight, "\(event.message)")
    }
}
