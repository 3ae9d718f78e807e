import Fairlead
import SSHConfig
import Testing

@testable import FairleadCommand

@Suite struct NamePatternTests {
    @Test(
        "* stands for any run of characters and ? for one",
        arguments: [
            ("LANG", "LANG", true), ("LANG", "LANGUAGE", false), ("LANG", "LAN", false), ("LC_*", "LC_ALL", true),
            ("LC_*", "LC_", true), ("LC_*", "LC", false), ("*", "", true), ("", "", true), ("", "A", false),
            ("?", "", false),
            ("?", "A", true), ("A?C", "ABC", true), ("A?C", "AC", false), ("*B*", "ABC", true), ("*B", "ABCB", true),
            ("*B", "ABC", false), ("A**C", "AC", true), ("a", "A", false), ("A*B?D", "AxBxBCD", true),
        ])
    func patterns(pattern: String, name: String, matches: Bool) {
        #expect(NamePattern.matches(pattern, name) == matches)
    }

    @Test("many stars against a long name that does not match take no longer than their product")
    func manyStars() {
        let pattern = String(repeating: "*A", count: 500) + "B"
        #expect(!NamePattern.matches(pattern, String(repeating: "A", count: 2000)))
    }
}

@Suite struct ExitCodeTests {
    @Test(
        "the remote status is ours, cut to eight bits", arguments: [(0, 0), (1, 1), (255, 255), (256, 0), (0x1_02, 2)])
    func status(code: UInt32, expected: Int32) {
        #expect(ExitCode.of(.code(code), standsInForSSH: false) == expected)
        #expect(ExitCode.of(.code(code), standsInForSSH: true) == expected)
    }

    @Test(
        "death by a signal is 128 and its number",
        arguments: [
            ("HUP", 129), ("INT", 130), ("QUIT", 131), ("ABRT", 134), ("KILL", 137), ("SEGV", 139), ("PIPE", 141),
            ("TERM", 143),
        ])
    func signal(name: String, expected: Int32) {
        #expect(ExitCode.of(.signal(name: name, dumpedCore: false, message: ""), standsInForSSH: false) == expected)
    }

    @Test("death by a signal is 255 where we stand in for ssh, and by an unknown one everywhere")
    func signalAsSSH() {
        let term = ExitStatus.signal(name: "TERM", dumpedCore: true, message: "x")
        #expect(ExitCode.of(term, standsInForSSH: true) == 255)
        let unknown = ExitStatus.signal(name: "STRANGE@example", dumpedCore: false, message: "")
        #expect(ExitCode.of(unknown, standsInForSSH: false) == 255)
    }

    @Test("no status at all is 255")
    func unknown() {
        #expect(ExitCode.of(.unknown, standsInForSSH: false) == 255)
    }
}

@Suite struct OptionTableTests {
    @Test("no option stands twice")
    func names() {
        let names = OptionTable.options.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test("the help has one line for each option, with the name of its value")
    func usage() {
        let lines = OptionTable.usage.split(separator: "\n").map(String.init)
        #expect(lines.first == "usage: fairlead [options] [user@]host [command ...]")
        #expect(lines.count == OptionTable.options.count + 1)
        for option in OptionTable.options {
            let head = "  \(option.flag)" + (option.value.map { " \($0) " } ?? " ")
            #expect(lines.contains { $0.hasPrefix(head) && $0.hasSuffix(option.help) })
        }
        #expect(lines.allSatisfy { $0.count <= 79 })
    }

    @Test("every letter that ssh takes is known")
    func letterCoverage() {
        let letters = "1246AaBbCcDEeFfGgIiJKkLlMmNnOopPQqRSsTtVvWwXxYyZ"
        #expect(letters.filter { OptionTable.option(String($0)) == nil } == "")
    }
}

@Suite struct VerbosityTests {
    private func verbosity(_ arguments: [String], _ setting: String = "") throws -> Verbosity {
        let option = setting.isEmpty ? [] : ["-oLogLevel=" + setting]
        return try Planner(Invocation(["-F", "none"] + option + arguments + ["host"])).verbosity
    }

    @Test("each -v is one level more, up to three, and comes before LogLevel")
    func flags() throws {
        #expect(try verbosity(["-v"]).level == .debug1)
        #expect(try verbosity(["-vv"]).level == .debug2)
        #expect(try verbosity(["-vvv"]).level == .debug3)
        #expect(try verbosity(["-vvvvv"], "QUIET").level == .debug3)
    }

    @Test("LogLevel holds where no flag does, and INFO where nothing does")
    func setting() throws {
        #expect(try verbosity([]).level == .info)
        #expect(try verbosity([], "ERROR").level == .error)
        #expect(try verbosity(["-q"], "DEBUG3").level == .quiet)
    }

    @Test("only QUIET drops banners")
    func banners() throws {
        for level in ConfigLogLevel.allCases { #expect(Verbosity(level).showsBanners == (level != .quiet)) }
    }
}
