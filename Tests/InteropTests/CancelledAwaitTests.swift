import Dispatch
import Fairlead
import NIOCore
import PeerSupport
import SSHWire
import Synchronization
import TestSupport
import Testing

/// A task that is cancelled at any of its suspensions, and at any message.
@Suite(.fewAtOnce, .serialized) struct CancelledAwaitTests {
    /// Runs the task's jobs one after the other, and counts them: there is one for each `await` that was over.
    private final class CountingExecutor: TaskExecutor {
        private let queue = DispatchQueue(label: "counted")
        private let fault: Fault

        init(_ fault: Fault) {
            self.fault = fault
        }

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async {
                self.fault.count()
                job.runSynchronously(on: self.asUnownedTaskExecutor())
            }
        }
    }

    /// Cancels at the n-th thing that is counted.
    private final class Fault: Sendable {
        private struct State {
            var count = 0
            var cancel: (@Sendable () -> Void)?
        }

        private let nth: Int
        private let state = Mutex(State())

        init(_ nth: Int) {
            self.nth = nth
        }

        var wasReached: Bool { state.withLock { $0.count >= nth } }

        func cancels(_ cancel: @escaping @Sendable () -> Void) {
            let isLate = state.withLock {
                $0.cancel = cancel
                return $0.count >= nth
            }
            if isLate { cancel() }
        }

        func count() {
            let cancel = state.withLock { state -> (@Sendable () -> Void)? in
                state.count += 1
                return state.count == nth ? state.cancel : nil
            }
            cancel?()
        }
    }

    /// What a server heard of its clients, one by one.
    private final class Ends: Sendable {
        struct End {
            var hasNewKeys = false
            var reasons: [DisconnectReason] = []
        }

        private let ends = Mutex<[ObjectIdentifier: End]>([:])

        var all: [End] { ends.withLock { Array($0.values) } }

        func note(_ peer: ScriptedPeer, _ channel: any Channel) {
            let end = End(
                hasNewKeys: peer.received.contains { $0.number == MessageNumber.newKeys.rawValue },
                reasons: peer.messages(Disconnect.self).map(\.reason))
            ends.withLock { $0[ObjectIdentifier(channel)] = end }
        }
    }

    private enum Place: String, Sendable, Codable, CaseIterable { case job, message }

    /// A question that is open when its task is cancelled.
    private enum Question: CaseIterable { case hostKey, judgement, password }

    /// How whoever was asked takes it: not at all, or with a no.
    private enum Manner: CaseIterable { case throwing, declining }

    @Test(
        "NW-16 A task that is cancelled while a person is asked for something is told so, and the server that it left",
        arguments: Question.allCases, Manner.allCases)
    private func asked(question: Question, manner: Manner) async throws {
        let ends = Ends()
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                let configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                let peer = PeerHandler(ScriptedPeer(configuration)) { ends.note($0, $1) }
                try channel.pipeline.syncOperations.addHandler(peer)
            }
        }
        let (waiting, begins) = AsyncStream.makeStream(of: Void.self)
        let asked = { @Sendable in
            begins.yield()
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch  where manner == .declining {}
        }
        var configuration = server.configuration
        let home = try TemporaryDirectory()
        if question == .hostKey {
            configuration.hostVerification = .knownHosts(userFiles: [home.file("known_hosts")], policy: .ask)
        } else if question == .judgement {
            configuration.hostVerification = .custom { _ in
                try await asked()
                return false
            }
        }
        configuration.credentials = [.password()]
        configuration.responder = Responder(
            hostKey: { _ in
                try await asked()
                return .no
            },
            password: { _ in
                try await asked()
                return nil
            })
        let fixed = configuration
        let task = Task { try await withSSHConnection(fixed) { _ in } }
        for await _ in waiting { break }
        task.cancel()
        let error = (try await watched("a cancelled question") { try await task.value }).error as? SSHError
        #expect(error?.kind == .cancelled, "\(String(describing: error))")
        try await poll(for: "the connection to go") {
            server.connectionCount > 0 && server.openConnectionCount == 0 ? () : nil
        }
        #expect(ends.all.map(\.reasons) == [[.byApplication]])
    }

    // In a process of its own, for the descriptors of this one are everybody's; and so is the server's.
    @Test(
        "NW-16 A task that is cancelled at its n-th suspension, or at the n-th message, is told so, frees all it held, and tells the server that it left",
        arguments: ["job", "message"])
    func cancelled(place: String) async throws {
        let ends = Ends()
        let server = try await LoopbackServer.start { channel in
            channel.eventLoop.makeCompletedFuture {
                var configuration = PeerConfiguration(hostKey: try TestKeys.ed25519())
                configuration.program = { _ in [.output([1]), .rekey, .echoInput, .exitStatus(0), .endOfOutput, .close]
                }
                let peer = PeerHandler(ScriptedPeer(configuration)) { ends.note($0, $1) }
                try channel.pipeline.syncOperations.addHandler(peer)
            }
        }
        let port = server.port
        await #expect(processExitsWith: .success) { [port = port as Int, place = place as String] in
            try await Self.cancelAll(port, Place(rawValue: place) ?? .job)
        }
        #expect(server.connectionCount > 10)
        try await poll(for: "every connection to go") { server.openConnectionCount == 0 ? () : nil }
        // Nobody knows yet whether a connection is the one that will be used, before it has its keys.
        let (late, early) = (ends.all.filter(\.hasNewKeys), ends.all.filter { !$0.hasNewKeys })
        #expect(late.count > 10 && late.allSatisfy { $0.reasons == [.byApplication] }, "\(late)")
        #expect(early.allSatisfy { $0.reasons == [] || $0.reasons == [.byApplication] }, "\(early)")
    }

    private static func cancelAll(_ port: Int, _ place: Place) async throws {
        var before: ProcessCounts?
        var (cancelledCount, wholeCount) = (0, 0)
        for nth in 1...2000 {
            let fault = Fault(nth)
            let result = try await session(port, fault, place)
            switch result {
            case .success(let bytes):
                #expect(bytes == [1] + input)
                wholeCount += 1
            case .failure(let error):
                #expect((error as? SSHError)?.kind == .cancelled, "at \(place) \(nth): \(error)")
                cancelledCount += 1
            }
            if nth == 5 { before = try await .settled() }
            // Then it was over before.
            guard fault.wasReached else { break }
        }
        #expect(cancelledCount >= 10 && wholeCount >= 1)
        let after = try await ProcessCounts.settled(below: before)
        let limit = before ?? ProcessCounts()
        #expect(after.descriptors <= limit.descriptors && after.threads <= limit.threads + 2, "\(limit) \(after)")
        FaultReport.write(
            "Cancelled at each \(place.rawValue): \(cancelledCount) cancelled, \(wholeCount) whole; \(limit) at first, \(after) at the end"
        )
    }

    private static let input = [UInt8](repeating: 4, count: 1000)

    private static func session(_ port: Int, _ fault: Fault, _ place: Place) async throws -> Result<[UInt8], any Error>
    {
        var configuration = SSHConfiguration(
            host: Loopback.address, port: port, user: "user", hostVerification: .custom { _ in true },
            credentials: [.password(Secret(copying: "correct horse".utf8))])
        if place == .message { configuration.onMessage = { _ in fault.count() } }
        let executor = CountingExecutor(place == .job ? fault : Fault(.max))
        return try await watched("a cancelled session") { [configuration] in
            let task = Task(executorPreference: executor) {
                try await withSSHConnection(configuration) { connection in
                    let first = try await connection.run("all", input: ByteBuffer(bytes: input)).output
                    return Array(first.readableBytesView)
                }
            }
            fault.cancels { task.cancel() }
            return try await task.value
        }
    }
}
