/// The place that set an option: a file and a line, or the command line.
public struct ConfigSource: Hashable, Sendable, CustomStringConvertible {
    /// The file's path, or `command-line`.
    public let file: String
    /// The line's number, from 1; 0 for the command line.
    public let line: Int

    /// Names a line of a file.
    public init(file: String, line: Int) {
        self.file = file
        self.line = line
    }

    /// The command line, which `ssh` calls line 0.
    public static let commandLine = ConfigSource(file: "command-line", line: 0)

    /// Whether the option came from the command line.
    public var isCommandLine: Bool { self == Self.commandLine }

    /// The place in the words of `ssh`: `path: line 3`, safe to show.
    public var description: String { "\(ConfigText(file)): line \(line)" }
}

/// A value together with the place that set it.
public struct Setting<Value: Hashable & Sendable>: Hashable, Sendable {
    /// The value.
    public let value: Value
    /// The place that set it.
    public let source: ConfigSource

    /// Joins a value to the place that set it.
    public init(_ value: Value, source: ConfigSource) {
        self.value = value
        self.source = source
    }
}
