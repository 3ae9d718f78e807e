import SSHCrypto
import SSHIdentity
import SSHWire
import TestSupport
import Testing

@Suite struct KnownHostsTests {
    @Test("An empty record knows no host")
    func empty() throws {
        #expect(KnownHosts().verdict(for: try testKey(1), host: "alpha.example", port: 22) == .unknown)
        #expect(knownHosts("").warnings.isEmpty)
    }

    @Test("KX-25 a differing key of the same type is changed, with every key on record by type, hash, file and line")
    func changed() throws {
        var hosts = knownHosts("# a comment\nalpha.example \(try testKey(1).openSSHLine)\n", file: "first")
        hosts.add(file: "second", contents: Array("*.example \(try testKey(2).openSSHLine)\n".utf8))
        let verdict = hosts.verdict(for: try testKey(3), host: "alpha.example", port: 22)
        let records = [
            KnownHostRecord(
                typeName: "ssh-ed25519", fingerprint: try testKey(1).fingerprint, location: location(2, in: "first")),
            KnownHostRecord(
                typeName: "ssh-ed25519", fingerprint: try testKey(2).fingerprint, location: location(1, in: "second")),
        ]
        #expect(verdict == .changed(records))
        #expect(
            hosts.verdict(for: try testKey(2), host: "alpha.example", port: 22) == .known(location(1, in: "second")))
    }

    @Test(
        "KX-26 a known key of another type makes the shown one changed, even of a type that is not verified here",
        arguments: [
            "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ssh-dss", "sk-ssh-ed25519@openssh.com", "ssh-of-tomorrow",
        ])
    func otherType(type: String) throws {
        let fieldCount = ["ssh-dss": 4, "ssh-of-tomorrow": 1][type] ?? 2
        let hosts = knownHosts("alpha.example \(type) \(opaqueKey(type, fieldCount: fieldCount))\n")
        let verdict = hosts.verdict(for: try testKey(1), host: "alpha.example", port: 22)
        guard case .changed(let records) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(records.map(\.typeName) == [type])
        #expect(records.map(\.location) == [location(1)])
    }

    @Test("KX-27 a revoked key is revoked, even if another line or file has it as good")
    func revoked() throws {
        let line = try testKey(1).openSSHLine
        var hosts = knownHosts("alpha.example \(line)\n", file: "user")
        hosts.add(file: "global", contents: Array("\n@revoked * \(line)\n".utf8))
        let verdict = HostKeyVerdict.revoked(location(2, in: "global"))
        #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 22) == verdict)
        #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 2222) == verdict)
        let other = hosts.verdict(for: try testKey(2), host: "beta.example", port: 22)
        #expect(other == .unknown, "what is revoked is not on record")
    }

    @Test("Ruling 17: a name unknown with its port is tried without; a match counts, a difference does not")
    func portless() throws {
        let hosts = knownHosts(
            """
            alpha.example \(try testKey(1).openSSHLine)
            [beta.example]:2222 \(try testKey(2).openSSHLine)
            beta.example \(try testKey(3).openSSHLine)
            @revoked gamma.example \(try testKey(4).openSSHLine)

            """)
        #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 2222) == .known(location(1)))
        #expect(hosts.verdict(for: try testKey(2), host: "alpha.example", port: 2222) == .unknown)
        #expect(hosts.verdict(for: try testKey(2), host: "beta.example", port: 2222) == .known(location(2)))
        guard case .changed = hosts.verdict(for: try testKey(3), host: "beta.example", port: 2222) else {
            Issue.record("the name with its port is known, so the name without must not count")
            return
        }
        #expect(hosts.verdict(for: try testKey(4), host: "gamma.example", port: 2222) == .revoked(location(4)))
        #expect(hosts.verdict(for: try testKey(2), host: "beta.example", port: 22) != .known(location(2)))
    }

    @Test("C4 a certificate authority's line never stands for a plain key, and hides no other line")
    func certificateAuthority() throws {
        let hosts = knownHosts(
            """
            @cert-authority *.example \(try testKey(1).openSSHLine)
            beta.example \(try testKey(2).openSSHLine)

            """)
        #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .unknown)
        #expect(hosts.verdict(for: try testKey(2), host: "beta.example", port: 22) == .known(location(2)))
        guard case .changed = hosts.verdict(for: try testKey(1), host: "beta.example", port: 22) else {
            Issue.record("an authority's key passed for a host's")
            return
        }
    }

    @Test("C5 only SP and TAB separate: a marker, too, may be followed by a tab")
    func separators() throws {
        let line = try testKey(1).openSSHLine
        let tabbed = knownHosts("@revoked\talpha.example \(line)\n")
        #expect(tabbed.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .revoked(location(1)))
        for separator in ["\u{0B}", "\u{0C}", "\u{A0}", "\u{85}", "\u{2028}", "\r"] {
            let hosts = knownHosts("alpha.example\(separator)\(line)\n")
            #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .unknown)
        }
    }

    @Test("C7 a file cut at any byte gives up the torn line at most")
    func truncation() throws {
        let keys = try (0..<50).map { try testKey($0) }
        var text: [UInt8] = []
        var ends: [Int] = []
        for (index, key) in keys.enumerated() {
            let marker = index % 7 == 3 ? "@cert-authority " : ""
            text += Array("\(marker)host\(index).example,10.0.0.\(index) \(key.openSSHLine) comment\n".utf8)
            ends.append(text.count)
        }
        for count in 0...text.count {
            let hosts = knownHosts(Array(text.prefix(count)))
            let whole = ends.filter { $0 <= count }.count
            #expect(hosts.warnings.allSatisfy { $0.line == whole + 1 })
            for index in [whole - 1, whole] where keys.indices.contains(index) {
                let verdict = hosts.verdict(for: keys[index], host: "host\(index).example", port: 22)
                let isKnown = verdict == .known(location(index + 1))
                #expect(isKnown || verdict == .unknown)
                #expect(isKnown == (index % 7 != 3) || index == whole)
            }
        }
    }

    @Test(
        "C7 a line that cannot be read is skipped with a warning that says where and why; the others still count",
        arguments: [
            ("@marker alpha.example KEY", KnownHostsWarning.Reason.unknownMarker),
            ("@revoked @revoked alpha.example KEY", .unknownMarker), ("alpha.example", .truncated),
            ("alpha.example ssh-ed25519", .truncated), ("alpha.example # KEY", .truncated), ("@revoked", .truncated),
            ("|1|c2FsdA==|aGFzaA== KEY", .malformedHash), ("|1|c2FsdA== KEY", .malformedHash),
            ("|2|MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=|MTIzNDU2Nzg5MDEyMzQ1Njc4OTA= KEY", .malformedHash),
            ("|1|MTIzNDU2Nzg5MDEyMzQ1Njc4OTA |MTIzNDU2Nzg5MDEyMzQ1Njc4OTA= KEY", .malformedHash),
            ("\u{FEFF}alpha.example KEY", .byteOrderMark), ("beta.example ssh-ed25519 AAAA\0BBBB", .nulByte),
        ])
    func unusable(line: String, reason: KnownHostsWarning.Reason) throws {
        let key = try testKey(1)
        let bad = line.replacing("KEY", with: try testKey(2).openSSHLine)
        let hosts = knownHosts("\(bad)\nalpha.example \(key.openSSHLine)\n", file: "some file")
        let warning = try #require(hosts.warnings.first)
        #expect(hosts.warnings.count == 1)
        #expect((warning.file, warning.line, warning.reason) == ("some file", 1, reason))
        #expect(warning.description.hasPrefix("some file:1: "))
        #expect(hosts.verdict(for: key, host: "alpha.example", port: 22) == .known(location(2, in: "some file")))
    }

    @Test(
        "a key that is not complete or not of the named type is skipped, and warned of when its host is asked for",
        arguments: [
            ("ssh-ed25519 AAAA!", KnownHostsWarning.Reason.malformedBase64), ("ssh-ed25519 AAAA", .malformedKey),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==", .malformedKey), ("ecdsa-sha2-nistp256 BLOB", .malformedKey),
            ("ssh-rsa BLOB", .malformedKey), ("ssh-rsa AAAAB3NzaC1yc2EAAAAB/w==", .malformedKey),
        ])
    func unusableKeys(text: String, reason: KnownHostsWarning.Reason) throws {
        let key = try testKey(1)
        let blob = try #require(key.openSSHLine.split(separator: " ").last)
        let hosts = knownHosts("alpha.example \(text.replacing("BLOB", with: blob))\n")
        #expect(hosts.verdict(for: key, host: "alpha.example", port: 22) == .unknown)
        #expect(hosts.warnings(forHost: "alpha.example", port: 22).map(\.reason) == [reason])
        #expect(hosts.warnings(forHost: "beta.example", port: 22).isEmpty)
    }

    @Test("LF-01 CRLF, blank lines, comments and a missing last line feed are read; a NUL ends a line as in OpenSSH")
    func shapes() throws {
        let line = try testKey(1).openSSHLine
        let hosts = knownHosts(
            "\r\n \t\r\n# comment\r\n\t# comment\nalpha.example \(line)\r\n\n  beta.example\t\(line)")
        #expect(hosts.warnings.isEmpty)
        #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .known(location(5)))
        #expect(hosts.verdict(for: try testKey(1), host: "beta.example", port: 22) == .known(location(7)))
        let cut = knownHosts("alpha.example \(line)\0 more\n")
        #expect(cut.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .known(location(1)))
    }

    @Test("LF-01 a file over 16 MiB is not read, and a warning says so")
    func tooLarge() throws {
        let line = Array("alpha.example \(try testKey(1).openSSHLine)\n".utf8)
        let filler = [UInt8](repeating: UInt8(ascii: "\n"), count: KnownHosts.maximumByteCount - line.count)
        let fitting = knownHosts(line + filler)
        #expect(fitting.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .known(location(1)))
        let hosts = knownHosts(line + filler + [UInt8(ascii: "\n")])
        #expect(hosts.warnings.map(\.reason) == [.fileTooLarge])
        #expect(hosts.verdict(for: try testKey(1), host: "alpha.example", port: 22) == .unknown)
    }

    @Test("A file that is no known_hosts yields a bounded list of warnings")
    func manyWarnings() {
        let hosts = knownHosts([UInt8](repeating: UInt8(ascii: "x"), count: 3000).flatMap { [$0, UInt8(ascii: "\n")] })
        #expect(hosts.warnings.count == 1001)
        #expect(hosts.warnings.last?.reason == .furtherLines)
    }

    @Test("An RSA key on record with needless zeros is still the same key")
    func looseNumbers() async throws {
        let pair = try await KeyPair.shared(.rsa, of: .host)
        let key = try PublicKey(line: Array(pair.publicLine.utf8))
        guard case .rsa(let exponent, let modulus) = key.verificationKey else {
            Issue.record("not an RSA key")
            return
        }
        var blob: [UInt8] = []
        for field in [Array("ssh-rsa".utf8), [0, 0] + exponent.magnitude, [0, 0] + modulus.magnitude] {
            blob += withUnsafeBytes(of: UInt32(field.count).bigEndian) { Array($0) } + field
        }
        #expect(blob != key.blob)
        let text = String(decoding: Base64.encode(blob, padded: true), as: UTF8.self)
        for type in ["ssh-rsa", "rsa-sha2-512"] {
            let hosts = knownHosts("alpha.example \(type) \(text)\n")
            #expect(hosts.verdict(for: key, host: "alpha.example", port: 22) == .known(location(1)))
        }
    }

    private func opaqueKey(_ type: String, fieldCount: Int) -> String {
        var blob: [UInt8] = []
        let fields = [Array(type.utf8)] + [[UInt8]](repeating: [1, 2, 3], count: fieldCount)
        for field in fields { blob += [0, 0, 0, UInt8(field.count)] + field }
        return String(decoding: Base64.encode(blob, padded: true), as: UTF8.self)
    }
}
