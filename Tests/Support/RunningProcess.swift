import Foundation

/// A program that a test started: its input is written, its output collected, and it never outlives this object.
package final class RunningProcess: Sendable {
    /// Where standard input comes from.
    package enum Input: Sendable {
        /// `/dev/null`.
        case none
        /// These bytes, then the end.
        case bytes([UInt8])
        /// A pipe that the test writes and closes.
        case pipe
        /// A copy of this descriptor.
        case descriptor(Int32)
    }

    /// Where an output goes.
    package enum Output: Sendable {
        case collected
        case discarded
        /// A copy of this descriptor.
        case descriptor(Int32)
    }

    /// What to start, and with what around it.
    package struct Plan: Sendable {
        package var program: String
        package var arguments: [String]
        /// With a home that nobody can make, not even root.
        package var environment: [String: String] = plainEnvironment(home: "/proc/nonexistent")
        package var directory: String?
        package var input = Input.none
        package var output = Output.collected
        package var error = Output.collected
        /// More descriptors: the child's number, and ours.
        package var descriptors: [Int32: Int32] = [:]
        /// Bytes kept of each output; more are counted and dropped.
        package var outputLimit = 64 << 20

        package init(_ program: String, _ arguments: [String] = []) {
            self.program = program
            self.arguments = arguments
        }
    }

    /// What a program left behind.
    package struct Result: Sendable {
        package var exit: ExitOfProcess
        package var output: [UInt8]
        package var error: [UInt8]

        package var outputText: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: error, as: UTF8.self) }
    }

    private let child: ChildProcess
    private let outputCollector: OutputCollector?
    private let errorCollector: OutputCollector?
    private let input: InputWriter?

    package init(_ plan: Plan) throws {
        var spawn = Spawn(
            path: try programPath(plan.program), arguments: plan.arguments, environment: plan.environment,
            directory: plan.directory, descriptors: plan.descriptors)
        var childEnds: [Int32] = []
        defer { for end in childEnds { close(end) } }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        childEnds.append(null)
        var inputWriter: InputWriter?
        switch plan.input {
        case .none: spawn.descriptors[0] = null
        case .descriptor(let descriptor): spawn.descriptors[0] = descriptor
        case .bytes, .pipe:
            let pipe = try makePipe()
            childEnds.append(pipe.reader)
            spawn.descriptors[0] = pipe.reader
            inputWriter = InputWriter(pipe.writer)
        }
        var collectors: [OutputCollector?] = []
        for (number, output) in [(Int32(1), plan.output), (2, plan.error)] {
            switch output {
            case .discarded: spawn.descriptors[number] = null
            case .descriptor(let descriptor): spawn.descriptors[number] = descriptor
            case .collected:
                let pipe = try makePipe()
                childEnds.append(pipe.writer)
                spawn.descriptors[number] = pipe.writer
                collectors.append(OutputCollector(reading: pipe.reader, limit: plan.outputLimit))
                continue
            }
            collectors.append(nil)
        }
        input = inputWriter
        (outputCollector, errorCollector) = (collectors[0], collectors[1])
        child = try ChildProcess(spawn)
        if case .bytes(let bytes) = plan.input { inputWriter?.writeThenClose(bytes) }
    }

    deinit {
        input?.close()
        child.killGroup()
    }

    package var identifier: pid_t { child.identifier }
    package var exit: ExitOfProcess? { child.exit }

    package var output: [UInt8] { outputCollector?.bytes ?? [] }
    package var error: [UInt8] { errorCollector?.bytes ?? [] }
    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: error, as: UTF8.self) }
    /// Bytes that arrived on standard output, kept or dropped.
    package var outputByteCount: Int { outputCollector?.byteCount ?? 0 }

    /// Whether nobody writes to what is collected any more.
    package var hasOutputEnded: Bool { outputCollector?.isAtEnd != false && errorCollector?.isAtEnd != false }

    /// Queues bytes for standard input; never blocks the caller.
    package func write(_ text: String) {
        write(Array(text.utf8))
    }

    package func write(_ bytes: [UInt8]) {
        input?.write(bytes)
    }

    /// Closes standard input after what was queued.
    package func closeInput() {
        input?.close()
    }

    package func send(_ signal: Int32) {
        child.send(signal)
    }

    /// Kills the program and all that stayed in its process group.
    package func kill() {
        child.killGroup()
    }

    /// Waits until standard output contains the text.
    package func waitForOutput(_ text: String, within limit: Duration = .seconds(60)) async throws {
        try await wait(for: text, in: outputCollector, within: limit)
    }

    /// Waits until standard error contains the text.
    package func waitForError(_ text: String, within limit: Duration = .seconds(60)) async throws {
        try await wait(for: text, in: errorCollector, within: limit)
    }

    private func wait(for text: String, in collector: OutputCollector?, within limit: Duration) async throws {
        try await poll(for: "\"\(text)\"", within: limit, soFar: { self.transcript }) {
            let isThere = Data(collector?.bytes ?? []).range(of: Data(text.utf8)) != nil
            if isThere { return () }
            guard exit == nil || collector?.isAtEnd != true else {
                throw SupportError.commandFailed("ended without \"\(text)\"\n\(transcript)")
            }
            return nil
        }
    }

    /// Waits for the end and for the rest of the output.
    ///
    /// Past the deadline the program is killed and this throws.
    package func result(within limit: Duration = .seconds(60)) async throws -> Result {
        do {
            let exit = try await child.waitForExit(within: limit) { self.transcript }
            // What the program left running may hold its outputs open: they get a moment, not for ever.
            _ = try? await poll(for: "the end of output", within: .seconds(30)) {
                hasOutputEnded ? () : nil
            }
            return Result(exit: exit, output: output, error: error)
        } catch {
            child.killGroup()
            throw error
        }
    }

    private var transcript: String {
        "output: \(outputText.suffix(4000))\nerror: \(errorText.suffix(4000))"
    }

    /// Starts a program and waits for its end.
    package static func run(
        _ program: String, _ arguments: [String] = [], within limit: Duration = .seconds(60),
        _ change: (inout Plan) -> Void = { _ in }
    ) async throws -> Result {
        var plan = Plan(program, arguments)
        change(&plan)
        return try await RunningProcess(plan).result(within: limit)
    }

    /// As `run`, but anything other than exit status 0 throws.
    @discardableResult
    package static func runSuccessfully(
        _ program: String, _ arguments: [String] = [], within limit: Duration = .seconds(60),
        _ change: (inout Plan) -> Void = { _ in }
    ) async throws -> Result {
        let result = try await run(program, arguments, within: limit, change)
        guard result.exit == .status(0) else {
            throw SupportError.commandFailed("\(program): \(result.exit)\n\(result.outputText)\(result.errorText)")
        }
        return result
    }
}
