import SSHCrypto
import SSHIdentity
import Testing

@Suite struct HostNameTests {
    private static let forbidden: [String] = [
        "\n", "\r", "\r\n", "\0", "\u{0B}", "\u{0C}", "\u{1B}", "\u{7F}", "\u{85}", "\u{A0}", "\u{2028}", "\u{2029}",
        "\u{200B}", "\u{202E}", "\u{3000}", "\u{FEFF}", " ", "\t", "#", ",", "*", "?", "!", "@", "|", "[", "]",
    ]

    @Test(
        "C6 a host that could end its field or line, or read as a pattern, is refused, hashed or not",
        arguments: forbidden, [false, true])
    func injection(text: String, isHashed: Bool) throws {
        var random = RandomSource.seeded(1)
        for host in ["\(text)alpha", "al\(text)pha", "alpha\(text)", "alpha\(text)@cert-authority * ssh-ed25519 AAAA"] {
            #expect(throws: HostNameError.forbiddenCharacter(try #require(text.unicodeScalars.first))) {
                try KnownHosts.line(
                    host: host, port: 22, key: testKey(1), hashed: isHashed, random: &random)
            }
        }
    }

    @Test("C6 an empty or endless name and an impossible port are refused")
    func bounds() throws {
        #expect(throws: HostNameError.empty) { try HostName(writing: "", port: 22) }
        #expect(throws: HostNameError.tooLong(byteCount: 1001)) {
            try HostName(writing: String(repeating: "a", count: 1001), port: 22)
        }
        for port in [Int.min, -1, 0, 65536, Int.max] {
            #expect(throws: HostNameError.invalidPort(port)) { try HostName(writing: "alpha", port: port) }
        }
    }

    @Test(
        "LF-06 a name is lower case, and bracketed where the port is not 22",
        arguments: [
            ("Alpha.Example", 22, "alpha.example"), ("Alpha", 2222, "[alpha]:2222"),
            ("FE80::1%Eth0", 22, "fe80::1%eth0"),
            ("::1", 2222, "[::1]:2222"), ("alpha", 0, "alpha"), ("Ä.example", 22, "Ä.example"),
            ("\u{212A}", 22, "\u{212A}"),
        ])
    func normalisation(host: String, port: Int, expected: String) {
        #expect(HostName(host, port: port).bytes == Array(expected.utf8))
    }
}

@Suite struct HostPatternTests {
    @Test(
        "Patterns match as in OpenSSH, and a negated match decides",
        arguments: [
            ("alpha", "alpha", HostPattern.Match.positive), ("alpha", "ALPHA", .positive), ("alpha", "alph", .none),
            ("alpha", "alphas", .none), ("alpha", "a*a", .positive), ("alpha", "*", .positive), ("", "*", .positive),
            ("alpha", "?????", .positive), ("alpha", "????", .none), ("alpha", "*p*h?", .positive),
            ("alpha", "beta,alpha", .positive), ("alpha", "*,!alpha", .negative), ("alpha", "!alpha,*", .negative),
            ("alpha", "!beta", .none), ("alpha", "!beta,*", .positive), ("alpha", "!", .none),
            ("alpha", ",,alpha,", .positive),
            ("alpha", "!!alpha", .none), ("alpha", "**a**", .positive), ("aab", "*ab", .positive), ("alpha", "", .none),
        ])
    func lists(name: String, list: String, expected: HostPattern.Match) {
        let bytes = Array("before \(list) after".utf8)
        let field = bytes[7..<(7 + list.utf8.count)]
        #expect(HostPattern.match(Array(name.utf8), list: field) == expected)
    }

    @Test("G4 a pattern of many stars is decided without backtracking over all of them")
    func manyStars() {
        let name = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
        let pattern = Array((String(repeating: "*a", count: 500) + "*b").utf8)
        #expect(HostPattern.match(name, list: pattern[...]) == .none)
        #expect(HostPattern.match(name + [UInt8(ascii: "b")], list: pattern[...]) == .positive)
    }

    @Test("A pattern longer than OpenSSH's buffer ends the search, as there")
    func longPattern() {
        let long = String(repeating: "a", count: 1023)
        #expect(HostPattern.match(Array("alpha".utf8), list: Array("\(long),alpha".utf8)[...]) == .none)
        #expect(HostPattern.match(Array("alpha".utf8), list: Array("\(long.dropLast()),alpha".utf8)[...]) == .positive)
    }
}
