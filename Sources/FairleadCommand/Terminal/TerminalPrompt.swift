import Fairlead
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A question on `/dev/tty`, read byte by byte so that nothing of an answer stays behind in a buffer.
struct TerminalPrompt: Sendable {
    struct Cancelled: Error {}

    /// Whether a person was asked anything: then what comes from the server must be told apart from that.
    static let wasUsed = Mutex(false)

    private let descriptor: Int32
    private let wakePipe: PlatformStreams.WakePipe

    /// Nil where there is no terminal to ask on.
    init?() {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return nil }
        guard let pipe = PlatformStreams.WakePipe() else {
            Glibc.close(terminal)
            return nil
        }
        descriptor = terminal
        wakePipe = pipe
        Self.wasUsed.withLock { $0 = true }
    }

    /// Whether there is a terminal to ask on.
    static var isPossible: Bool {
        let terminal = unsafe open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else { return false }
        Glibc.close(terminal)
        return true
    }

    /// Draws the line between our questions and what the server says, on the terminal alone.
    static func drawLine(for name: String) {
        guard wasUsed.withLock({ $0 }), let prompt = TerminalPrompt() else { return }
        defer { prompt.close() }
        PlatformTerminal.write(
            "-- fairlead: logged in to \(name); the rest comes from there --\n", to: prompt.descriptor)
    }

    func close() {
        Glibc.close(descriptor)
        wakePipe.close()
    }

    /// Ends the question from another thread.
    func cancel() {
        wakePipe.wake()
    }

    /// A line as it was typed, into guarded memory of fixed size; nil at end-of-file, and where the terminal is another's for
    /// good.
    func readLine(_ prompt: String) throws -> Secret? {
        guard TerminalState.waitForForeground(descriptor) else { return nil }
        SignalWatch.promptBegins(descriptor, prompt) { _ = TerminalState.waitForForeground(descriptor) }
        defer { SignalWatch.promptEnds() }
        // What was typed before the question is no answer to it.
        _ = tcflush(descriptor, TCIFLUSH)
        PlatformTerminal.write(prompt, to: descriptor)
        let line = try readToLineEnd()
        if line == nil { PlatformTerminal.write("\n", to: descriptor) }
        return line
    }

    /// The same of a line that is not echoed.
    func readSecret(_ prompt: String) throws -> Secret? {
        // First, so that a stop between the two does not go on with an echo.
        SignalWatch.promptBegins(descriptor, prompt) { _ = hideEcho() }
        guard hideEcho() else {
            SignalWatch.promptEnds()
            return nil
        }
        defer {
            SignalWatch.promptEnds()
            TerminalState.restore(discarding: true)
            PlatformTerminal.write("\n", to: descriptor)
        }
        PlatformTerminal.write(prompt, to: descriptor)
        return try readToLineEnd()
    }

    private func readToLineEnd() throws -> Secret? {
        var secret = SecretBuffer()
        while let byte = try nextByte() {
            // A return is one where the terminal does not make it a line feed, as a shell may leave it.
            if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { return secret.finish() }
            secret.append(byte)
        }
        return nil
    }

    private func hideEcho() -> Bool {
        TerminalState.modify(descriptor, isRaw: false) { settings in
            settings.c_lflag &= ~tcflag_t(ECHO | ECHOE | ECHOK)
        }
    }

    private func nextByte() throws -> UInt8? {
        while true {
            guard let events = PlatformStreams.wait(for: descriptor, or: wakePipe.readEnd) else { return nil }
            if events.wake != 0 { throw Cancelled() }
            guard events.descriptor != 0 else { continue }
            var byte: UInt8 = 0
            let count = SignalSet.stoppable { unsafe read(descriptor, &byte, 1) }
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            return count == 1 ? byte : nil
        }
    }
}
