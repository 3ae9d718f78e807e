import Foundation
import HostileRows
import PeerSupport
import Synchronization
import TestSupport

/// Every row in every delivery before one client, several at a time.
package final class Campaign: Sendable {
    /// A row that waits costs nothing: of those many run at once.
    private static let patientCount = 40
    /// From which on a row counts as waiting.
    private static let patience = Duration.seconds(20)

    private struct Job: Sendable {
        let row: Int
        let delivery: Delivery
        let hostile: HostileRow
    }

    package let client: ClientProgram
    package let deliveries: [Delivery]
    package let baseline: Double
    private let findings = Mutex<[Int: [Delivery: Finding]]>([:])
    private let doneCount = Mutex(0)

    package init(_ client: ClientProgram, _ deliveries: [Delivery]) throws {
        self.client = client
        self.deliveries = deliveries
        baseline = try Performance.baseline(client)
    }

    /// Blocks until all is done, and gives the rows' findings by delivery in the order of the rows.
    ///
    /// `rows` makes those for a delivery, of the same order and number for each.
    package func run(
        _ rows: (Delivery) -> [HostileRow], atOnce: Int, progress: @escaping @Sendable (Int, Int) -> Void
    ) -> [[Delivery: Finding]] {
        var (patient, busy): ([Job], [Job]) = ([], [])
        for delivery in deliveries {
            for (index, row) in rows(delivery).enumerated() {
                let job = Job(row: index, delivery: delivery, hostile: row)
                if case .floods = row.peerAct {
                    busy.append(job)
                } else if row.peerAct.patience > Self.patience {
                    patient.append(job)
                } else {
                    busy.append(job)
                }
            }
        }
        let total = patient.count + busy.count
        let done: @Sendable () -> Void = { [self] in
            let count = doneCount.withLock { count in
                count += 1
                return count
            }
            progress(count, total)
        }
        let group = DispatchGroup()
        start(patient, Self.patientCount, group, done)
        start(busy, atOnce, group, done)
        group.wait()
        let all = findings.withLock { $0 }
        return rows(deliveries[0]).indices.map { all[$0] ?? [:] }
    }

    private func start(
        _ jobs: [Job], _ threadCount: Int, _ group: DispatchGroup, _ done: @escaping @Sendable () -> Void
    ) {
        let queue = Queue(jobs)
        for _ in 0..<min(threadCount, jobs.count) {
            group.enter()
            Thread.detachNewThread { [self] in
                while let job = queue.next() {
                    let finding = perform(job)
                    findings.withLock { $0[job.row, default: [:]][job.delivery] = finding }
                    done()
                }
                group.leave()
            }
        }
    }

    private func perform(_ job: Job) -> Finding {
        do {
            return try Performance(job.hostile, job.delivery, client, baseline: baseline).run()
        } catch {
            return Finding(
                verdict: .unable, reason: "the runner failed: \(error)", mebibytes: 0, seconds: 0, errorText: "")
        }
    }

    private final class Queue: Sendable {
        private let jobs: Mutex<[Job]>

        init(_ jobs: [Job]) {
            self.jobs = Mutex(jobs.reversed())
        }

        func next() -> Job? { jobs.withLock { $0.popLast() } }
    }
}
