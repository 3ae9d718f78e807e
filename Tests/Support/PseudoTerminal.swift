import CSupport
import Foundation

/// A terminal with a program in it: the program's controlling terminal and its three standard streams.
package final class PseudoTerminal: Sendable {
    /// The terminal's settings at one moment, to be compared with those of another.
    package struct Settings: Equatable, Sendable {
        package let input: UInt
        package let output: UInt
        package let control: UInt
        package let local: UInt
        package let characters: [UInt8]

        package var echoes: Bool { local & UInt(ECHO) != 0 }
        package var isCanonical: Bool { local & UInt(ICANON) != 0 }

        init(_ settings: termios) {
            input = UInt(settings.c_iflag)
            output = UInt(settings.c_oflag)
            control = UInt(settings.c_cflag)
            local = UInt(settings.c_lflag)
            characters = withUnsafeBytes(of: settings.c_cc) { Array($0) }
        }
    }

    /// The settings before the program began.
    package let initialSettings: Settings
    private let master: Int32
    /// Held open so that the settings outlive the program.
    package let slave: Int32
    private let child: ChildProcess
    private let collector: OutputCollector

    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String],
        directory: String? = nil, columns: Int = 80, rows: Int = 24
    ) throws {
        var name = [CChar](repeating: 0, count: 256)
        var descriptor: Int32 = -1
        let result = support_open_terminal(&descriptor, &name, name.count)
        guard result == 0 else { throw SupportError.system(call: "open a pseudo-terminal", errno: result) }
        master = descriptor
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        guard slave >= 0 else { throw systemError("open \(path)") }
        try Self.setSize(of: master, columns: columns, rows: rows)
        initialSettings = try Self.settings(of: slave)
        var spawn = Spawn(path: try programPath(program), arguments: arguments, environment: environment)
        spawn.directory = directory
        spawn.terminal = path
        child = try ChildProcess(spawn)
        collector = OutputCollector(reading: try Self.copy(master), limit: 256 << 20)
    }

    deinit {
        child.killGroup()
        close(slave)
        close(master)
    }

    package var identifier: pid_t { child.identifier }
    package var exit: ExitOfProcess? { child.exit }
    /// Its first child, such as the process that does the work of a tool that only waits for it.
    package var worker: pid_t? { ProcessTree.descendants(of: identifier).min() }

    /// What the program wrote and nobody took yet.
    package var pendingOutput: String { String(decoding: collector.bytes, as: UTF8.self) }

    /// Types the text.
    package func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    package func write(_ bytes: [UInt8]) throws {
        try writeAll(bytes, to: master)
        // The kernel hands typed bytes over in its own time, but not later than somebody asks for them.
        _ = hasUnreadInput
    }

    /// Takes the output through the first occurrence of the text, waiting for it until the deadline.
    @discardableResult
    package func read(until text: String, within limit: Duration = .seconds(60)) async throws -> String {
        let bytes = try await read(until: Array(text.utf8), within: limit)
        return String(decoding: bytes, as: UTF8.self)
    }

    package func read(until pattern: [UInt8], within limit: Duration = .seconds(60)) async throws -> [UInt8] {
        let what = "\"\(String(decoding: pattern, as: UTF8.self))\" on the terminal"
        var sawEnd: ContinuousClock.Instant?
        return try await poll(for: what, within: limit, soFar: { self.pendingOutput }) {
            if let bytes = collector.take(through: pattern) { return bytes }
            guard exit != nil else { return nil }
            // The program's last words may still be on their way.
            let end = sawEnd ?? .now
            sawEnd = end
            guard ContinuousClock.now < end + .seconds(5) else {
                throw SupportError.commandFailed("ended without \(what):\n\(pendingOutput)")
            }
            return nil
        }
    }

    /// Takes whatever is there now.
    package func readAvailable() -> [UInt8] {
        collector.takeAll()
    }

    /// Takes what was typed and nobody read, even without its line's end; the settings are raw afterwards.
    package func takeUnreadInput() throws -> [UInt8] {
        var settings = termios()
        guard tcgetattr(slave, &settings) == 0 else { throw systemError("tcgetattr") }
        cfmakeraw(&settings)
        guard tcsetattr(slave, TCSANOW, &settings) == 0 else { throw systemError("tcsetattr") }
        return hasUnreadInput ? readSome(slave) : []
    }

    private var hasUnreadInput: Bool {
        var entry = pollfd(fd: slave, events: Int16(POLLIN), revents: 0)
        return Foundation.poll(&entry, 1, 0) > 0
    }

    package var settings: Settings {
        get throws { try Self.settings(of: slave) }
    }

    /// Waits until the settings satisfy the claim, as a program needs a moment to change them.
    package func waitForSettings(
        within limit: Duration = .seconds(60), _ claim: (Settings) -> Bool
    ) async throws {
        try await poll(for: "the terminal's settings", within: limit, soFar: { self.pendingOutput }) {
            try claim(settings) ? () : nil
        }
    }

    /// Changes the size, which the program hears of by SIGWINCH.
    package func resize(columns: Int, rows: Int) throws {
        try Self.setSize(of: master, columns: columns, rows: rows)
    }

    package func send(_ signal: Int32) {
        child.send(signal)
    }

    package func kill() {
        child.killGroup()
    }

    /// Waits for the program's end; past the deadline it is killed and this throws.
    package func waitForExit(within limit: Duration = .seconds(60)) async throws -> ExitOfProcess {
        do {
            return try await child.waitForExit(within: limit) { self.pendingOutput }
        } catch {
            child.killGroup()
            throw error
        }
    }

    private static func settings(of descriptor: Int32) throws -> Settings {
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { throw systemError("tcgetattr") }
        return Settings(settings)
    }

    private static func setSize(of descriptor: Int32, columns: Int, rows: Int) throws {
        var size = winsize()
        size.ws_col = UInt16(truncatingIfNeeded: columns)
        size.ws_row = UInt16(truncatingIfNeeded: rows)
        guard ioctl(descriptor, UInt(TIOCSWINSZ), &size) == 0 else { throw systemError("set the terminal's size") }
    }

    private static func copy(_ descriptor: Int32) throws -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { throw systemError("copy the terminal") }
        return copy
    }
}
