import HostileRows
import HostileServing
import PeerSupport
import TestSupport
import Testing

/// Rows of every family before the built tool, over sockets, in turning deliveries: what `Scripts/hostile` does in full.
@Suite(.fewAtOnce) struct HostileSampleTests {
    /// A row in one delivery.
    struct Choice: Sendable, CustomTestStringConvertible {
        let row: HostileRow
        let delivery: Delivery

        var testDescription: String { "\(row) (\(delivery.rawValue))" }
    }

    /// All that can be served, but for those that flood or that wait for a long deadline.
    private static let rows = AllRows.rows(million: 1000).filter { row in
        row.peerAct.patience == .zero && (try? ServedRow.reasonLeftOut(row)) == .some(nil)
    }

    /// `ID` of `ID-03`.
    private static func family(_ row: HostileRow) -> Substring { row.id.prefix(2) }

    /// Of each family two at least, spread evenly over its table; the deliveries in turn.
    private static func choices(of rows: [HostileRow], count: Int, _ deliveries: [Delivery]) -> [Choice] {
        var turn = 0
        return Dictionary(grouping: rows, by: family).sorted { $0.key < $1.key }.flatMap { _, family in
            let share = min(family.count, max(2, count * family.count / rows.count))
            return (0..<share).map { index in
                turn += 1
                // From the middle of each part, so that no table's first row is always the one.
                let place = (2 * index + 1) * family.count / (2 * share)
                return Choice(row: family[place], delivery: deliveries[turn % deliveries.count])
            }
        }
    }

    private static let sample = choices(of: rows, count: 60, Delivery.allCases)

    /// Whether no prompt but the password's can come.
    private static let typed = choices(
        of: rows.filter { row in
            (try? ServedRow(row)).map { $0.asksForPassword } == true
                && !InteractiveRows.rows.contains { $0.id == row.id }
        }, count: 16, [.whole, .split])

    @Test("The sample has every family of the tables and every delivery")
    func sampled() {
        #expect(Set(Self.sample.map { Self.family($0.row) }) == Set(Self.rows.map(Self.family)))
        #expect(Set(Self.sample.map(\.delivery)) == Set(Delivery.allCases))
        #expect((50...90).contains(Self.sample.count) && (12...30).contains(Self.typed.count))
    }

    /// What an honest run takes, measured once.
    private static let baseline = Task { try await measured(HostileServingTests.ours()) }
    private static let terminalBaseline = Task { try await measured(onTerminal()) }

    private static func measured(_ client: ClientProgram) async throws -> Double {
        let honest = HostileRow("ID-01", "an honest peer", .works)
        let finding = try await HostileServingTests.finding(Performance(honest, .whole, client, baseline: nil))
        #expect(finding.verdict == .ok, "\(finding)")
        return finding.mebibytes
    }

    private static func onTerminal() throws -> ClientProgram {
        let settings = HostileServingTests.settings.replacingOccurrences(of: " -n ", with: " -tt ")
        var client = try HostileServingTests.client(ClientProgram.quoted(FairleadTool.path) + " " + settings)
        client.isOnTerminal = true
        return client
    }

    @Test("The tool ends as the row wants, and leaves no process, no file and no word behind", arguments: sample)
    func row(_ choice: Choice) async throws {
        let performance = try Performance(
            choice.row, choice.delivery, HostileServingTests.ours(), baseline: await Self.baseline.value)
        let found = try await HostileServingTests.finding(performance)
        #expect(found.verdict == .ok, "\(found)")
    }

    @Test(
        "On a terminal, with its password typed, the tool ends as the row wants, and leaves the terminal as it found it",
        arguments: typed)
    func onTerminal(_ choice: Choice) async throws {
        let performance = try Performance(
            choice.row, choice.delivery, Self.onTerminal(), baseline: await Self.terminalBaseline.value)
        let found = try await HostileServingTests.finding(performance)
        #expect(found.verdict == .ok, "\(found)")
    }

    @Test(
        "What a client leaves of its terminal is seen",
        arguments: [
            ("stty -echo; exit 255", "leaves the terminal changed"),
            ("stty raw; exit 255", "leaves the terminal changed"),
            ("echo canary-password; exit 255", "shows the password"),
        ])
    func changed(_ script: String, _ reason: String) async throws {
        var client = try HostileServingTests.client("sh -c '\(script)'")
        client.isOnTerminal = true
        let row = try #require(Self.rows.first { $0.id == "ID-13" })
        let found = try await HostileServingTests.finding(Performance(row, .whole, client, baseline: 10))
        #expect(found.verdict == .falls && found.reason == reason, "\(found)")
    }
}
