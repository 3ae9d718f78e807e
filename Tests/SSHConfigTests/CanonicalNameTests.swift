import SSHConfig
import Testing

@Suite("Canonical names and the second reading")
struct CanonicalNameTests {
    /// Resolves where the names given are known, each with its canonical name; also tells what was looked up.
    private func resolve(
        _ text: String, host: ConfigText = "web", names: [String: String] = [:]
    ) throws -> (options: ResolvedOptions, asked: [String]) {
        var asked: [String] = []
        var resolver = ConfigFixture(text).resolver
        resolver.lookUp = { name, _ in
            asked.append(name.string ?? "")
            return names[name.string ?? ""].map { ConfigText($0) }
        }
        let options = try resolver.resolve(
            host: host, files: [ConfigFileReference(path: ConfigFixture.main, owner: .user)])
        return (options, asked)
    }

    @Test("The first domain that has the name gives the host, and blocks for it hold in the second reading")
    func domains() throws {
        let found = try resolve(
            """
            CanonicalizeHostname yes
            CanonicalDomains a.example B.example. c.example
            Host web.b.example
            User bob
            Match canonical host *.b.example
            Port 3
            """, names: ["web.b.example.": "web.b.example", "web.c.example.": "web.c.example"])
        #expect(found.options.host == "web.b.example")
        #expect(found.asked == ["web.a.example.", "web.b.example."])
        #expect(found.options.user?.value == "bob")
        #expect(found.options.port?.value == 3)
        #expect(found.options.hostName == nil)
        #expect(found.options.tokens.host == "web.b.example")
        #expect(found.options.tokens.originalHost == "web")
    }

    @Test("A name with more dots than CanonicalizeMaxDots is not sought, one that ends in a dot is whole")
    func dots() throws {
        let text = "CanonicalizeHostname yes\nCanonicalDomains x\n"
        #expect(try resolve(text, host: "a.b.c").asked == [])
        #expect(try resolve(text, host: "a.b").asked == ["a.b.x."])
        #expect(try resolve(text + "CanonicalizeMaxDots 0", host: "a.b").asked == [])
        let whole = try resolve(text, host: "A.B.c.d.", names: ["a.b.c.d.": "a.b.c.d"])
        #expect(whole.asked == ["a.b.c.d."])
        #expect(whole.options.host == "a.b.c.d")
    }

    @Test("An alias is followed where a rule permits both names, and not without canonicalisation")
    func aliases() throws {
        let names = ["web.x.": "Host.Y", "web": "Host.Y"]
        let text = "CanonicalizeHostname yes\nCanonicalDomains x\nCanonicalizePermittedCNAMEs "
        #expect(try resolve(text + "*.x:*.y", names: names).options.host == "Host.Y")
        #expect(try resolve(text + "*", names: names).options.host == "Host.Y")
        #expect(try resolve(text + "*.z:*.y *.x,!web.x:*", names: names).options.host == "web.x")
        #expect(try resolve(text + "none", names: names).options.host == "web.x")
        #expect(try resolve("CanonicalizePermittedCNAMEs *", names: names).options.host == "web")
        // In no domain, but known by itself.
        let bare = try resolve("CanonicalizeHostname yes\nCanonicalizePermittedCNAMEs *", names: ["web": "Host.Y"])
        #expect(bare.options.host == "Host.Y")
        #expect(bare.asked == ["web"])
    }

    @Test(
        "G1, G2: an alias that is more than a name is not followed, whatever the rules permit",
        arguments: [
            "", "a;b", "a b", "-oProxyCommand=x", "$(x)", "a\u{0}b", "a/b", "é", String(repeating: "a", count: 1025),
        ])
    func hostileAliases(alias: String) throws {
        let text = "CanonicalizeHostname yes\nCanonicalDomains x\nCanonicalizePermittedCNAMEs *"
        #expect(try resolve(text, names: ["web.x.": alias]).options.host == "web.x")
    }

    @Test("A name that is found nowhere stays, or is an error without CanonicalizeFallbackLocal")
    func fallback() throws {
        let text = "\nCanonicalizeHostname yes\nCanonicalDomains x\n"
        #expect(try resolve(text).options.host == "web")
        let fault = ConfigError(.unresolvedHost("web"), at: ConfigSource(file: ConfigFixture.main, line: 2))
        #expect(throws: fault) { try resolve(text + "CanonicalizeFallbackLocal no") }
        #expect(fault.description == "\(ConfigFixture.main): line 2: Could not resolve host \"web\"")
        #expect(throws: ConfigError.self) { try resolve("CanonicalizePermittedCNAMEs *") }
    }

    @Test("Behind a proxy names are looked up with always alone", arguments: ["ProxyCommand x", "ProxyJump x"])
    func proxies(route: String) throws {
        let text = "CanonicalDomains x\nCanonicalizePermittedCNAMEs *\n\(route)\nCanonicalizeHostname "
        #expect(try resolve(text + "yes").asked == [])
        #expect(try resolve(text + "always").asked == ["web.x.", "web"])
    }

    @Test("CanonicalizeHostname alone reads the files again, for the name in lower case")
    func secondReading() throws {
        let options = try resolve("CanonicalizeHostname yes\nHost web\nPort 3\nMatch final\nUser x", host: "WEB")
            .options
        #expect(options.port?.value == 3)
        #expect(options.user?.value == "x")
        #expect(options.host == "web")
        #expect(options.originalHost == "WEB")
    }

    @Test("The second reading adds what was open, tells each note once, and keeps to HostName")
    func secondValues() throws {
        let options = try resolve(
            """
            GSSAPIAuthentication yes
            IdentityFile /a
            LocalForward 1 h:2
            Match host web
            HostName other
            User early
            Match final host other
            HostName late
            User late
            Port 3
            IdentityFile /b
            """
        ).options
        #expect(options.host == "other")
        #expect(options.user?.value == "early")
        #expect(options.port == Setting(3, source: ConfigSource(file: ConfigFixture.main, line: 10)))
        #expect(options.identityFiles?.map(\.value) == ["/a", "/b"])
        #expect(options.forwards(.localForward).count == 1)
        #expect(options.notes.count == 1)
    }

    @Test(
        "An address is written as the system writes it, if it is of a family that is wanted",
        arguments: [
            ("127.1", "127.0.0.1"), ("0x7f.1", "127.0.0.1"), ("010.8.0.1", "8.8.0.1"),
            ("4294967295", "255.255.255.255"),
            ("4294967296", "4294967296"), ("1.2.3.4.5", "1.2.3.4.5"), ("::0001", "::1"), ("1:0:0:2::3", "1:0:0:2::3"),
            ("1:0:0:0:2:0:0:3", "1::2:0:0:3"), ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("::ffff:102:304", "::ffff:1.2.3.4"),
            ("FE80::1", "FE80::1"), ("FE80:0::1", "fe80::1"), ("FE80:0::1%lo", "FE80:0::1%lo"), ("0:0::", "::"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("::1:2:3:4:5:6:7:8", "::1:2:3:4:5:6:7:8"), ("-1", "-1"),
            ("0x", "0x"), ("1..2", "1..2"), ("١", "١"),
        ])
    func addresses(host: String, expected: String) throws {
        #expect(try resolve("", host: ConfigText(host)).options.host == ConfigText(expected))
        #expect(try resolve("HostName \(host.replacing("%", with: "%%"))").options.host == ConfigText(expected))
        #expect(try resolve("AddressFamily inet6", host: "127.1").options.host == "127.1")
        #expect(try resolve("CanonicalizeHostname yes\nCanonicalDomains x", host: "127.1").asked == [])
    }
}
