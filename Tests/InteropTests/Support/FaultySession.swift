import Foundation
import TestSupport

/// The tool at work under the shim, with a real server, and what may not become of it.
final class FaultySession: Sendable {
    enum Work: String, Sendable, CaseIterable {
        /// A session with a host that is put on record, in a file whose last line lacks its end.
        case newHost
        /// A session in which the host's other keys are learnt.
        case learning
        /// A host is taken off the record.
        case forgetting

        /// The status when everything came through.
        var status: Int32 { self == .forgetting ? 0 : 7 }
    }

    /// What one session left behind.
    struct Outcome: Sendable {
        let work: Work
        var result: RunningProcess.Result?
        var counts: FaultShim.Counts
        var complaints: [String] = []
        /// Whether known_hosts is another than before.
        var hasChanged = false

        /// Everything came through.
        var isWhole: Bool { result?.exit == .status(work.status) }
        var isTold: Bool { result?.exit == .status(255) }
        var isStopped: Bool {
            if case .signal = result?.exit { true } else { false }
        }
        var text: String { "\(result.map { "\($0.exit)" } ?? "hangs") \(result?.errorText.suffix(300) ?? "")" }
    }

    private static let input = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
    private static let known =
        "other.example ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    private let server: OpenSSHServer
    private let shim: FaultShim

    init() async throws {
        server = try await ServerProgram.sharedOpenSSH.value
        shim = try await FaultShim.shared
    }

    /// By a name, there is a resolver, and there may be more than one address.
    func run(
        _ fault: FaultShim.Fault? = nil, _ work: Work = .newHost, to host: String = "localhost",
        environment: [String: String] = [:]
    ) async throws -> Outcome {
        let home = try TemporaryDirectory()
        let before = try known(before: work)
        try home.write(before, to: "known_hosts")
        var plan = RunningProcess.Plan(
            try FairleadTool.path, arguments(work, host, home, isPatient: fault == nil && work == .learning))
        plan.environment = plainEnvironment(home: home.path)
        plan.input = .bytes(Self.input)
        shim.precede(&plan, (fault?.environment ?? [:]).merging(environment) { $1 }, counting: home)
        // Past that it hangs.
        let result = try? await RunningProcess(plan).result(within: .seconds(90))
        var outcome = Outcome(work: work, result: result, counts: FaultShim.counts(in: home))
        guard let result else {
            outcome.complaints = ["it hangs"]
            return outcome
        }
        outcome.complaints = complaints(result, work, fault) + leaks(result, home)
        let after = (try? home.text(of: "known_hosts")) ?? ""
        outcome.hasChanged = after != before
        if !isPermitted(after, before, work) { outcome.complaints.append("known_hosts holds \(after)") }
        return outcome
    }

    private func known(before work: Work) throws -> String {
        switch work {
        case .newHost: Self.known
        case .learning: Self.known + "\n[localhost]:\(server.port) \(try server.hostKey(.ed25519))\n"
        case .forgetting: "[localhost]:\(server.port) \(try server.hostKey(.ed25519))\n" + Self.known + "\n"
        }
    }

    /// Keys are learned while the session lasts; a machine with much to do needs its time for that.
    private func arguments(_ work: Work, _ host: String, _ home: TemporaryDirectory, isPatient: Bool) -> [String] {
        let pause = isPatient ? "sleep 3; " : ""
        let options = [
            "-F", "none", "-p", String(server.port), "-o", "UserKnownHostsFile=\(home.file("known_hosts"))", "-o",
            "GlobalKnownHostsFile=/dev/null",
        ]
        if work == .forgetting { return options + ["--forget", host] }
        return options + [
            "-i", server.files.keyPath(.ed25519), "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=accept-new",
            "-o", "KnownHostsCommand=/bin/true",
            "-o", "UpdateHostKeys=\(work == .learning ? "yes" : "no")", "-o", "BatchMode=yes", "\(server.user)@\(host)",
            "cat; \(pause)echo words >&2; exit 7",
        ]
    }

    private func complaints(_ result: RunningProcess.Result, _ work: Work, _ fault: FaultShim.Fault?) -> [String] {
        switch result.exit {
        case .status(work.status):
            if work == .forgetting { return [] }
            // The words of the command are the last.
            return (result.output == Self.input ? [] : ["output of \(result.output.count) bytes"])
                + (result.errorText.hasSuffix("words\n") ? [] : ["the command's words are missing"])
        case .status(255): return result.error.isEmpty ? ["it says nothing"] : []
        case .signal where fault.map { SystemCallFaults.mayStop($0, saying: result.errorText) } == true: return []
        default: return ["it ends with \(result.exit)"]
        }
    }

    /// Lines are there as a whole or not at all, and what was there stays, but for the host that is forgotten.
    private func isPermitted(_ after: String, _ before: String, _ work: Work) -> Bool {
        if after == before { return true }
        let lines = after.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let old = before.split(separator: "\n").map(String.init)
        guard lines.last == "", lines.contains(Self.known) else { return false }
        if work == .forgetting { return lines == [Self.known, ""] }
        let keys = [KeyKind.ed25519, .ecdsa, .rsa].compactMap { try? server.hostKey($0) }
        return old.allSatisfy(lines.contains)
            && lines.dropLast().allSatisfy { line in
                old.contains(line) || keys.contains { line.hasPrefix("[") && line.hasSuffix("]:\(server.port) \($0)") }
            }
    }

    /// The line that the private half begins in, in what was said and in what was written.
    private func leaks(_ result: RunningProcess.Result, _ home: TemporaryDirectory) -> [String] {
        let key = (try? String(contentsOfFile: server.files.keyPath(.ed25519), encoding: .utf8)) ?? ""
        let secret = key.split(separator: "\n").dropFirst(4).first.map(String.init) ?? ""
        let names = FileManager.default.enumerator(atPath: home.path)?.compactMap { $0 as? String } ?? []
        let texts = [result.errorText] + names.compactMap { try? home.text(of: $0) }
        return !secret.isEmpty && texts.allSatisfy { !$0.contains(secret) } ? [] : ["the key is shown"]
    }
}
