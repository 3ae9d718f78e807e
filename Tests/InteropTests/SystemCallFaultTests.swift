import Foundation
import PeerSupport
import TestSupport
import Testing

/// One failing call to the system in a whole session of the tool, whichever it is: a key file, a new host that is put on
/// record, input, both outputs and a status.
@Suite(.fewAtOnce, .enabled(if: FaultShim.isPossible)) struct SystemCallFaultTests {
    private static let sampleCount = 30

    @Test("NW-15 The shim counts the calls of a session, and a session under it works")
    func control() async throws {
        let session = try await FaultySession()
        let outcome = try await session.run()
        #expect(outcome.complaints == [] && outcome.isWhole)
        #expect(outcome.counts.failedCount == 0)
        for call in ["read", "write", "connect", "open", "epoll_wait"] {
            #expect(outcome.counts.calls[call, default: 0] > 0, "\(call)")
        }
        let fault = FaultShim.Fault(call: "connect", number: ENOMEM, nth: 0)
        #expect(try await session.run(fault).counts.failedCount > 0)
    }

    @Test(
        "NW-15 Each n-th call that fails ends in whole work, or in a sentence and 255",
        arguments: FaultySession.Work.allCases)
    func nth(_ work: FaultySession.Work) async throws {
        let session = try await FaultySession()
        let clean = try await session.run(nil, work)
        #expect(clean.isWhole && clean.complaints == [] && clean.hasChanged, "\(clean.text)")
        let counts = clean.counts
        var faults = SystemCallFaults.all(of: counts)
        if !FaultReport.isFull {
            // Each call once, for some are made a hundred times.
            var generator = SplitMix(state: 15)
            let choice = Dictionary(faults.shuffled(using: &generator).map { ($0.call, $0) }) { first, _ in first }
            faults = Array(
                choice.values.sorted { $0.call < $1.call }.shuffled(using: &generator).prefix(Self.sampleCount))
        }
        var table = FaultTable()
        try await withThrowingTaskGroup(of: (FaultShim.Fault, FaultySession.Outcome).self) { group in
            var rest = faults[...]
            func next() {
                guard let fault = rest.popFirst() else { return }
                group.addTask { (fault, try await session.run(fault, work)) }
            }
            for _ in 0..<4 { next() }
            while let (fault, outcome) = try await group.next() {
                #expect(outcome.complaints == [], "\(fault): \(outcome.text)")
                table.add(fault, outcome)
                next()
            }
        }
        #expect(table.failedCount > faults.count / 2, "most faults are reached")
        FaultReport.write("\(work.rawValue):\n\n\(table.text)")
    }

    @Test(
        "NW-04 A network or a host that cannot be reached is a sentence that says so, and 255",
        arguments: [ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, ECONNREFUSED])
    func unreachable(number: Int32) async throws {
        let session = try await FaultySession()
        let last = try await session.run(.init(call: "connect", number: number, nth: 1), to: Loopback.address)
        #expect(last.complaints == [] && last.isTold && last.counts.failedCount == 1)
        #expect(last.result?.errorText.contains(String(cString: strerror(number))) == true, "\(last.text)")
    }

    @Test(
        "NW-06 A resolver that has no answer, for whatever reason, is a sentence and 255",
        arguments: [EAI_AGAIN, EAI_FAIL, EAI_NONAME, EAI_MEMORY, EMFILE])
    func resolver(number: Int32) async throws {
        let session = try await FaultySession()
        let outcome = try await session.run(.init(call: "getaddrinfo", number: number, nth: -1), to: "localhost")
        #expect(outcome.complaints == [] && outcome.isTold && outcome.counts.failedCount > 0, "\(outcome.text)")
        #expect(outcome.result?.errorText.contains("localhost") == true, "\(outcome.text)")
    }

    /// A program that the tool is to start on its way.
    enum Helper: String, CaseIterable, Sendable { case knownHostsCommand, askpass, matchExec }

    @Test(
        "G3: a program that the system does not start is a sentence and 255, and no signal goes to whom it may not",
        .enabled(if: isInstalled("strace")), arguments: Helper.allCases, [EAGAIN, ENOMEM, ENOENT, EACCES])
    func spawn(_ helper: Helper, number: Int32) async throws {
        let server = try await ServerProgram.sharedOpenSSH.value
        let shim = try await FaultShim.shared
        let folder = try TemporaryDirectory()
        let file = try folder.write("Match exec \"exit 0\"\n", to: "config")
        let reason = String(cString: strerror(number))
        let (options, words) =
            switch helper {
            case .knownHostsCommand:
                (["-oKnownHostsCommand=/bin/true"], "KnownHostsCommand /bin/true failed: \(reason)")
            case .askpass:
                (
                    ["-oBatchMode=no", "-oStrictHostKeyChecking=ask", "-oUserKnownHostsFile=\(folder.file("none"))"],
                    "fairlead: /bin/true: \(reason)"
                )
            case .matchExec: ([], "match exec 'exit 0' error")
            }
        let trace = folder.file("trace")
        let arguments = options + server.clientArguments().map { $0 == "none" && helper == .matchExec ? file : $0 }
        var plan = RunningProcess.Plan("strace")
        plan.environment = [:]
        let fault = FaultShim.Fault(call: "posix_spawnp", number: number, nth: -1)
        shim.precede(&plan, fault.environment, counting: folder)
        // The shim is for the tool alone.
        plan.arguments =
            ["-f", "-qq", "-e", "trace=kill,tgkill", "-o", trace]
            + plan.environment.flatMap { ["-E", "\($0.key)=\($0.value)"] }
            + [try FairleadTool.path] + arguments + [server.destination, "true"]
        plan.environment = plainEnvironment(
            home: folder.path, ["SSH_ASKPASS": "/bin/true", "SSH_ASKPASS_REQUIRE": "force"])
        let result = try await RunningProcess(plan).result()
        #expect(FaultShim.counts(in: folder).failedCount > 0)
        #expect(result.exit == .status(255) && result.errorText.contains(words), "\(result.errorText)")
        let calls = try folder.text(of: "trace")
        for target in ["-", "0,", "1,"] { #expect(!calls.contains("kill(" + target), "\(calls)") }
    }

    @Test(
        "NW-14 A storm of signals, and calls that are interrupted every second time, have no effect",
        arguments: ["read", "write", "epoll_wait", "poll", "connect", "getrandom", ""])
    func interrupted(call: String) async throws {
        let session = try await FaultySession()
        let outcome =
            call.isEmpty
            ? try await session.run(environment: ["FAULT_ALARM": "1"])
            : try await session.run(.init(call: call, number: EINTR, nth: 0))
        #expect(outcome.complaints == [] && outcome.isWhole, "\(outcome.text)")
    }

    @Test("NW-11 A wall clock that jumps a day, either way, has no effect", arguments: [86_400, -86_400])
    func jump(seconds: Int) async throws {
        let session = try await FaultySession()
        let outcome = try await session.run(environment: ["FAULT_CLOCK": String(seconds)])
        #expect(outcome.complaints == [] && outcome.isWhole, "\(outcome.text)")
    }
}
