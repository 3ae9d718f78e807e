import Foundation
import TestSupport
import Testing

/// The tool, a server to log in to, and a home of the person's own.
struct Desk: Sendable {
    let server: OpenSSHServer
    let home: TemporaryDirectory
    let user: ThrowawayUser?

    /// A server that lets a key in.
    init(_ change: (inout OpenSSHServer.Options) throws -> Void = { _ in }) async throws {
        server = try await OpenSSHServer(change)
        home = try TemporaryDirectory()
        user = nil
    }

    /// A server that lets a user in by a password.
    init(password: String) async throws {
        let user = try await ThrowawayUser.create(password: password)
        server = try await OpenSSHServer { $0.user = user }
        home = try TemporaryDirectory()
        self.user = user
    }

    var knownHostsPath: String { home.file("known_hosts") }

    /// The bytes of known_hosts; nil when there is none.
    var knownHosts: String? { try? home.text(of: "known_hosts") }

    /// What stands before the destination: of two values the first counts.
    func arguments(_ first: [String]) -> [String] {
        first + server.clientArguments()
    }

    /// Options that ask about the host, of which nothing is known.
    var asking: [String] {
        ["-oBatchMode=no", "-oStrictHostKeyChecking=ask", "-oUserKnownHostsFile=\(knownHostsPath)"]
    }

    /// Options that ask for a password.
    var withPassword: [String] { ["-oBatchMode=no", "-oPubkeyAuthentication=no"] }

    /// The tool on a terminal of its own.
    func sit(
        _ options: [String] = [], _ command: String..., environment: [String: String] = ["TERM": "xterm"],
        columns: Int = 80, rows: Int = 24
    ) throws -> PseudoTerminal {
        try PseudoTerminal(
            FairleadTool.path, arguments(options) + [server.destination] + command,
            environment: plainEnvironment(home: home.path, environment), columns: columns, rows: rows)
    }

    /// What a remote script does and says so that its terminal passes everything on as it is.
    static let raw = "stty raw -echo; echo ready; "
    static let ready = "ready\n"

    /// The tool on a terminal, with a command whose remote terminal passes everything on as it is.
    func sitRaw(_ command: String) async throws -> PseudoTerminal {
        let terminal = try sit(["-t"], Self.raw + command)
        try await terminal.waitUntilRaw()
        try await terminal.read(until: Self.ready)
        return terminal
    }

    /// A shell script on a terminal, with the tool's command line as its arguments.
    func script(_ text: String, _ options: [String] = [], _ command: String...) throws -> PseudoTerminal {
        try PseudoTerminal(
            "sh", ["-c", text, "sh", FairleadTool.path] + arguments(options) + [server.destination] + command,
            environment: plainEnvironment(home: home.path, ["TERM": "xterm"]), directory: home.path)
    }

    /// The tool without a terminal, from its start to its end.
    func run(
        _ options: [String] = [], _ command: String..., change: (inout RunningProcess.Plan) -> Void = { _ in }
    ) async throws -> RunningProcess.Result {
        try await FairleadTool.run(
            arguments(options) + [server.destination] + command, home: home.path, change)
    }

    /// The tool without a terminal, running.
    func start(
        _ options: [String] = [], _ command: String..., change: (inout RunningProcess.Plan) -> Void = { _ in }
    ) throws -> RunningProcess {
        var plan = RunningProcess.Plan(
            try FairleadTool.path, arguments(options) + [server.destination] + command)
        plan.environment = plainEnvironment(home: home.path)
        change(&plan)
        return try RunningProcess(plan)
    }
}

extension PseudoTerminal {
    /// Waits for the end and holds the terminal to what it was at the start.
    func expectEnd(_ end: ExitOfProcess, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let exit = try await waitForExit(within: .seconds(60))
        #expect(exit == end, "\(pendingOutput)", sourceLocation: sourceLocation)
        #expect(try settings == initialSettings, sourceLocation: sourceLocation)
    }

    /// Waits until the program has stopped, as by SIGSTOP.
    func waitUntilStopped() async throws {
        let path = "/proc/\(identifier)/stat"
        try await poll(for: "the program to stop", within: .seconds(60), soFar: { pendingOutput }) {
            let text = try String(contentsOfFile: path, encoding: .utf8)
            return text.split(separator: ")").last?.hasPrefix(" T ") == true ? () : nil
        }
    }

    /// Waits until the tool hides what is typed.
    func waitUntilHidden() async throws {
        try await waitForSettings { !$0.echoes && $0.isCanonical }
    }

    /// Waits until the session has the terminal raw.
    func waitUntilRaw() async throws {
        try await waitForSettings { !$0.isCanonical }
    }
}
