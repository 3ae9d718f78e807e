import Fairlead
import SSHConfig
import Synchronization

/// How much is said, from `LogLevel`, which `-q` and `-v` set.
struct Verbosity: Hashable, Sendable {
    let level: ConfigLogLevel

    /// How much more than that is said by now, by the escapes `~v` and `~V`.
    private static let louder = Atomic<Int>(0)
    private static let steps: [ConfigLogLevel] = [.quiet, .fatal, .error, .info, .verbose, .debug, .debug2, .debug3]

    init(_ setting: ConfigLogLevel?) { level = setting ?? .info }

    var showsBanners: Bool { level != .quiet }

    /// The name of the level that it comes to.
    static func shift(by count: Int, from level: ConfigLogLevel) -> String {
        louder.wrappingAdd(count, ordering: .relaxed)
        return Verbosity(level).current.rawValue
    }

    private var current: ConfigLogLevel {
        let place = Self.steps.firstIndex(of: level == .debug1 ? .debug : level) ?? 3
        return Self.steps[min(max(0, place + Self.louder.load(ordering: .relaxed)), Self.steps.count - 1)]
    }

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
        switch current {
        case .quiet, .fatal: false
        case .error: weight >= .error
        case .info, .verbose: weight >= .note
        case .debug, .debug1, .debug2, .debug3: true
        }
    }
}
