import SSHCrypto
import SSHIdentity
import Testing

/// Edits of a file's bytes: forgetting a host, and what a server's new keys may change.
@Suite struct KnownHostsEditTests {
    private func forget(_ host: String, _ port: Int = 22, in text: String) -> (text: String, lines: [Int])? {
        let edit = KnownHostsEdit.forgetting([HostName(host, port: port)], in: Array(text.utf8), of: "f")
        return edit.map { (String(decoding: $0.bytes, as: UTF8.self), $0.removed.map(\.names.location.line)) }
    }

    @Test("forgetting takes whole lines; comments, line ends, markers and broken lines keep their bytes")
    func forgetting() throws {
        let key = try testKey(1).openSSHLine
        let text = """
            # alpha\r
            alpha \(key)\r
            @revoked alpha \(key)
            beta,ALPHA \(key) comment\r
            alpha
            @cert-authority alpha \(key)

            [alpha]:2222 \(key)
              \talpha \(key)
            """
        let edit = try #require(forget("Alpha", in: text))
        #expect(edit.lines == [2, 4, 9])
        let rest = """
            # alpha\r
            @revoked alpha \(key)
            alpha
            @cert-authority alpha \(key)

            [alpha]:2222 \(key)

            """
        #expect(edit.text == rest)
        #expect(forget("alpha", 2222, in: text)?.lines == [8])
        #expect(forget("gamma", in: text) == nil)
        #expect(forget("alpha", in: "@revoked alpha \(key)\n") == nil)
        #expect(forget("alpha", in: "alpha \(key)")?.text == "")
    }

    @Test("what went is told: the names, safe to show, and the key")
    func removed() throws {
        let key = try testKey(1)
        let text = "\u{1B}[2J,alpha \(key.openSSHLine)\nalpha ssh-ed25519 AAAA\n"
        let removed = try #require(
            KnownHostsEdit.forgetting([HostName("alpha", port: 22)], in: Array(text.utf8), of: "f")?.removed)
        #expect(removed.count == 2)
        #expect(removed[0].names.text?.utf8.contains(0x1B) == false)
        #expect(removed[0].names.text?.hasSuffix(",alpha") == true)
        #expect(removed[0].key?.fingerprint == key.fingerprint)
        #expect(removed[1].key == nil)
    }

    @Test("C7 a file cut at any byte, and any byte of it changed, is edited without harm to what stays")
    func damaged() throws {
        var text: [UInt8] = []
        for number in 0..<6 {
            text += Array("\(number % 2 == 0 ? "alpha" : "h\(number)") \(try testKey(number).openSSHLine)\n".utf8)
        }
        let host = [HostName("alpha", port: 22)]
        for index in text.indices {
            let cut = KnownHostsEdit.forgetting(host, in: Array(text[..<index]), of: "f")
            #expect(cut.map { isSubsequence($0.bytes, of: Array(text[..<index])) } ?? true)
            guard index % 7 == 0 else { continue }
            for byte in [0, 9, 10, 13, 0x23, 0x40, 0x7C, 0xFF] as [UInt8] {
                var changed = text
                changed[index] = byte
                let edit = KnownHostsEdit.forgetting(host, in: changed, of: "f")
                #expect(edit.map { isSubsequence($0.bytes, of: changed) } ?? true)
            }
        }
    }

    /// Whether whole lines are left, in their order.
    private func isSubsequence(_ bytes: [UInt8], of text: [UInt8]) -> Bool {
        var lines = text.split(separator: 10, omittingEmptySubsequences: false)[...]
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) where !line.isEmpty {
            guard let index = lines.firstIndex(of: line) else { return false }
            lines = lines[(index + 1)...]
        }
        return true
    }

    private func update(_ text: String, adding: [Int], removing: [Int] = [], hashed: Bool = false) throws -> String? {
        var random = RandomSource.seeded(3)
        let edited = try KnownHostsEdit.updating(
            (adding.map { try testKey($0) }, Set(removing.map { try testKey($0).fingerprint })), of: ("alpha", 22),
            hashed: hashed, in: Array(text.utf8), random: &random)
        return edited.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("new keys are added, old ones go, and nothing else changes")
    func updating() throws {
        let (one, two, three) = (
            try testKey(1).openSSHLine, try testKey(2).openSSHLine, try testKey(3).openSSHLine
        )
        let text = "# c\r\nalpha \(one) old\nbeta \(three)\nalpha \(two)"
        #expect(try update(text, adding: [4]) == text + "\nalpha \(try testKey(4).openSSHLine)\n")
        #expect(
            try update(text, adding: [4], removing: [1])
                == "# c\r\nbeta \(three)\nalpha \(two)\nalpha \(try testKey(4).openSSHLine)\n")
        #expect(try update(text, adding: [2], removing: [1]) == "# c\r\nbeta \(three)\nalpha \(two)\n")
        #expect(try update(text, adding: [1, 2]) == nil, "what is there is not added again")
        #expect(try update(text, adding: [], removing: [9]) == nil, "what is not there is not removed")
        let hashed = try #require(try update(text, adding: [4], hashed: true))
        #expect(hashed.split(separator: "\n").last?.hasPrefix("|1|") == true)
        let verdict = knownHosts(hashed).verdict(for: try testKey(4), host: "alpha", port: 22)
        #expect(verdict == .known(location(5)))
    }

    @Test(
        "C12, ruling 20: nothing is updated where a person arranged more than one name and one key a line",
        arguments: [
            "alpha,beta ONE", "*pha ONE", "al?ha ONE", "alpha,!beta ONE", "@cert-authority alpha TWO\nalpha ONE",
            "@cert-authority * TWO\nalpha ONE", "@revoked alpha TWO\nalpha ONE", "@revoked beta FOUR\nalpha ONE",
            "alpha ONE\nbeta ONE", "alpha ONE\nbeta FOUR", "alpha ONE\n[alpha]:2222 ONE", "alpha ONE\n* FOUR",
        ])
    func forbidden(text: String) throws {
        var text = text + "\n"
        for (name, number) in [("ONE", 1), ("TWO", 2), ("FOUR", 4)] {
            text = text.replacing(name, with: try testKey(number).openSSHLine)
        }
        #expect(try update(text, adding: [4], removing: [1]) == nil)
    }

    @Test("C6 a host that could end its line is refused before anything is changed")
    func injection() throws {
        var random = RandomSource.seeded(3)
        for host in ["alpha\n@cert-authority *", "alpha\r", "al pha", "*", "|1|", "alpha,beta"] {
            #expect(throws: HostNameError.self) {
                try KnownHostsEdit.updating(
                    ([testKey(4)], []), of: (host, 22), hashed: false,
                    in: Array("alpha \(testKey(1).openSSHLine)\n".utf8), random: &random)
            }
        }
    }
}
