import Fairlead
import Foundation
import NIOCore
import TestSupport
import Testing

/// Certificates of hosts, made by `ssh-keygen` and shown by `sshd`.
@Suite(.fewAtOnce) struct HostCertificateTests {
    typealias Log = HostTrustTests.Log

    /// What an authority wrote, and how it differs from what counts.
    enum Flaw: CaseIterable, Sendable {
        case none, expired, notYet, otherName, noName, criticalOption, weakAuthority

        /// What `ssh-keygen -s` is told.
        var arguments: [String] {
            switch self {
            case .none, .weakAuthority: ["-n", "127.0.0.?,gate.example", "-V", "-1d:+1d"]
            case .expired: ["-n", "127.0.0.1", "-V", "-2d:-1d"]
            case .notYet: ["-n", "127.0.0.1", "-V", "+1d:+2d"]
            case .otherName: ["-n", "127.0.0.2,*.example"]
            case .noName: []
            case .criticalOption: ["-n", "127.0.0.1", "-O", "critical:strange@example=1"]
            }
        }

        var sentence: String {
            switch self {
            case .none: ""
            case .expired: "expired at "
            case .notYet: "is not valid before "
            case .otherName: "is for 127.0.0.2, *.example only"
            case .noName: "names nobody"
            case .criticalOption: "has the critical option strange@example"
            case .weakAuthority: "is signed with ssh-rsa"
            }
        }
    }

    private struct Scene: Sendable {
        let server: OpenSSHServer
        let folder: TemporaryDirectory
        let authority: String
        let log = Log()

        init(_ flaw: Flaw, serial: Int = 7) async throws {
            let folder = try TemporaryDirectory(isPublic: true)
            let pair = try await KeyPair.shared(flaw == .weakAuthority ? .rsa : .ed25519, of: .user)
            let signer = try folder.write(pair.privateText, to: "ca")
            authority = pair.publicKey
            let host = try folder.write(
                try await KeyPair.shared(.ed25519, of: .host).publicLine + "\n", to: "host.pub", mode: 0o644)
            let algorithm = flaw == .weakAuthority ? ["-t", "ssh-rsa"] : []
            try await RunningProcess.runSuccessfully(
                "ssh-keygen",
                ["-q", "-s", signer, "-I", "the gate", "-h", "-z", "\(serial)"] + algorithm + flaw.arguments + [host])
            server = try await OpenSSHServer.withoutProfile {
                $0.hostKeys = [.ed25519]
                $0.lines = ["HostCertificate \(folder.file("host-cert.pub"))"]
            }
            self.folder = folder
        }

        var path: String { folder.file("known_hosts") }
        var name: String { "[\(Loopback.address)]:\(server.port)" }
        var authorityLine: String { "@cert-authority \(name) \(authority)\n" }

        func plainLine() throws -> String { "\(name) \(try server.hostKey(.ed25519))\n" }

        /// What becomes of a login, and by which algorithm the host proved itself.
        func outcome(
            _ knownHosts: String, _ policy: HostKeyPolicy = .strict,
            _ change: (inout HostVerification.KnownHostsOptions) -> Void = { _ in },
            configure: (inout SSHConfiguration) throws -> Void = { _ in }
        ) async throws -> (error: SSHError?, algorithm: String?) {
            try folder.write(knownHosts, to: "known_hosts")
            var rules = HostVerification.KnownHostsOptions(userFiles: [path], policy: policy)
            change(&rules)
            var configuration = server.configuration()
            configuration.hostVerification = .knownHosts(rules)
            configuration.log { [log] in log.add($1) }
            configuration.onHostKey = { [log] in log.told($0, $1) }
            try configure(&configuration)
            do {
                let info = try await withSSHConnection(configuration) { await $0.info }
                let algorithm = info.hostKeyAlgorithm
                var trusted: Certificate?
                if case .certificate(let certificate, _) = log.grounds.last { trusted = certificate }
                #expect(info.hostCertificate?.blob == trusted?.blob)
                #expect(try policy != .strict || folder.text(of: "known_hosts") == knownHosts)
                return (nil, algorithm)
            } catch {
                return (try #require(error as? SSHError), nil)
            }
        }
    }

    @Test("B.20 a certificate of an authority on record is trusted without a question, and nothing is written")
    func good() async throws {
        let scene = try await Scene(.none)
        let (error, algorithm) = try await scene.outcome(scene.authorityLine)
        #expect(error == nil)
        #expect(algorithm == "ssh-ed25519-cert-v01@openssh.com")
        guard case .certificate(let certificate, let line) = scene.log.grounds.first else {
            Issue.record("\(scene.log.grounds)")
            return
        }
        #expect(certificate.keyID == "the gate" && certificate.serial == 7)
        #expect(line.file == scene.path && line.line == 1)
        #expect(scene.log.has("certified by \(certificate.authority.fingerprint.sha256) of \(scene.path):1"))
        for pattern in ["*", "127.0.0.*,!127.0.0.2", scene.name] {
            #expect(try await scene.outcome("@cert-authority \(pattern) \(scene.authority)\n").error == nil)
        }
        // By the alias, which stands in the certificate as well.
        let named = try await scene.outcome(
            "@cert-authority *.example,[*.example]:* \(scene.authority)\n",
            configure: {
                $0.hostKeyAlias = "GATE.example"
            })
        #expect(named.error == nil)
        let result = try await scene.server.tool(
            ["-o", "UserKnownHostsFile=\(scene.path)", "-o", "HostKeyAlias=gate.example"], ["true"])
        #expect(result.exit == .status(0) && result.errorText == "", "\(result.errorText)")
    }

    @Test("Ruling 2: certificates are asked for first where an authority is on record, and the known key where it is")
    func order() async throws {
        let scene = try await Scene(.none)
        let rsa = try await KeyPair.shared(.rsa, of: .host).publicKey
        let both = try await scene.outcome(scene.authorityLine + "\(scene.name) \(rsa)\n")
        #expect(both.error == nil && both.algorithm == "ssh-ed25519-cert-v01@openssh.com")
    }

    @Test(
        "C4 C10 a certificate that does not count says why, and the plain key decides as if there were none",
        arguments: Flaw.allCases.filter { $0 != .none })
    func flawed(flaw: Flaw) async throws {
        let scene = try await Scene(flaw)
        #expect(try await scene.outcome(scene.authorityLine).error?.kind == .hostKeyUnknown)
        #expect(scene.log.has("the certificate of 127.0.0.1 \(flaw.sentence)"), "\(scene.log.lines)")
        let other = try await KeyPair.shared(.ecdsa, of: .user).publicKey
        let changed = scene.authorityLine + "\(scene.name) \(other)\n"
        for policy in [HostKeyPolicy.ask, .acceptNew, .strict] {
            #expect(try await scene.outcome(changed, policy).error?.kind == .hostKeyChanged)
        }
        #expect(scene.log.grounds == [])
        let plain = try scene.plainLine()
        #expect(try await scene.outcome(scene.authorityLine + plain).error == nil)
        #expect(scene.log.grounds == [.knownHosts(try #require(try location(of: plain, scene)))])
    }

    /// Where the plain key stands, in a file that begins with the authority's line.
    private func location(of line: String, _ scene: Scene) throws -> KnownHostLocation? {
        var known = KnownHosts()
        known.add(file: scene.path, contents: Array((scene.authorityLine + line).utf8))
        return known.keys(host: Loopback.address, port: scene.server.port).first?.location
    }

    @Test("C4 an authority for other hosts, or none, leaves the plain key to decide, and says nothing aloud")
    func otherAuthority() async throws {
        let scene = try await Scene(.none)
        for line in [
            "", "@cert-authority *.example \(scene.authority)\n",
            "@cert-authority * \(try scene.server.hostKey(.ed25519))\n",
        ] {
            #expect(try await scene.outcome(line).error?.kind == .hostKeyUnknown, "\(line)")
            #expect(try await scene.outcome(line + scene.plainLine()).error == nil)
        }
        #expect(!scene.log.has("the certificate of"))
        // An authority's line is no plain key, either.
        #expect(try await scene.outcome("\(scene.name) \(scene.authority)\n").error?.kind == .hostKeyChanged)
    }

    @Test("C10 a revoked authority, key or serial is refused under every policy, whatever else is on record")
    func revoked() async throws {
        let scene = try await Scene(.none)
        let all = scene.authorityLine + (try scene.plainLine())
        let key = try scene.server.hostKey(.ed25519)
        let authority = try scene.folder.write(scene.authority + "\n", to: "ca.pub")
        let serial = try scene.folder.write("serial: 7\n", to: "serial")
        try await RunningProcess.runSuccessfully(
            "ssh-keygen", ["-q", "-k", "-s", authority, "-f", scene.folder.file("krl"), serial])
        for policy in [HostKeyPolicy.ask, .acceptNew, .strict, .off] {
            for line in ["@revoked * \(scene.authority)\n", "@revoked * \(key)\n"] {
                #expect(try await scene.outcome(line + all, policy).error?.kind == .hostKeyRevoked)
                #expect(try await scene.outcome(all + line, policy).error?.kind == .hostKeyRevoked)
            }
            for list in [authority, scene.folder.file("krl")] {
                let error = try await scene.outcome(all, policy) { $0.revokedKeysFiles = [list] }.error
                #expect(error?.kind == .hostKeyRevoked)
            }
        }
        #expect(try await scene.outcome(all).error == nil)
    }

    @Test("CASignatureAlgorithms decides which signatures of an authority count")
    func authorityAlgorithms() async throws {
        let scene = try await Scene(.none)
        let narrow = try await scene.outcome(
            scene.authorityLine,
            configure: {
                try $0.select("rsa-sha2-512,ecdsa-sha2-nistp256", for: .authority)
            })
        #expect(narrow.error?.kind == .hostKeyUnknown)
        #expect(scene.log.has("is signed with ssh-ed25519, which is not accepted of an authority"))
        let weak = try await Scene(.weakAuthority)
        let wide = try await weak.outcome(
            weak.authorityLine, configure: { try $0.select("+ssh-rsa", for: .authority) })
        #expect(wide.error == nil)
    }

    @Test(
        "C12 a host that is trusted by a certificate teaches us no keys, and a pin is of the key and not of its authority"
    )
    func otherGrounds() async throws {
        let scene = try await Scene(.none)
        let line = scene.authorityLine
        #expect(try await scene.outcome(line) { $0.updatesHostKeys = .yes }.error == nil)
        var known = KnownHosts()
        known.add(file: "", contents: Array("ca \(scene.authority)\nhost \(try scene.server.hostKey(.ed25519))\n".utf8))
        let authority = try #require(known.keys(host: "ca", port: 22).first).fingerprint
        let host = try #require(known.keys(host: "host", port: 22).first).fingerprint
        #expect(try await scene.outcome(line) { $0.pins = [authority.sha256] }.error?.kind == .hostKeyUnknown)
        #expect(try await scene.outcome(line) { $0.pins = [host.sha256] }.error == nil)
        #expect(scene.log.grounds.last == .pin)
    }
}
