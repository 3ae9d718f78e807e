import TestSupport

/// What became of the faults, call by call.
struct FaultTable {
    private struct Row {
        var (runs, failed, whole, told, stopped) = (0, 0, 0, 0, 0)
    }

    private var rows: [String: Row] = [:]
    private(set) var failedCount = 0

    mutating func add(_ fault: FaultShim.Fault, _ outcome: FaultySession.Outcome) {
        var row = rows[fault.call, default: Row()]
        row.runs += 1
        let hasFailed = outcome.counts.failedCount > 0
        row.failed += hasFailed ? 1 : 0
        row.whole += outcome.isWhole ? 1 : 0
        row.told += outcome.isTold ? 1 : 0
        row.stopped += outcome.isStopped ? 1 : 0
        rows[fault.call] = row
        failedCount += hasFailed ? 1 : 0
    }

    var text: String {
        let total = rows.values.reduce(into: Row()) {
            $0.runs += $1.runs
            $0.failed += $1.failed
            $0.whole += $1.whole
            $0.told += $1.told
            $0.stopped += $1.stopped
        }
        let lines = rows.sorted { $0.key < $1.key } + [("all", total)]
        return "| call | runs | failed | whole session | sentence and 255 | stopped by the loop's own check |\n"
            + "|---|---|---|---|---|---|\n"
            + lines.map { "| \($0) | \($1.runs) | \($1.failed) | \($1.whole) | \($1.told) | \($1.stopped) |\n" }
            .joined()
    }
}
