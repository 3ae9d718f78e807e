import Fairlead
import Foundation
import TestSupport
import Testing

/// What ssh-audit, which judges clients by their offer, has to remark about ours.
///
/// It listens, reads our KEXINIT and hangs up, sometimes before it has sent its own: the tool then tries once more, finds
/// nobody there, and exits with 255.
@Suite(.fewAtOnce) struct AuditTests {
    /// What it prints with `-j`, as far as it matters here.
    private struct Report: Decodable {
        struct Judgement: Decodable {
            let algorithm: String
            let notes: [String: [String]]
        }

        let kex, key, enc, mac: [Judgement]
        let compression: [String]
        let cves: [String]

        /// "name: remark" for each remark above the mere information.
        var remarks: Set<String> {
            Set(
                (kex + key + enc + mac).flatMap { judgement in
                    judgement.notes.filter { $0.key != "info" }.flatMap { level, texts in
                        texts.map { "\(level) \(judgement.algorithm): \($0)" }
                    }
                })
        }
    }

    /// Its judgement of what the tool offers with these options.
    ///
    /// Where it gave none (it may lose its port, or its patience on a busy machine), it is asked again.
    private func audit(_ options: [String]) async throws -> Report {
        for _ in 0..<4 {
            let output = try await judgement(options)
            if let report = try? JSONDecoder().decode(Report.self, from: Data(output)) { return report }
        }
        let output = try await judgement(options)
        #expect(!output.isEmpty, "ssh-audit said nothing")
        return try JSONDecoder().decode(Report.self, from: Data(output))
    }

    private func judgement(_ options: [String]) async throws -> [UInt8] {
        let home = try TemporaryDirectory()
        let port = try Loopback.freePort()
        var plan = RunningProcess.Plan(
            try AsyncSSHServer.python, ["-m", "ssh_audit", "-c", "-4", "-j", "-t", "60", "-p", String(port)])
        plan.environment = plainEnvironment(home: home.path, ["PYTHONDONTWRITEBYTECODE": "1"])
        let auditor = try RunningProcess(plan)
        defer { auditor.kill() }
        let clock = ContinuousClock()
        let end = clock.now + .seconds(60)
        // A connection to see whether it listens already would be what it judges.
        while auditor.exit == nil, clock.now < end {
            let result = try await FairleadTool.run(
                options + [
                    "-F", "none", "-p", String(port), "-o", "BatchMode=yes", "-o", "GlobalKnownHostsFile=/dev/null",
                    "user@127.0.0.1", "true",
                ], home: home.path)
            #expect(result.exit == .status(255))
        }
        return try await auditor.result().output
    }

    @Test("ssh-audit has nothing to remark about the strict profile")
    func strict() async throws {
        let report = try await audit(["--profile", "strict"])
        #expect(report.remarks == [])
        #expect(report.cves == [])
        #expect(report.kex.count >= 4 && report.key.count == 8 && report.enc.count == 3 && report.mac.count == 2)
    }

    @Test(
        """
        ssh-audit remarks about the default profile only NIST's curves, exchanges that are not post-quantum, \
        encrypt-and-MAC and the group of 2,048 bits
        """)
    func standard() async throws {
        let report = try await audit([])
        #expect(report.remarks == Self.expected)
        #expect(report.cves == [])
    }

    @Test("ssh-audit finds fault with the legacy profile, so that its silence elsewhere means something")
    func legacy() async throws {
        let report = try await audit(["--profile", "legacy"])
        #expect(report.remarks.isSuperset(of: Self.expected))
        for name in ["diffie-hellman-group1-sha1", "ssh-rsa", "3des-cbc", "hmac-sha1"] {
            #expect(report.remarks.contains { $0.hasPrefix("fail \(name): ") }, "\(name)")
        }
    }

    private static let expected: Set<String> = {
        let curves = ["nistp256", "nistp384", "nistp521"]
        let backdoor =
            "using elliptic curves that are suspected as being backdoored by the U.S. National Security Agency"
        var remarks: Set<String> = [
            "warn diffie-hellman-group14-sha256: 2048-bit modulus only provides 112-bits of symmetric strength",
            "warn hmac-sha2-256: using encrypt-and-MAC mode", "warn hmac-sha2-512: using encrypt-and-MAC mode",
        ]
        let certified = (curves.map { "ecdsa-sha2-\($0)" } + ["sk-ecdsa-sha2-nistp256"]).map {
            $0 + "-cert-v01@openssh.com"
        }
        for name in curves.map({ "ecdsa-sha2-\($0)" }) + ["sk-ecdsa-sha2-nistp256@openssh.com"] + certified {
            remarks.insert("fail \(name): \(backdoor)")
            remarks.insert("warn \(name): using weak random number generator could reveal the key")
        }
        let classical =
            ["curve25519-sha256", "curve25519-sha256@libssh.org"]
            + ["group-exchange-sha256", "group16-sha512", "group18-sha512", "group14-sha256"].map {
                "diffie-hellman-\($0)"
            }
        for name in curves.map({ "ecdh-sha2-\($0)" }) { remarks.insert("fail \(name): \(backdoor)") }
        for name in classical + curves.map({ "ecdh-sha2-\($0)" }) {
            remarks.insert("warn \(name): does not provide protection against post-quantum attacks")
        }
        return remarks
    }()
}
