import SSHCrypto
import TestSupport
import Testing

@testable import SSHIdentity

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

    // Twenty files of 120 lines and 500 names each are the 10,000 queries of issue 4. There are no exceptions.
    @Test("C5 of 10,000 names, ssh-keygen -F finds in each file the very lines that are found here", arguments: 1...20)
    func tenThousandQueries(seed: Int) async throws {
        let folder = try TemporaryDirectory()
        var generator = LineGenerator(seed: UInt64(seed) << 32)
        let keys = try (0..<120).map { try testKey(seed * 1000 + $0) }
        var contents: [UInt8] = []
        for key in keys { contents += try generator.line(for: key) }
        let path = try folder.write(contents, to: "known_hosts")
        let queries = (0..<500).map { _ in generator.query() }
        let found = try await Found.all(queries, in: path)
        #expect(found.count == queries.count)
        let text = KnownHostsText(path: path, bytes: contents)
        let hosts = knownHosts(contents, file: path)
        var differences: [String] = []
        for (query, theirs) in zip(queries, found) {
            let lines = text.lines(for: [HostName(query.host, port: query.port)])[0]
            let ours = Found(lines.filter { (try? KnownHostEntry.read($0, of: text).get()) != nil })
            let records = hosts.keys(host: query.host, port: query.port).map(\.location.line)
            if ours != theirs || records != theirs.plain { differences.append("\(query): \(ours), theirs \(theirs)") }
        }
        #expect(differences.isEmpty)
        #expect(
            found.contains { !$0.plain.isEmpty } && found.contains { !$0.revoked.isEmpty && !$0.authorities.isEmpty })
    }

    @Test("what ssh-keygen -R removes is removed here too, and the rest keeps its bytes", arguments: 1...6)
    func removal(seed: Int) async throws {
        let folder = try TemporaryDirectory()
        var generator = LineGenerator(seed: UInt64(seed) << 16)
        var contents: [UInt8] = []
        // ssh-keygen refuses a whole file for one line that it cannot read.
        while contents.count(where: { $0 == UInt8(ascii: "\n") }) < 60 {
            let line = try generator.line(for: testKey(contents.count))
            let text = KnownHostsText(path: "", bytes: line)
            guard let read = text.lines.first, (try? KnownHostEntry.read(read, of: text).get()) != nil else { continue }
            contents += line
        }
        var removals = 0
        for (index, query) in Self.queries.enumerated() {
            let path = try folder.write(contents, to: "known_hosts-\(index)")
            let name = query.port == 22 ? query.host : "[\(query.host)]:\(query.port)"
            // It fails where it finds nothing.
            _ = try await RunningProcess.run("ssh-keygen", ["-R", name.lowercased(), "-f", path])
            let theirs = try folder.bytes(of: "known_hosts-\(index)")
            let host = HostName(query.host, port: query.port)
            let ours = KnownHostsEdit.forgetting([host], in: contents, of: path)
            let isSame = (ours?.bytes ?? contents).filter { $0 != 13 } == theirs.filter { $0 != 13 }
            #expect(isSame, "\(query)")
            removals += ours == nil ? 0 : 1
            let removed = ours?.removed.map(\.names.location.line) ?? []
            #expect(removed == knownHosts(contents).keys(host: query.host, port: query.port).map(\.location.line))
        }
        #expect(removals > 3)
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
private struct Found: Equatable {
    var plain: [Int] = []
    var revoked: [Int] = []
    var authorities: [Int] = []

    init(host: String, port: Int, in path: String) async throws {
        self = try #require(try await Self.all([(host, port)], in: path).first)
    }

    init(_ lines: [KnownHostsText.Line]) {
        plain = lines.filter { $0.marker == .none }.map(\.number)
        revoked = lines.filter { $0.marker == .revoked }.map(\.number)
        authorities = lines.filter { $0.marker == .certificateAuthority }.map(\.number)
    }

    private init(output: ArraySlice<Substring>) {
        for line in output where line.hasPrefix("# Host ") {
            let words = line.split(separator: " ")
            guard let position = words.lastIndex(of: "line"), let number = Int(words[position + 1]) else { continue }
            switch words.last {
            case "REVOKED": revoked.append(number)
            case "CA": authorities.append(number)
            default: plain.append(number)
            }
        }
    }

    /// What one run of `ssh-keygen` a query finds, all in one shell.
    static func all(_ queries: [(host: String, port: Int)], in path: String) async throws -> [Found] {
        // In lower case, as ssh looks for them.
        let names = queries.map { ($0.port == 22 ? $0.host : "[\($0.host)]:\($0.port)").lowercased() }
        let script = """
            while IFS= read -r name; do echo "?"; ssh-keygen -l -F "$name" -f "$0" </dev/null; done; true
            """
        let result = try await RunningProcess.run("sh", ["-c", script, path], within: .seconds(300)) {
            $0.input = .bytes(Array(names.map { $0 + "\n" }.joined().utf8))
        }
        #expect(result.exit == .status(0))
        // Bytes, for a comment may end in CR, and CR LF is one character.
        let lines = result.output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self)[...] }
        return lines.split(separator: "?", omittingEmptySubsequences: false).dropFirst().map(Found.init)
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

    /// A name to look for: one that a line may have, in any case, or its neighbour.
    mutating func query() -> (host: String, port: Int) {
        var host = pick(
            atoms.map { $0.filter { !"!*[]".contains($0) } } + ["10.0.0.7", "a.bad.example", "x.example", "unheard.of"])
        host = host.split(separator: ":", maxSplits: 1).first.map { host.hasPrefix("::") ? host : String($0) } ?? host
        switch Int.random(in: 0..<8, using: &random) {
        case 0: host = host.uppercased()
        case 1: host = "sub." + host
        case 2: host = String(host.dropLast())
        case 3: host += "."
        default: break
        }
        let port = [22, 22, 22, 2222, 2222, 22022].randomElement(using: &random) ?? 22
        return (host.isEmpty ? "host" : host, port)
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
