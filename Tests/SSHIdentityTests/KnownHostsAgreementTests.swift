import SSHCrypto
import SSHIdentity
import TestSupport
import Testing

/// Verdicts compared with a model that rests on what `ssh-keygen -l -F` finds: a line counts when ssh-keygen shows it.
@Suite struct KnownHostsAgreementTests {
    private static let queries: [(host: String, port: Int)] = [
        ("alpha.example", 22), ("Alpha.EXAMPLE", 22), ("beta.example", 22), ("a.bad.example", 22), ("10.0.0.1", 22),
        ("::1", 22), ("fe80::1%eth0", 22), ("host", 22), ("alpha.example", 2222), ("beta.example", 2222),
        ("::1", 2222), ("10.0.0.1", 22022), ("unheard.of", 22), ("xn--bcher-kva.example", 22),
    ]

    @Test("C5 verdicts agree with ssh-keygen -F for every generated line and query", arguments: 1...8)
    func agreement(seed: Int) async throws {
        let folder = try TemporaryDirectory()
        var generator = LineGenerator(seed: UInt64(seed))
        let keys = try (0..<120).map { try testKey(seed * 1000 + $0) }
        var contents: [UInt8] = []
        for key in keys { contents += try generator.line(for: key) }
        let path = try folder.write(contents, to: "known_hosts")
        let hosts = knownHosts(contents)
        var differences: [String] = []
        for query in Self.queries {
            let exact = try await Found(host: query.host, port: query.port, in: path)
            let portless = try await query.port == 22 ? exact : Found(host: query.host, port: 22, in: path)
            for (index, key) in keys.enumerated() {
                let expected = model(line: index + 1, exact: exact, portless: portless)
                let verdict = hosts.verdict(for: key, host: query.host, port: query.port)
                guard Outline(verdict) != expected else { continue }
                differences.append("\(query) line \(index + 1): \(Outline(verdict)), ssh-keygen: \(expected)")
            }
        }
        #expect(differences.isEmpty)
    }

    @Test("LF-07 names hashed by ssh-keygen -H are found, and only under their own names")
    func hashedBySSHKeygen() async throws {
        let folder = try TemporaryDirectory()
        let names = ["alpha.example", "[alpha.example]:2222", "10.0.0.1", "::1", "[::1]:2222", "fe80::1%eth0"]
        var text = ""
        for (index, name) in names.enumerated() { text += "\(name) \(try testKey(index).openSSHLine)\n" }
        let path = try folder.write(text, to: "known_hosts")
        try await RunningProcess.runSuccessfully("ssh-keygen", ["-H", "-f", path])
        let contents = try folder.bytes(of: "known_hosts")
        #expect(contents.starts(with: "|1|".utf8))
        let hosts = knownHosts(contents)
        let queries = [
            ("alpha.example", 22), ("alpha.example", 2222), ("10.0.0.1", 22), ("::1", 22), ("::1", 2222),
            ("fe80::1%eth0", 22),
        ]
        for (index, query) in queries.enumerated() {
            let verdict = hosts.verdict(for: try testKey(index), host: query.0, port: query.1)
            #expect(verdict == .known(location(index + 1)))
        }
        #expect(hosts.verdict(for: try testKey(0), host: "beta.example", port: 22) == .unknown)
        #expect(hosts.warnings.isEmpty)
    }

    @Test(
        "LF-06 a written line is found again by ssh-keygen -F, plain and hashed",
        arguments: [
            "alpha.example", "UPPER.Example", "10.0.0.1", "::1", "fe80::1%eth0", "vsock/1", "bücher.example",
            "trailing.dot.",
        ])
    func writtenLines(host: String) async throws {
        let folder = try TemporaryDirectory()
        var random = RandomSource.seeded(7)
        for port in [22, 2222] {
            for isHashed in [false, true] {
                let key = try testKey(port)
                let line = try KnownHosts.line(
                    host: host, port: port, key: key, hashed: isHashed, random: &random)
                #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1)
                let path = try folder.write(line, to: "known_hosts")
                let found = try await Found(host: host, port: port, in: path)
                #expect(found.plain == [1])
                #expect(knownHosts(line).verdict(for: key, host: host, port: port) == .known(location(1)))
                #expect(line.starts(with: "|1|".utf8) == isHashed)
            }
        }
    }

    private func model(line: Int, exact: Found, portless: Found) -> Outline {
        if exact.revoked.contains(line) || portless.revoked.contains(line) { return .revoked(line) }
        if exact.plain.contains(line) { return .known(line) }
        guard exact.plain.isEmpty else { return .changed(exact.plain) }
        return portless.plain.contains(line) ? .known(line) : .unknown
    }
}

/// A verdict reduced to line numbers.
private enum Outline: Equatable {
    case known(Int), unknown, changed([Int]), revoked(Int)

    init(_ verdict: HostKeyVerdict) {
        switch verdict {
        case .known(let location): self = .known(location.line)
        case .unknown: self = .unknown
        case .changed(let records): self = .changed(records.map(\.location.line))
        case .revoked(let location): self = .revoked(location.line)
        }
    }
}

/// The lines that `ssh-keygen -l -F` shows for a name.
///
/// It leaves out lines whose key it cannot read.
private struct Found {
    var plain: [Int] = []
    var revoked: [Int] = []

    init(host: String, port: Int, in path: String) async throws {
        let name = host.lowercased()
        let query = port == 22 ? name : "[\(name)]:\(port)"
        let result = try await RunningProcess.run("ssh-keygen", ["-l", "-F", query, "-f", path])
        for line in result.outputText.split(whereSeparator: \.isNewline) where line.hasPrefix("# Host ") {
            let words = line.split(separator: " ")
            guard let position = words.lastIndex(of: "line"), let number = Int(words[position + 1]) else { continue }
            switch words.last {
            case "REVOKED": revoked.append(number)
            case "CA": break
            default: plain.append(number)
            }
        }
    }
}

/// Lines of every kind, good and bad, one for each key.
private struct LineGenerator {
    private var random: SplitMix

    private let atoms = [
        "alpha.example", "beta.example", "Alpha.Example", "10.0.0.1", "::1", "fe80::1%eth0", "*.example",
        "?lpha.example",
        "!beta.example", "!*.bad.example", "[alpha.example]:2222", "[*.example]:2222", "[alpha.example]:*", "[*]:2222",
        "*", "**a*e", "10.0.0.?", "HOST", "h?st", "hos", "", "!", "*:*", "[::1]:2222", "xn--bcher-kva.example",
        "\u{FEFF}host", "host\u{A0}alpha.example", "host\u{0B}",
    ]

    init(seed: UInt64) {
        random = SplitMix(state: seed)
    }

    mutating func line(for key: PublicKey) throws -> [UInt8] {
        let marker = pick([
            "", "", "", "", "", "", "", "@revoked ", "@revoked  ", "@cert-authority ", "@unknown ",
            "@revoked @revoked ", "@revoked @cert-authority ", "@REVOKED ", "@ ",
        ])
        let line = pick(["", "", "", " ", "\t"]) + marker + (try names()) + blank() + keyText(of: key)
        return Array((line + pick(["\n", "\n", "\n", "\r\n"])).utf8)
    }

    private mutating func names() throws -> String {
        let kind = Int.random(in: 0..<10, using: &random)
        if kind == 0 { return try hashed() }
        // One line in three names few hosts, so that not all queries match all lines.
        let count = kind < 5 ? 1 : Int.random(in: 2...4, using: &random)
        let names = (0..<count).map { _ in pick(atoms) }.joined(separator: ",")
        return names.isEmpty ? "," : names
    }

    private mutating func hashed() throws -> String {
        let name = pick(["alpha.example", "[alpha.example]:2222", "10.0.0.1", "::1"])
        let salt = (0..<20).map { _ in UInt8.random(in: 0...255, using: &random) }
        let hash = try HMAC.code(.sha1, key: salt, over: Array(name.utf8))
        let saltText = String(decoding: Base64.encode(salt, padded: true), as: UTF8.self)
        let shortSaltText = String(decoding: Base64.encode(Array(salt.dropLast()), padded: true), as: UTF8.self)
        let hashText = String(decoding: Base64.encode(hash, padded: true), as: UTF8.self)
        return pick([
            "|1|\(saltText)|\(hashText)", "|1|\(saltText)|\(hashText)", "|1|\(saltText)|\(hashText)",
            "|1|\(shortSaltText)|\(hashText)", "|1|\(saltText)\(hashText)", "|1|\(saltText)|",
            "|2|\(saltText)|\(hashText)",
            "|1|\(saltText)|\(hashText),alpha.example", "alpha.example,|1|\(saltText)|\(hashText)", "|1|!|\(hashText)",
        ])
    }

    private mutating func keyText(of key: PublicKey) -> String {
        let line = key.openSSHLine
        let text = String(line.split(separator: " ").last ?? "")
        let lengthened = String(decoding: Base64.encode(key.blob + [0, 0, 0, 0], padded: true), as: UTF8.self)
        let kind = Int.random(in: 0..<30, using: &random)
        switch kind {
        case 0: return "ssh-rsa \(text)"
        case 1: return "ssh-ed25519"
        case 2: return ""
        case 3: return "ssh-ed25519 " + text.dropLast(4)
        case 4: return "ssh-ed25519 " + text.dropLast(3)
        case 5: return "ssh-ed25519 =\(text)"
        case 6: return "# \(line)"
        case 7: return "ssh-ed25519 # \(text)"
        case 8: return "ssh-unheard-of \(text)"
        case 9: return "ssh-ed25519 \(lengthened)"
        case 10: return "ssh-ed25519\u{0B}\(text)"
        case 11: return "SSH-ED25519 \(text)"
        case 12...15: return line + pick([" comment", "\tcomment # more", " #", "  "])
        case 16: return "ssh-ed25519" + blank() + text
        default: return line
        }
    }

    private mutating func blank() -> String {
        pick([" ", " ", "\t", " \t  "])
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices.randomElement(using: &random) ?? ""
    }
}
