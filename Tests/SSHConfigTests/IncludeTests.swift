import SSHConfig
import Testing

@Suite("Include and files")
struct IncludeTests {
    @Test(
        "A path is relative to ~/.ssh in the user's files; ~ and variables are expanded",
        arguments: ["part", "/home/ann/.ssh/part", "~/.ssh/part", "~ann/.ssh/part", "${DIR}/part", "%d/.ssh/part"])
    func userPaths(path: String) throws {
        var fixture = ConfigFixture("Include \(path)", files: ["/home/ann/.ssh/part": "\nPort 3"])
        fixture.variables["DIR"] = "/home/ann/.ssh"
        #expect(try fixture.resolve().port == Setting(3, source: ConfigSource(file: "/home/ann/.ssh/part", line: 2)))
    }

    @Test("A path is relative to /etc/ssh in the system's files, where ~ is refused")
    func systemPaths() throws {
        let fixture = ConfigFixture("Include part", files: ["/etc/ssh/part": "Port 3"])
        #expect(try fixture.resolve(owner: .system).port?.value == 3)
        #expect(ConfigFixture("Include ~/x").failure(owner: .system)?.kind == .badIncludePath("~/x"))
    }

    @Test("All files of a pattern are read in the reader's order, several patterns in theirs; no file is no error")
    func patterns() throws {
        var fixture = ConfigFixture(
            "Include /none d/* /c", files: ["/a": "IdentityFile /1", "/b": "IdentityFile /2", "/c": "IdentityFile /3"])
        fixture.globbed["/home/ann/.ssh/d/*"] = ["/b", "/a"]
        #expect(try fixture.resolve().identityFiles?.map(\.value) == ["/2", "/1", "/3"])
    }

    @Test("An included file begins inside its block and cannot change it")
    func blocks() throws {
        let files = ["/a": "Port 3\nHost host\nUser bob\nHost other\n"]
        let inside = try ConfigFixture("Host host\nInclude /a\nBatchMode yes", files: files).resolve()
        #expect(inside.port?.value == 3)
        #expect(inside.user?.value == "bob")
        #expect(inside.batchMode?.value == true)
        let outside = try ConfigFixture("Host other\nInclude /a", files: files).resolve()
        #expect(outside.port == nil)
        #expect(outside.user == nil)
        #expect(
            ConfigFixture("Host other\nInclude /a", files: ["/a": "xyz 1"]).failure()?.source
                == ConfigSource(file: "/a", line: 1))
    }

    @Test("LF-10: sixteen levels of Include are read, a seventeenth and a cycle are errors")
    func depth() throws {
        var files: [String: String] = [:]
        for level in 1..<16 { files["/\(level)"] = "Include /\(level + 1)" }
        files["/16"] = "Port 3"
        #expect(try ConfigFixture("Include /1", files: files).resolve().port?.value == 3)
        files["/16"] = "Include /17"
        #expect(ConfigFixture("Include /1", files: files).failure()?.kind == .includeTooDeep)
        #expect(ConfigFixture("Include /a", files: ["/a": "Include /a"]).failure()?.kind == .includeTooDeep)
    }

    @Test("LF-10: a file that includes itself many times over ends at the bound of files")
    func fanOut() {
        let text = "Host none\n" + String(repeating: "Include /a\n", count: 3)
        let leaf = String(repeating: "Include /b\n", count: 5000)
        #expect(ConfigFixture(text, files: ["/a": leaf, "/b": ""]).failure()?.kind == .tooManyFiles)
    }

    @Test("LF-10: a pattern that finds a hundred thousand files ends at the bound of files")
    func manyFiles() {
        var fixture = ConfigFixture("Include /d/*", files: ["/x": ""])
        fixture.globbed["/d/*"] = [String](repeating: "/x", count: 100_000)
        #expect(fixture.failure()?.kind == .tooManyFiles)
        #expect(fixture.failure()?.source == ConfigSource(file: ConfigFixture.main, line: 1))
    }

    @Test("LF-10: another user's home directory is an error with its line")
    func unknownHome() {
        #expect(failure("Include ~nobody/x")?.kind == .expansion(keyword: .include, .unknownHome("nobody")))
    }

    @Test("LF-10, G4: more than 16 MiB in all is an error, a line of 1 MiB is not")
    func size() throws {
        let line = "User \(String(repeating: "x", count: 1 << 20))"
        #expect(failure(line)?.source.line == 1)
        #expect(try resolve("#\(String(repeating: "x", count: 1 << 20))\nPort 3").port?.value == 3)
        var fixture = ConfigFixture()
        fixture.files[ConfigFixture.main] = [UInt8](repeating: 10, count: (16 << 20) + 1)
        #expect(fixture.failure()?.kind == .tooLarge)
        let half = "#" + String(repeating: "x", count: 9 << 20)
        #expect(ConfigFixture("Include /a", files: ["/a": half]).failure() == nil)
        #expect(ConfigFixture("Include /a /b", files: ["/a": half, "/b": half]).failure()?.kind == .tooLarge)
    }

    @Test("G4: what the reader refuses is an error that names the file")
    func unreadable() {
        var fixture = ConfigFixture("Include /fifo")
        fixture.globbed["/fifo"] = ["/fifo"]
        fixture.unreadable = ["/fifo"]
        #expect(fixture.failure()?.description == "/fifo: notARegularFile")
    }

    @Test("Ruling 25: what a guarded file includes is guarded, too, and nothing else is")
    func guarded() throws {
        var fixture = ConfigFixture("Include /inner", files: ["/inner": "Port 3"])
        fixture.writableByOthers = ["/inner"]
        #expect(try fixture.resolve().port?.value == 3)
        let guarded = ConfigFileReference(path: ConfigFixture.main, owner: .user, isGuarded: true)
        #expect(throws: ConfigError.self) { try fixture.resolver.resolve(host: "h", files: [guarded]) }
    }

    @Test("A missing file is an error only where it is required")
    func missing() throws {
        let resolver = ConfigFixture().resolver
        _ = try resolver.resolve(host: "h", files: [ConfigFileReference(path: "/none", owner: .user)])
        let required = ConfigFileReference(path: "/none", owner: .user, isRequired: true)
        #expect(throws: ConfigError(.notFound, at: ConfigSource(file: "/none", line: 0))) {
            try resolver.resolve(host: "h", files: [required])
        }
    }

    @Test("The user's file comes before the system's")
    func order() throws {
        let resolver = ConfigFixture("Port 1", files: ["/etc/ssh/ssh_config": "Port 2\nUser bob"]).resolver
        let options = try resolver.resolve(
            host: "h",
            files: [
                ConfigFileReference(path: ConfigFixture.main, owner: .user),
                ConfigFileReference(path: "/etc/ssh/ssh_config", owner: .system),
            ])
        #expect(options.port?.value == 1)
        #expect(options.user == Setting("bob", source: ConfigSource(file: "/etc/ssh/ssh_config", line: 2)))
    }
}
