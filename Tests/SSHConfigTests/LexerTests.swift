import SSHConfig
import Testing

@Suite("Words and lines of ssh_config")
struct LexerTests {
    @Test(
        "A keyword is followed by blanks, by =, or by = among blanks",
        arguments: ["Port 23", "Port=23", "Port = 23", "  Port\t=\t23  ", "\tPORT  23", "port\t23\r", "\"Port\" 23"])
    func separators(line: String) throws {
        #expect(try resolve(line).port?.value == 23)
    }

    @Test("Only one = is skipped")
    func oneEquals() {
        #expect(
            failure("Port==23")?.kind == .badValue(keyword: .port, value: "=23", allowed: "a number from 1 to 65535"))
    }

    @Test(
        "Quotes and backslashes make one word of many",
        arguments: [
            ("User \"a b\"", "a b"), ("User 'a b'", "a b"), ("User a\\ b", "a b"), ("User a\\\"b", "a\"b"),
            ("User \"a\\\\b\"", "a\\b"), ("User \"a\\ b\"", "a\\ b"), ("User DOM\\user", "DOM\\user"),
            ("User \"a\"'b'", "ab"),
            ("User a\"#\"b", "a#b"),
            ("User a#b", "a#b"), ("User a'\"'", "a\""),
        ])
    func quotes(line: String, user: String) throws {
        #expect(try resolve(line).user?.value == ConfigText(user))
    }

    @Test("A quote without its end is an error", arguments: ["User \"a", "User 'a", "User a\"b c", "\"Port 3"])
    func unterminated(line: String) {
        #expect(failure(line)?.kind == .invalidQuotes)
    }

    @Test("A comment ends a line, and a line of comment says nothing")
    func comments() throws {
        let options = try resolve("# User x\n  #\"\n\n   \r\nUser bob # not \"this\nPort 3 #4\n")
        #expect(options.user == Setting("bob", source: ConfigSource(file: ConfigFixture.main, line: 5)))
        #expect(options.port?.value == 3)
    }

    @Test("CRLF and a form feed at the end of a line are blanks; the last line needs no line feed")
    func lineEnds() throws {
        let options = try resolve("User bob\r\nPort 3\u{0C}\r\nHostName h")
        #expect(options.user?.value == "bob")
        #expect(options.port?.value == 3)
        #expect(options.host == "h")
    }

    @Test("A line with a NUL byte is an error")
    func nul() {
        #expect(failure("User a\u{0}b")?.kind == .nulByte)
    }

    @Test("A value's bytes stay as they are, UTF-8 or not")
    func bytes() throws {
        var fixture = ConfigFixture()
        fixture.files[ConfigFixture.main] = Array("User ".utf8) + [0xE9, 0xFF, 0x0A]
        let user = try fixture.resolve().user?.value
        #expect(user?.bytes == [0xE9, 0xFF])
        #expect(user?.string == nil)
        #expect(user?.description == "\\xe9\\xff")
    }

    @Test("A command is the rest of the line, quotes and # included")
    func command() throws {
        #expect(try resolve("RemoteCommand =  echo \"a b\" # c  \r\n").remoteCommand?.value == "echo \"a b\" # c")
    }
}
