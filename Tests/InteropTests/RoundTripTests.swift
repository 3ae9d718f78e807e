import Foundation
import Synchronization
import TestSupport
import Testing

/// How many round trips there are from the TCP connection to the exit of `true`: a count, not a time.
@Suite(.fewAtOnce) struct RoundTripTests {
    /// A server behind a relay that counts, and a home with a memory.
    private final class Path: Sendable {
        let home: TemporaryDirectory
        private let server: OpenSSHServer
        private let relay: RoundRelay
        private let client: Client

        private final class Client: Sendable {
            let identifier = Mutex<pid_t>(0)
        }

        init(_ lines: [String] = []) async throws {
            let client = Client()
            let server = try await OpenSSHServer.withoutProfile {
                $0.lines = lines
                $0.hostKeys = [.ed25519]
            }
            home = try TemporaryDirectory()
            relay = try RoundRelay(to: server.port) {
                ([client.identifier.withLock { $0 }, server.identifier] + server.sessions)
                    .contains(where: ProcessTree.isAtWork)
            }
            (self.server, self.client) = (server, client)
        }

        /// Runs a command and gives the round trips of each connection that it took.
        func trips(_ options: [String] = [], _ command: String = "true") async throws -> [Int] {
            let before = relay.rounds.count
            var plan = RunningProcess.Plan(
                try FairleadTool.path,
                options + [
                    "-F", "none", "-p", String(relay.port), "-i", server.files.keyPath(.ed25519),
                    "-oIdentitiesOnly=yes", "-oUserKnownHostsFile=\(home.file("known_hosts"))",
                    "-oGlobalKnownHostsFile=/dev/null", "-oStrictHostKeyChecking=accept-new", "-oBatchMode=yes",
                    server.destination, command,
                ])
            plan.environment = plainEnvironment(home: home.path)
            let process = try RunningProcess(plan)
            client.identifier.withLock { $0 = process.identifier }
            let result = try await process.result()
            #expect(result.exit == .status(0), "\(result.errorText)")
            return Array(relay.rounds.dropFirst(before))
        }
    }

    @Test("six for a new host, five for a known one whose key did last time, six again without a memory")
    func remembered() async throws {
        let path = try await Path()
        #expect(try await path.trips() == [6])
        #expect(try await path.trips() == [5])
        #expect(try await path.trips(["--no-memory"]) == [6])
    }

    @Test("five with a LocalCommand too, which is done before the remote one begins")
    func localCommand() async throws {
        let path = try await Path()
        #expect(try await path.trips() == [6])
        let folder = try TemporaryDirectory(isPublic: true)
        let local = ["-oPermitLocalCommand=yes", "-oLocalCommand=sleep 0.3; touch \(folder.file("done"))"]
        #expect(try await path.trips(local, "test -e \(folder.file("done"))") == [5])
    }

    @Test("four where the guess of the key exchange is right, and five where it has become wrong")
    func guessed() async throws {
        let path = try await Path(["KexAlgorithms curve25519-sha256"])
        let options = ["-oKexAlgorithms=curve25519-sha256", "-oHostKeyAlgorithms=ssh-ed25519"]
        #expect(try await path.trips(options) == [6])
        #expect(try await path.trips(options) == [4])
        let memory = ".local/state/fairlead/logins"
        let kept = try path.home.text(of: memory)
        let other = "ecdh-sha2-nistp256"
        #expect(kept.contains(" curve25519-sha256 "))
        try path.home.write(kept.replacing(" curve25519-sha256 ", with: " \(other) "), to: memory)
        let wrong = ["-oKexAlgorithms=\(other),curve25519-sha256", "-oHostKeyAlgorithms=ssh-ed25519"]
        #expect(try await path.trips(wrong) == [5])
        #expect(try path.home.text(of: memory) == kept)
    }
}
