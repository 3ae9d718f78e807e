import Foundation
import Synchronization

/// A server's process on a loopback port, with its log, from start to the end of the test, come what may.
final class Server: Sendable {
    let port: Int
    private let process: RunningProcess
    private let watchdog: Watchdog

    private init(port: Int, process: RunningProcess) throws {
        self.port = port
        self.process = process
        watchdog = try Watchdog("kill -9 \(process.identifier) 2>/dev/null")
    }

    deinit {
        stop()
    }

    /// Starts a program on a free port and waits until it accepts connections; another port is tried when somebody else
    /// took the first.
    static func start(_ plan: (_ port: Int) throws -> RunningProcess.Plan) async throws -> Server {
        var last = ""
        for _ in 0..<5 {
            let port = try Loopback.freePort()
            let server = try Server(port: port, process: RunningProcess(plan(port)))
            if try await server.waitUntilListening() { return server }
            last = server.log
        }
        throw SupportError.serverFailed(last)
    }

    /// False when the program ended instead.
    private func waitUntilListening() async throws -> Bool {
        try await poll(for: "the server to listen", within: .seconds(60), soFar: { self.log }) {
            if process.exit != nil { return false }
            return Loopback.answers(port: port) ? true : nil
        }
    }

    var log: String { process.errorText + process.outputText }
    var isRunning: Bool { process.exit == nil }
    var identifier: pid_t { process.identifier }

    /// The processes that serve one connection each, and what these started.
    var sessions: [pid_t] { ProcessTree.descendants(of: process.identifier) }

    /// Kills the listener and every session at once, as if the machine had lost its power.
    func stop() {
        let sessions = isRunning ? sessions : []
        process.kill()
        for session in sessions { kill(session, SIGKILL) }
        // Until it is gone it listens; a busy machine may take its time over that.
        let end = Date().addingTimeInterval(10)
        while process.exit == nil, Date() < end { usleep(1000) }
        watchdog.dismiss()
    }
}
