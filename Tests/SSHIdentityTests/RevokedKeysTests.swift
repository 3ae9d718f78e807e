import NIOCore
import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

/// Revocation lists, compared with `ssh-keygen -k` and `-Q`.
@Suite struct RevokedKeysTests {
    @Test("Every directive of ssh-keygen -k revokes what ssh-keygen -Q finds, over 240 keys and certificates")
    func agreement() async throws {
        let bench = try await RevocationBench(certificateCount: 120)
        let keys = { (directive: String, step: Int) in
            try (0..<20).map { "\(directive): \(try testKey($0 * step).openSSHLine)" }
        }
        let authority = try await KeyPair.shared(.ed25519, of: .host).publicKey
        let fingerprint = try testKey(3).fingerprint.sha256
        let cases: [(specification: [String], authority: String?, revokedCount: Int)] = [
            (["serial: 1", "serial: 59", "serial: 61", "serial: 18446744073709551615"], "ca1", 2),
            (["serial: 5-40"], "ca2", 36),
            (["serial: 5-40"], "none", 72),
            (["serial: 1-18446744073709551615"], "ca1", 60),
            // What is dense becomes a bitmap.
            ((1...60).filter { $0 % 3 == 1 }.map { "serial: \($0)" }, "ca1", 20),
            (["serial: 2-4", "serial: 7", "serial: 9", "serial: 11", "serial: 100-4000"], "ca2", 6),
            (["id: id of ca1"], "ca1", 60), (["id: id of ca1"], "ca2", 0), (["id: id of ca2"], "none", 60),
            (["id: other"], "ca1", 0), (["key: " + authority], nil, 60),
            (try keys("key", 3), nil, 40), (try keys("sha1", 4), nil, 40), (try keys("sha256", 5), nil, 40),
            (["hash: " + fingerprint], nil, 2), (["# nothing"], nil, 0),
        ]
        for (specification, authority, revokedCount) in cases {
            let list = try await bench.makeList(specification, authority: authority)
            try await bench.expectAgreement(on: list, revokedCount: revokedCount)
        }
    }

    @Test("Lists that ssh-keygen makes of certificates, and such as were added to, are read")
    func updatedLists() async throws {
        let bench = try await RevocationBench(certificateCount: 20)
        var list = try await bench.makeList(["serial: 3"], authority: "ca1")
        list = try await bench.makeList(["serial: 4-6"], authority: "ca2", updating: true)
        try await bench.expectAgreement(on: list, revokedCount: 4)
        list = try await bench.makeList(["sha1: " + (try testKey(8).openSSHLine)], authority: nil, updating: true)
        try await bench.expectAgreement(on: list, revokedCount: 6)
        let certificate = try bench.workshop.folder.text(of: "key0-cert.pub")
        list = try await bench.makeList([certificate], authority: nil, updating: true)
        try await bench.expectAgreement(on: list, revokedCount: 7)
    }

    @Test("A list in plain lines revokes its keys, its certificates' keys, and what its authorities signed")
    func plainLists() async throws {
        let bench = try await RevocationBench(certificateCount: 8)
        let authority = try await KeyPair.shared(.ecdsa, of: .host).publicKey
        var lines = ["# revoked", "", " \t ", "  \(try testKey(0).openSSHLine) a comment\r", authority]
        lines.append(try bench.workshop.folder.text(of: "key2-cert.pub"))
        // A type that is never accepted, and a size.
        lines.append("ssh-x " + base64(string("ssh-x".utf8)))
        lines.append(
            "ssh-rsa "
                + base64(string("ssh-rsa".utf8) + string([3]) + string([0x7F] + .init(repeating: 255, count: 63))))
        let revoked = try RevokedKeys(contents: Array(lines.joined(separator: "\n").utf8))
        let expected = ["key0", "key2", "key0-cert", "key2-cert"] + [1, 3, 5, 7].map { "key\($0)-cert" }
        #expect(bench.names(revokedBy: revoked) == Set(expected.map { $0 + ".pub" }))
        #expect(bench.names(revokedBy: try RevokedKeys(contents: [])).isEmpty)
    }

    @Test(
        "A plain list with a line that is no key is an error, which names the line",
        arguments: ["x", "ssh-ed25519", "ssh-ed25519 AAAA", "@revoked * KEY", "no-pty KEY", "KEY\nSSHKRL\n"])
    func unreadableLines(text: String) throws {
        let key = try testKey(1).openSSHLine
        let contents = "# first\n\(key)\n" + text.replacing("KEY", with: key)
        let line = text.hasPrefix("KEY") ? 4 : 3
        #expect(throws: RevokedKeys.Fault.unreadableLine(line)) { try RevokedKeys(contents: Array(contents.utf8)) }
    }

    private func base64(_ bytes: [UInt8]) -> String {
        String(decoding: Base64.encode(bytes, padded: true), as: UTF8.self)
    }
}

/// Keys and certificates, and what ssh-keygen and we say of them.
private struct RevocationBench {
    let workshop: CertificateWorkshop
    private var names: [String] = []
    private var keys: [PublicKey] = []
    private var certificates: [Certificate] = []

    /// So many keys, each with a certificate by `ca1` or, the odd ones, by `ca2`, whose serials count from one.
    init(certificateCount count: Int) async throws {
        workshop = try CertificateWorkshop()
        try workshop.add(try await KeyPair.shared(.ed25519, of: .host), as: "ca1")
        try workshop.add(try await KeyPair.shared(.ecdsa, of: .host), as: "ca2")
        for number in 0..<count {
            keys.append(try testKey(number))
            names.append("key\(number).pub")
            try workshop.folder.write(keys[number].openSSHLine + "\n", to: names[number])
        }
        for (first, authority) in ["ca1", "ca2"].enumerated() {
            let files = stride(from: first, to: count, by: 2).map { workshop.folder.file(names[$0]) }
            let arguments = ["-q", "-s", workshop.folder.file(authority), "-I", "id of \(authority)", "-h", "-z", "+1"]
            try await RunningProcess.runSuccessfully("ssh-keygen", arguments + files)
        }
        for number in 0..<count {
            names.append("key\(number)-cert.pub")
            certificates.append(try Certificate(line: workshop.folder.bytes(of: names[count + number])))
        }
    }

    /// Has ssh-keygen make a list of a specification under an authority's name, or add to the one before.
    func makeList(_ specification: [String], authority: String?, updating: Bool = false) async throws -> [UInt8] {
        let path = try workshop.folder.write(specification.joined(separator: "\n") + "\n", to: "specification")
        var arguments = ["-q", "-k", "-f", workshop.folder.file("krl")]
        if updating { arguments.append("-u") }
        if let authority {
            arguments += ["-s", authority == "none" ? authority : workshop.folder.file(authority + ".pub")]
        }
        try await RunningProcess.runSuccessfully("ssh-keygen", arguments + [path])
        return try workshop.folder.bytes(of: "krl")
    }

    func names(revokedBy list: RevokedKeys) -> Set<String> {
        let verdicts = keys.map(list.isRevoked) + certificates.map(list.isRevoked)
        return Set(zip(names, verdicts).filter(\.1).map(\.0))
    }

    /// Compares our answers with those of `ssh-keygen -Q` on the list that was made last.
    func expectAgreement(on list: [UInt8], revokedCount: Int) async throws {
        let paths = names.map { workshop.folder.file($0) }
        let result = try await RunningProcess.run("ssh-keygen", ["-Q", "-f", workshop.folder.file("krl")] + paths)
        let lines = result.outputText.split(separator: "\n")
        try #require(lines.count == names.count, "\(result.errorText)")
        let expected = Set(zip(names, lines).filter { $0.1.hasSuffix("REVOKED") }.map(\.0))
        #expect(expected.count == revokedCount)
        #expect(names(revokedBy: try RevokedKeys(contents: list)) == expected)
    }
}
