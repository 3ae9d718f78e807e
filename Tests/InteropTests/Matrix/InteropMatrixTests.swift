import Fairlead
import Foundation
import NIOCore
import TestSupport
import Testing

/// Every algorithm against every real server that has it; Docs/Protocol.md has the outcome.
@Suite(.serialized, .fewAtOnce) struct InteropMatrixTests {
    private static let isFull = ProcessInfo.processInfo.environment["FAIRLEAD_MATRIX"] == "full"
    /// dropbear drops the sixth connection that has not logged in.
    private static let sessionsAtOnce = 4

    @Test("each algorithm has a real server, or stands among the exceptions with a reason")
    func completeness() throws {
        let record = try MatrixRecord()
        let every = Set(MatrixSlot.allCases.flatMap { slot in slot.names.map { MatrixName(slot: slot, name: $0) } })
        let recorded = Set(record.covered.keys)
        for name in recorded.subtracting(every).sorted() { Issue.record("the table has \(name), the code has not") }
        for name in every.subtracting(recorded).sorted() {
            #expect(record.exceptions[name.name] != nil, "\(name) has no row and no reason for it")
        }
        for (name, servers) in record.covered { #expect(!servers.isEmpty, "\(name) has no server") }
        for (name, reason) in record.exceptions { #expect(reason.count > 10, "\(name): \(reason)") }
        #expect(recorded.count > 40)
        #expect(record.exceptions.keys.allSatisfy { name in !recorded.contains { $0.name == name } })
    }

    @Test("the plan has every pair of names that can meet, and the full one every combination")
    func plan() {
        let names: [MatrixSlot: [String]] = [
            .keyExchange: ["k1", "k2", "k3"], .hostKey: ["h1", "h2"],
            .cipher: ["aes128-ctr", "aes128-gcm@openssh.com"], .mac: ["m1", "m2"], .compression: ["none"],
        ]
        let plan = MatrixPlan(names: names)
        let met = Set(plan.pairwise.flatMap(MatrixPlan.pairs))
        #expect(met == Set(plan.pairs))
        #expect(plan.pairs.count == 6 + 6 + 6 + 3 + 4 + 4 + 2 + 2 + 2 + 2)
        #expect(plan.pairwise.count <= 9)
        #expect(plan.full.count == 3 * 2 * 3)
        #expect(plan.full.contains { $0.description == "k3 h2 aes128-gcm@openssh.com none" })
    }

    @Test(
        "every pair of algorithms logs in, runs a command and carries a mebibyte each way, over new keys",
        .timeLimit(.minutes(InteropMatrixTests.isFull ? 2880 : 60)), arguments: MatrixServer.possible)
    func matrix(program: MatrixServer) async throws {
        var covered: Set<MatrixName> = []
        var identification = ""
        for server in try await program.start() {
            let offer = try ServerOffer(port: server.port)
            identification = offer.identification
            let plan = MatrixPlan(names: offer.shared)
            let combinations = Self.isFull ? plan.full : plan.pairwise
            covered.formUnion(await run(combinations, on: server, of: program))
        }
        try compare(covered, program, identification)
    }

    /// Runs them a few at a time and gives the names of those that went well.
    private func run(
        _ combinations: [MatrixCombination], on server: any InteropServer, of program: MatrixServer
    ) async -> Set<MatrixName> {
        let payload = Self.payload
        let ownLimit = program.ownRekeyByteCount
        return await withTaskGroup(of: Set<MatrixName>.self) { group in
            var covered: Set<MatrixName> = []
            for (index, combination) in combinations.enumerated() {
                if index >= Self.sessionsAtOnce { covered.formUnion(await group.next() ?? []) }
                group.addTask {
                    let faults = await MatrixSession(server, combination, payload, rekeyByteCount: ownLimit).faults()
                    if !faults.isEmpty { Issue.record("\(combination): \(faults.joined(separator: "; "))") }
                    return faults.isEmpty ? combination.all : []
                }
            }
            for await names in group { covered.formUnion(names) }
            return covered
        }
    }

    /// With the very version that the record names, exactly what it says; with another, at least that.
    private func compare(_ covered: Set<MatrixName>, _ program: MatrixServer, _ identification: String) throws {
        let record = try MatrixRecord()
        let heading = try #require(record.heading(of: program), "no column for \(program)")
        let recorded = record.names(of: program)
        for name in recorded.subtracting(covered).sorted() {
            Issue.record("\(heading): \(name) was covered, and is no more")
        }
        guard identification.contains(heading.replacing(" ", with: "_")) else { return }
        for name in covered.subtracting(recorded).sorted() { Issue.record("\(heading): \(name) has no mark") }
    }

    /// Half of it is noise, half is text, so that compression has something to do.
    private static let payload: ByteBuffer = {
        let half = Payload.mebibyte / 2
        let text = Array(repeating: Array("All work and no play makes a dull packet.\n".utf8), count: half / 42 + 1)
        return ByteBuffer(bytes: ((try? Payload.bytes(half)) ?? []) + text.joined().prefix(half))
    }()
}
