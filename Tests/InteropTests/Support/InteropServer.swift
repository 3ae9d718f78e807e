import Fairlead
import TestSupport
import Testing

/// What tests ask of any server.
protocol InteropServer: Sendable {
    var host: String { get }
    var port: Int { get }
    var userName: String { get }
    var destination: String { get }
    var files: ClientFiles { get }
    var log: String { get }
    func clientArguments(_ key: KeyKind) -> [String]
}

extension OpenSSHServer: InteropServer {
    var userName: String { user }
}

extension DropbearServer: InteropServer {
    var userName: String { user.name }
}

extension AsyncSSHServer: InteropServer {
    var userName: String { user }
}

extension TinySSHServer: InteropServer {
    var userName: String { user.name }

    func clientArguments(_ key: KeyKind) -> [String] {
        clientArguments()
    }
}

extension InteropServer {
    /// Logs in with a key, to a host that is known.
    func configuration(_ key: KeyKind = .ed25519) -> SSHConfiguration {
        SSHConfiguration(
            host: host, port: port, user: userName,
            hostVerification: .knownHosts(userFiles: [files.knownHostsPath]),
            credentials: [.keyFile(files.keyPath(key))])
    }

    /// Runs the tool against this server; `options` come first, and so win.
    func tool(
        _ options: [String] = [], _ command: [String], key: KeyKind = .ed25519, within limit: Duration = .seconds(60),
        _ change: (inout RunningProcess.Plan) -> Void = { _ in }
    ) async throws -> RunningProcess.Result {
        try await FairleadTool.run(
            options + clientArguments(key) + [destination] + command, home: files.home, within: limit, change)
    }

    /// Starts the tool and lets it run.
    func startTool(
        _ options: [String] = [], _ command: [String], _ change: (inout RunningProcess.Plan) -> Void = { _ in }
    ) throws -> RunningProcess {
        var plan = RunningProcess.Plan(
            try FairleadTool.path, options + clientArguments(.ed25519) + [destination] + command)
        plan.environment = plainEnvironment(home: files.home)
        change(&plan)
        return try RunningProcess(plan)
    }
}

/// The servers that most rules are proved against, one process of each for the whole run.
enum ServerProgram: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case openSSH = "OpenSSH"
    case dropbear

    var testDescription: String { rawValue }

    var shared: any InteropServer {
        get async throws {
            switch self {
            case .openSSH: try await Self.sharedOpenSSH.value
            case .dropbear: try await Self.sharedDropbear.value
            }
        }
    }

    /// Those that can run here: dropbear takes root.
    static var possible: [ServerProgram] {
        allCases.filter { $0 != .dropbear || DropbearServer.isPossible }
    }

    static let sharedOpenSSH = Task { try await OpenSSHServer.withoutProfile() }
    private static let sharedDropbear = Task { try await DropbearServer() }
}

extension OpenSSHServer {
    /// Clients log in as a throwaway user where that is possible, so that no start-up file of the developer's is run.
    static func withoutProfile(_ change: @Sendable (inout Options) -> Void = { _ in }) async throws -> OpenSSHServer {
        let user = ThrowawayUser.isPossible ? try await ThrowawayUser.create() : nil
        return try await OpenSSHServer {
            $0.user = user
            change(&$0)
        }
    }
}

/// Connects, expects that to fail, and gives the error.
func connectionFailure(_ configuration: SSHConfiguration) async -> SSHError? {
    await #expect(throws: SSHError.self) { try await withSSHConnection(configuration) { _ in } }
}
