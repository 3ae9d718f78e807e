import Foundation
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// Certificates that `ssh-keygen -s` made, and such as it would not make.
@Suite struct CertificateTests {
    /// What `ssh-keygen -L` is asked to show, for each kind of certificate.
    private static let requests: [[String]] = [
        ["-h", "-I", "web 1", "-n", "web.example,*.web.example", "-V", "20200101000000Z:20991231235959Z", "-z", "42"],
        ["-h", "-I", "always", "-V", "always:forever", "-z", "18446744073709551615"],
        ["-I", "a user", "-n", "ann,bob", "-V", "20200229120000Z:20240301000000Z"],
        [
            "-I", "restricted", "-n", "ann", "-O", "force-command=/bin/echo \"hi\"", "-O",
            "source-address=10.0.0.0/8,::1", "-O", "no-x11-forwarding", "-O", "verify-required",
        ],
        ["-I", "bare", "-O", "clear"],
    ]

    @Test("Every field agrees with ssh-keygen -L, for every kind of authority", arguments: KeyKind.allCases)
    func authorities(kind: KeyKind) async throws {
        let workshop = try CertificateWorkshop()
        try workshop.add(try await KeyPair.shared(kind, of: .host), as: "authority")
        try workshop.add(try await KeyPair.shared(.ed25519, of: .user), as: "key")
        for request in Self.requests {
            try await compare(workshop, "key", request)
        }
    }

    @Test("Every field agrees with ssh-keygen -L, for every kind of key", arguments: KeyKind.allCases)
    func keys(kind: KeyKind) async throws {
        let workshop = try CertificateWorkshop()
        try workshop.add(try await KeyPair.shared(.ed25519, of: .host), as: "authority")
        try workshop.add(try await KeyPair.shared(kind, of: .user), as: "key")
        for request in Self.requests { try await compare(workshop, "key", request) }
    }

    @Test("Every field agrees with ssh-keygen -L for keys in authenticators")
    func securityKeys() async throws {
        let workshop = try CertificateWorkshop()
        try workshop.add(try await KeyPair.shared(.ed25519, of: .host), as: "authority")
        for key in try SecurityKey.all() {
            try workshop.folder.write(try PublicKey(key.publicKey).openSSHLine + "\n", to: "key.pub")
            for request in Self.requests { try await compare(workshop, "key", request) }
        }
    }

    @Test("RSA authorities sign with any of three hashes, and the signature's own name tells which")
    func hashes() async throws {
        let workshop = try CertificateWorkshop()
        try workshop.add(try await KeyPair.shared(.rsa, of: .host), as: "authority")
        try workshop.add(try await KeyPair.shared(.rsa, of: .user), as: "key")
        for algorithm in [SignatureAlgorithm.rsaSHA512, .rsaSHA256, .rsaSHA1] {
            let certificate = try await workshop.sign(
                "key", by: "authority", ["-t", algorithm.rawValue, "-h", "-I", "x", "-n", "host.example"])
            #expect(certificate.signatureAlgorithm == algorithm)
            #expect(certificate.typeName == "ssh-rsa-cert-v01@openssh.com")
            let fault = fault(of: certificate, for: "host.example", at: 0)
            #expect(fault == (algorithm == .rsaSHA1 ? .authorityAlgorithm("ssh-rsa") : nil))
            #expect(throws: Never.self) {
                try certificate.check(for: "host.example", as: .host, at: 0, algorithms: [algorithm])
            }
        }
    }

    @Test("An authority in an authenticator counts when its assertion is right")
    func securityKeyAuthorities() throws {
        for authority in try SecurityKey.all() {
            var draft = try CertificateDraft()
            draft.authority = authority.publicKey.blob
            draft.sign = authority.sign
            let certificate = try Certificate(blob: draft.blob())
            #expect(certificate.signatureAlgorithm == authority.algorithm)
            draft.sign = { Array(try authority.sign($0).dropLast(5)) }
            #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        }
    }

    @Test("What is out of the ordinary is read or refused as by ssh-keygen -L")
    func oddities() async throws {
        let pair = (Array("b".utf8), string("x".utf8))
        let other = (Array("a".utf8), [UInt8]())
        let changes: [(String, isRead: Bool, (inout CertificateDraft) -> Void)] = [
            ("as it should be", true, { _ in }),
            ("options out of order", true, { $0.extensions = [pair, other] }),
            ("an option twice", true, { $0.extensions = [pair, pair] }),
            ("an option that is no string", true, { $0.extensions = [(pair.0, [1, 2, 3])] }),
            ("an identity that is empty", true, { $0.keyID = [] }),
            ("an identity of odd bytes", true, { $0.keyID = [0xFF, 0x1B] }),
            ("a NUL in the identity", false, { $0.keyID = [0, 1] }),
            ("a NUL in a principal", false, { $0.principals = [[0, 1]] }),
            ("256 principals", true, { $0.principals = .init(repeating: [1], count: 256) }),
            ("257 principals", false, { $0.principals = .init(repeating: [1], count: 257) }),
            ("an end before its start", true, { $0.validBefore = 1 }),
            ("a role of zero", false, { $0.role = 0 }),
            ("a third role", false, { $0.role = 3 }),
            ("a key of another length", false, { $0.keyFields = [[1]] }),
            ("another signature", false, { $0.sign = { string("ssh-ed25519".utf8) + string($0.prefix(64)) } }),
            ("no signature", false, { $0.sign = { _ in [] } }),
            ("no authority", false, { $0.authority = [] }),
        ]
        let folder = try TemporaryDirectory()
        for (name, isRead, change) in changes {
            var draft = try CertificateDraft()
            change(&draft)
            let blob = try draft.blob()
            let text = String(decoding: Base64.encode(blob, padded: true), as: UTF8.self)
            let path = try folder.write("\(draft.typeName) \(text)\n", to: "odd-cert.pub")
            let shown = try await RunningProcess.run("ssh-keygen", ["-L", "-f", path])
            #expect((shown.exit == .status(0)) == isRead, "\(name)")
            #expect((refusal(ofCertificate: blob) == nil) == isRead, "\(name)")
        }
    }

    /// Signs, and compares what we read with what ssh-keygen shows of it.
    private func compare(_ workshop: CertificateWorkshop, _ name: String, _ request: [String]) async throws {
        let line = try await workshop.line(name, by: "authority", request)
        let certificate = try Certificate(line: line)
        let path = workshop.folder.file(name + "-cert.pub")
        let result = try await RunningProcess.runSuccessfully("ssh-keygen", ["-L", "-f", path]) {
            $0.environment["TZ"] = "UTC"
        }
        let shown = result.outputText.split(separator: "\n").dropFirst()
        #expect(shown.map { $0.trimmingCharacters(in: .whitespaces) } == shownLines(certificate))
        let fields = line.split(separator: UInt8(ascii: " "))
        #expect(Base64.encode(certificate.blob, padded: true) == Array(fields[1]))
        #expect(certificate.key == (try PublicKey(line: workshop.folder.bytes(of: name + ".pub"))))
    }

    private func shownLines(_ certificate: Certificate) -> [String] {
        let authority = certificate.authority
        let lines = [
            "Type: \(certificate.typeName) \(certificate.role) certificate",
            "Public key: \(Self.families[certificate.key.typeName] ?? "?")-CERT \(certificate.key.fingerprint.sha256)",
            "Signing CA: \(Self.families[authority.typeName] ?? "?") \(authority.fingerprint.sha256)"
                + " (using \(certificate.signatureAlgorithm.rawValue))",
            "Key ID: \"\(certificate.keyID)\"",
            "Serial: \(certificate.serial)",
            "Valid: " + validity(certificate),
        ]
        return lines + list("Principals:", certificate.principals)
            + list("Critical Options:", certificate.criticalOptions.map(text))
            + list("Extensions:", certificate.extensions.map(text))
    }

    private static let families = [
        "ssh-ed25519": "ED25519", "ssh-rsa": "RSA", "ecdsa-sha2-nistp256": "ECDSA", "ecdsa-sha2-nistp384": "ECDSA",
        "ecdsa-sha2-nistp521": "ECDSA", "sk-ssh-ed25519@openssh.com": "ED25519-SK",
        "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA-SK",
    ]

    private func list(_ title: String, _ items: [String]) -> [String] {
        items.isEmpty ? [title + " (none)"] : [title] + items
    }

    private func text(_ option: Certificate.Option) -> String {
        option.value.isEmpty ? option.name : option.name + " " + option.value
    }

    private func validity(_ certificate: Certificate) -> String {
        let (start, end) = (time(certificate.validAfter), time(certificate.validBefore))
        switch (certificate.validAfter, certificate.validBefore) {
        case (0, .max): return "forever"
        case (0, _): return "before " + end
        case (_, .max): return "after " + start
        default: return "from \(start) to \(end)"
        }
    }

    /// As a fault's sentence tells it, in ssh-keygen's form.
    private func time(_ seconds: UInt64) -> String {
        let words = CertificateFault.expired(at: seconds).sentence.split(separator: " ")
        return words.dropFirst(2).prefix(2).joined(separator: "T")
    }
}
