@testable import SSHConfig
import Testing

@Suite("Host patterns and Match")
struct PatternTests {
    @Test(
        "* and ? match as in a shell, without regard to dots",
        arguments: [
            ("*", "a.b", true), ("*", "", true), ("?", "", false), ("a*c", "abc", true), ("a*c", "ac", true),
            ("a*c", "acd", false), ("a?c", "abc", true), ("a?c", "ac", false), ("**b", "aab", true), ("", "", true),
            ("", "a", false), ("*.org", "x.y.org", true), ("a*b*c", "aXbYbZc", true), ("A", "a", false),
        ])
    func patterns(pattern: String, text: String, matches: Bool) {
        #expect(HostMatcher.matches(Array(pattern.utf8)[...], Array(text.utf8)) == matches)
    }

    @Test("G4: a pattern of ten thousand stars costs linear time", .timeLimit(.minutes(20)))
    func linearTime() {
        let pattern = Array(String(repeating: "*a", count: 10_000).utf8) + Array("*b".utf8)
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1024)
        for _ in 0..<100 { #expect(!HostMatcher.matches(pattern[...], text)) }
        #expect(HostMatcher.matches([UInt8](repeating: UInt8(ascii: "*"), count: 100_000)[...], text))
    }

    @Test(
        "Host holds if a pattern matches and no negated one does",
        arguments: [
            ("host", true), ("HOST", false), ("other host", true), ("h*t !host", false), ("!host *", false),
            ("!other *", true), ("!other", false), ("\"h?st\"", true), ("other # host", false),
        ])
    func hostLine(patterns: String, holds: Bool) throws {
        let options = try resolve("Host \(patterns)\nPort 23\nHost *\nUser bob")
        #expect(options.port?.value == (holds ? 23 : nil))
        #expect(options.user?.value == "bob")
    }

    @Test(
        "Match judges host, originalhost, user, localuser, all, canonical and final, each with !",
        arguments: [
            ("all", true), ("host host", false), ("host h.example", true), ("host=h.example", true),
            ("Host H.EXAMPLE,other", true), ("!host h.example", false), ("!host other", true),
            ("originalhost host", true),
            ("originalhost h.example", false), ("user bob", true), ("user b*,!bob", false), ("localuser ann", true),
            ("localuser bob", false), ("user bob localuser ann", true), ("user bob localuser x", false),
            ("final", true), ("!final", true), ("canonical", false), ("canonical user bob", false),
            ("!canonical all", true), ("final all", true), ("!final user bob", true),
            ("host \"h.example\" # user x", true),
        ])
    func matchLine(criteria: String, holds: Bool) throws {
        let options = try resolve("HostName H.example\nUser bob\nMatch \(criteria)\nPort 23\nMatch all\nBatchMode yes")
        #expect(options.port?.value == (holds ? 23 : nil))
        #expect(options.batchMode?.value == true)
    }

    @Test(
        "A criterion that nobody gave a way to judge is an error with its file and line, as is one that is none",
        arguments: ["exec", "localnetwork", "version", "nonsense"])
    func unsupported(criterion: String) {
        let error = failure("User bob\n Match \(criterion) \"10.0.0.0/8\"\n")
        #expect(error?.kind == .unsupportedMatch(ConfigText(criterion)))
        #expect(
            error?.description == "\(ConfigFixture.main): line 2: Match criterion \"\(criterion)\" is not supported")
    }

    @Test(
        "LF-10: Match exec does no harm in a block that another criterion rules out",
        arguments: ["host b exec x", "exec x host b"])
    func execRuledOut(criteria: String) throws {
        #expect(try resolve("Match \(criteria)\nPort 3").port == nil)
    }

    @Test(
        "A Match line without sense is an error",
        arguments: ["Match", "Match host", "Match user # x", "Match all host x", "Match host b canonical all"])
    func malformed(line: String) {
        switch failure(line)?.kind {
        case .badMatch, .missingArgument: break
        case let other: Issue.record("\(String(describing: other))")
        }
    }

    @Test("Lines of a block that does not hold are checked all the same")
    func checkedWhenInactive() {
        #expect(failure("Host other\nPort 0")?.source.line == 2)
        #expect(failure("Host other\nxyz 0")?.kind == .unknownKeyword("xyz"))
    }

    @Test("A host that is empty or longer than 1,024 bytes is refused")
    func hostLength() throws {
        #expect(failure("", host: "")?.kind == .badHost)
        #expect(failure("", host: ConfigText([UInt8](repeating: 97, count: 1025)))?.kind == .badHost)
        #expect(try resolve("", host: ConfigText([UInt8](repeating: 97, count: 1024))).port == nil)
    }
}
