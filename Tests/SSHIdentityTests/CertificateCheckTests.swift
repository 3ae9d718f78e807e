import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// When a certificate counts, and what is no certificate at all.
@Suite struct CertificateCheckTests {
    private func fault(
        for name: String? = "host.example", as role: Certificate.Role = .host, at time: UInt64 = 1500,
        _ change: (inout CertificateDraft) -> Void = { _ in }
    ) throws -> CertificateFault? {
        var draft = try CertificateDraft()
        change(&draft)
        return SSHIdentityTests.fault(of: try Certificate(blob: draft.blob()), for: name, as: role, at: time)
    }

    @Test("C10 a certificate counts only in its own role")
    func roles() throws {
        #expect(try fault() == nil)
        #expect(try fault(as: .user) == .role(.host))
        #expect(try fault { $0.role = 1 } == .role(.user))
        #expect(try fault(as: .user) { $0.role = 1 } == nil)
        for role: UInt32 in [0, 3, .max] {
            var draft = try CertificateDraft()
            draft.role = role
            #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        }
    }

    @Test("C10 a certificate counts from its first second until before its last")
    func validity() throws {
        #expect(try fault(at: 0) == .notYetValid(from: 1000))
        #expect(try fault(at: 999) == .notYetValid(from: 1000))
        #expect(try fault(at: 1000) == nil)
        #expect(try fault(at: 1999) == nil)
        #expect(try fault(at: 2000) == .expired(at: 2000))
        #expect(try fault(at: .max) == .expired(at: 2000))
        #expect(try fault(at: .max - 1) { $0.validBefore = .max } == nil)
        #expect(try fault { $0.validAfter = 2000 } == .notYetValid(from: 2000))
        #expect(
            try fault {
                $0.validAfter = 0
                $0.validBefore = 0
            } == .expired(at: 0))
    }

    @Test(
        "C10 a host's principals are patterns for its name in lower case; without any it is no host's",
        arguments: [
            ("host.example", ["host.example"], true), ("HOST.Example", ["host.example"], true),
            ("host.example", ["HOST.example"], false), ("host.example", ["*.example"], true),
            ("host.example", ["h?st.*"], true), ("a.host.example", ["?.example", "*.host.example"], true),
            ("host.example", ["example", "host"], false), ("host.example", ["*.example.org"], false),
            ("host.example", [""], false), ("", [""], true), ("host.example", ["!other", "hos"], false),
            ("host.example", ["host.example,other"], false), ("*", ["host.example"], false),
            ("10.0.0.1", ["10.*"], true),
        ])
    func hostPrincipals(name: String, principals: [String], counts: Bool) throws {
        let change = { (draft: inout CertificateDraft) in draft.principals = principals.map { Array($0.utf8) } }
        #expect(try fault(for: name, change) == (counts ? nil : .otherPrincipals(principals)))
    }

    @Test("C10 a certificate without principals is nobody's; a user's principals are names, not patterns")
    func userPrincipals() throws {
        #expect(try fault { $0.principals = [] } == .noPrincipals)
        #expect(try fault(for: nil) == .otherPrincipals(["host.example"]))
        let user = { (names: [String]) in
            { (draft: inout CertificateDraft) in
                draft.role = 1
                draft.principals = names.map { Array($0.utf8) }
            }
        }
        #expect(try fault(for: "ann", as: .user, user(["bob", "ann"])) == nil)
        #expect(try fault(for: "ann", as: .user, user(["*", "Ann"])) == .otherPrincipals(["*", "Ann"]))
        #expect(try fault(for: "ann", as: .user, user([])) == .noPrincipals)
        #expect(try fault(for: nil, as: .user, user([])) == nil)
    }

    @Test("C10 any critical option makes a host's certificate count for nothing; extensions and a user's do not")
    func options() throws {
        let options = [(Array("force-command".utf8), string("x".utf8)), (Array("\u{1B}x".utf8), [])]
        #expect(try fault { $0.criticalOptions = options } == .unknownCriticalOption("force-command"))
        #expect(try fault { $0.criticalOptions = [options[1]] } == .unknownCriticalOption("\\x1bx"))
        #expect(try fault { $0.extensions = options } == nil)
        #expect(
            try fault(for: nil, as: .user) {
                $0.role = 1
                $0.criticalOptions = options
            } == nil)
    }

    @Test("What a fault says fits behind 'the certificate', with dates in UTC")
    func sentences() {
        #expect(CertificateFault.expired(at: 0).sentence == "expired at 1970-01-01 00:00:00 UTC")
        #expect(CertificateFault.expired(at: 951_827_696).sentence == "expired at 2000-02-29 12:34:56 UTC")
        #expect(CertificateFault.notYetValid(from: 253_402_300_799).sentence.contains("9999-12-31 23:59:59"))
        #expect(CertificateFault.notYetValid(from: .max).sentence.contains("second 18446744073709551615 after 1970"))
    }

    @Test("B17 a certificate whose authority is a certificate is refused at once, however deep the nest")
    func nests() throws {
        var draft = try CertificateDraft()
        let plain = draft.authority
        draft.authority = []
        draft.sign = { _ in [] }
        // All but the length of the authority's key, the key itself, and an empty signature's length.
        let head = try draft.blob().dropLast(8)
        for depth in [1, 2, 3, 10, 100, 1000, 10_000] {
            var nest: [UInt8] = []
            for level in (0...depth).reversed() {
                let byteCount = UInt32(plain.count + level * (head.count + 8))
                nest += head + withUnsafeBytes(of: byteCount.bigEndian) { Array($0) }
            }
            nest += plain + [UInt8](repeating: 0, count: 4 * (depth + 1))
            #expect(refusal(ofCertificate: nest) == .unsupported(type: "ssh-ed25519-cert-v01@openssh.com"))
        }
        draft = try CertificateDraft()
        draft.keyFields = [try draft.blob()]
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
    }

    @Test("A certificate that is cut anywhere or has a byte more is refused")
    func truncations() throws {
        let blob = try CertificateDraft().blob()
        #expect(refusal(ofCertificate: blob) == nil)
        for count in blob.indices { #expect(refusal(ofCertificate: Array(blob.prefix(count))) != nil, "\(count)") }
        #expect(refusal(ofCertificate: blob + [0]) == .malformed)
    }

    @Test("A certificate with any bit changed does not verify")
    func flippedBits() throws {
        var draft = try CertificateDraft()
        draft.criticalOptions = [(Array("a".utf8), string("b".utf8))]
        draft.extensions = [(Array("c".utf8), [])]
        var blob = try draft.blob()
        for bit in 0..<blob.count * 8 {
            blob[bit / 8] ^= 1 << (bit % 8)
            #expect(refusal(ofCertificate: blob) != nil, "bit \(bit)")
            blob[bit / 8] ^= 1 << (bit % 8)
        }
    }

    @Test("A certificate by one authority in another's name does not verify, nor does a signature of another kind")
    func forgeries() async throws {
        var draft = try CertificateDraft()
        draft.authority = try testKey(3).blob
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        draft = try CertificateDraft()
        draft.sign = { _ in [] }
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        draft.sign = { string("ssh-ed448".utf8) + string($0) }
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        draft.sign = { string("ssh-rsa".utf8) + string($0) }
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
    }

    @Test("A name or an identity with a NUL, and more than 256 principals, are refused")
    func limits() throws {
        var draft = try CertificateDraft()
        draft.principals = [Array("host.example\0".utf8)]
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        draft = try CertificateDraft()
        draft.keyID = [0]
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
        draft = try CertificateDraft()
        draft.principals = (0..<256).map { Array("host\($0)".utf8) }
        #expect(refusal(ofCertificate: try draft.blob()) == nil)
        draft.principals.append([])
        #expect(refusal(ofCertificate: try draft.blob()) == .malformed)
    }

    @Test("Keys of other types are named, and RSA keys under the minimum refused, the authority's too")
    func otherKeys() async throws {
        var draft = try CertificateDraft()
        for type in ["ssh-dss-cert-v01@openssh.com", "ssh-ed25519", "ssh-ed25519-cert-v00@openssh.com", "x"] {
            draft.typeName = type
            #expect(refusal(ofCertificate: try draft.blob()) == .unsupported(type: Name(type)))
        }
        draft.typeName = "ssh-ed448-cert-v01@openssh.com"
        #expect(refusal(ofCertificate: try draft.blob()) == .unsupported(type: "ssh-ed448-cert-v01@openssh.com"))
        let workshop = try CertificateWorkshop()
        try workshop.add(try await KeyPair.shared(.rsa, of: .host), as: "rsa")
        try workshop.add(try await KeyPair.shared(.ed25519, of: .host), as: "plain")
        for (key, authority) in [("rsa", "plain"), ("plain", "rsa")] {
            let certificate = try await workshop.sign(key, by: authority, ["-h", "-I", "x"])
            #expect(refusal(ofCertificate: certificate.blob, minimumRSABitCount: 3072) == .weak(bitCount: 2048))
        }
    }

    @Test("Certificates' names and their plain ones lead to each other")
    func names() {
        let pairs: [(Name, Name)] = [
            ("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com"), ("rsa-sha2-512", "rsa-sha2-512-cert-v01@openssh.com"),
            ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521-cert-v01@openssh.com"),
            ("sk-ssh-ed25519@openssh.com", "sk-ssh-ed25519-cert-v01@openssh.com"),
            ("sk-ecdsa-sha2-nistp256@openssh.com", "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com"),
        ]
        for (plain, certified) in pairs {
            #expect(Certificate.certificateType(for: plain) == certified)
            #expect(Certificate.plainType(of: certified) == plain)
            #expect(Certificate.plainType(of: plain) == nil)
            #expect(Certificate.isCertificate(type: certified) && !Certificate.isCertificate(type: plain))
        }
        #expect(!Certificate.isCertificate(type: "-cert-v01@openssh.com"))
    }

    @Test("What an authority wrote is shown escaped")
    func escapes() throws {
        var draft = try CertificateDraft()
        draft.keyID = Array("\u{1B}[2J".utf8)
        draft.principals = [Array("\u{1B}".utf8)]
        draft.extensions = [(Array("\n".utf8), string("\r".utf8)), (Array("odd".utf8), [7])]
        let certificate = try Certificate(blob: draft.blob())
        #expect(certificate.keyID == "\\x1b[2J")
        #expect(certificate.principals == ["\\x1b"])
        #expect(certificate.extensions.map(\.name) == ["\\x0a", "odd"])
        #expect(certificate.extensions.map(\.value) == ["\\x0d", "\\x07"])
        #expect(throws: KeyError.malformed) { try Certificate(line: Array("ssh-ed25519-cert-v01@openssh.com x".utf8)) }
    }
}
