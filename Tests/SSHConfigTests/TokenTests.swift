import SSHConfig
import Testing

@Suite("Tokens and variables")
struct TokenTests {
    private var context: TokenContext {
        var context = TokenContext(
            originalHost: "orig", host: "real.example", port: 23, remoteUser: "bob", local: ConfigFixture.local)
        context.hostKeyAlias = "alias"
        return context
    }

    @Test(
        "Each token stands for its value",
        arguments: [
            ("%%", "%"), ("%h", "real.example"), ("%p", "23"), ("%r", "bob"), ("%n", "orig"), ("%u", "ann"),
            ("%d", "/home/ann"), ("%j", ""), ("%i", "1000"), ("%L", "desk"), ("%l", "desk.example.org"),
            ("%k", "alias"),
            ("a%%hb%n", "a%hborig"), ("", ""), ("$HOME ~", "$HOME ~"),
        ])
    func tokens(text: String, expanded: String) throws {
        #expect(try TokenExpansion.expand(ConfigText(text), tokens: .general, context: context) == ConfigText(expanded))
    }

    @Test(
        "A token that the value does not take is an error",
        arguments: [
            ("%z", TokenExpansion.Fault.unknownToken(UInt8(ascii: "z"))), ("%C", .unsupportedToken(UInt8(ascii: "C"))),
            ("a%", .incompleteToken), ("%H", .unknownToken(UInt8(ascii: "H"))),
        ])
    func unknownTokens(text: String, fault: TokenExpansion.Fault) {
        #expect(throws: fault) { try TokenExpansion.expand(ConfigText(text), tokens: .general, context: context) }
        #expect(throws: TokenExpansion.Fault.unknownToken(UInt8(ascii: "p"))) {
            try TokenExpansion.expand("%p", tokens: .hostName, context: context)
        }
    }

    @Test("Variables are expanded once, and a missing one is an error")
    func variables() throws {
        let environment: (ConfigText) -> ConfigText? = { $0 == "A" ? "%h${A}" : nil }
        let expand = { (text: ConfigText) throws(TokenExpansion.Fault) in
            try TokenExpansion.expand(text, tokens: .general, context: context, environment: environment)
        }
        #expect(try expand("x${A}y$A") == "x%h${A}y$A")
        #expect(throws: TokenExpansion.Fault.unsetVariable("B")) { try expand("${B}") }
        #expect(throws: TokenExpansion.Fault.malformedVariable) { try expand("${A") }
        #expect(throws: TokenExpansion.Fault.malformedVariable) { try expand("${}") }
    }

    @Test("An expansion cannot grow without bound")
    func growth() {
        var long = context
        long.host = ConfigText([UInt8](repeating: 97, count: 1 << 20))
        let text = ConfigText(String(repeating: "%h", count: 17))
        #expect(throws: TokenExpansion.Fault.tooLong) {
            try TokenExpansion.expand(text, tokens: .general, context: long)
        }
    }

    @Test("The values that take tokens and variables are expanded when all is read")
    func resolved() throws {
        var fixture = ConfigFixture(
            """
            IdentityFile ~/.ssh/%r@%h:%p-${E}
            UserKnownHostsFile ~/.ssh/known-%k "%d/%n"
            GlobalKnownHostsFile /etc/%h
            RemoteCommand echo %h ${E}
            HostName %h.Example.ORG
            HostKeyAlias %H
            User ${E}%u
            Port 23
            """)
        fixture.variables["E"] = "e"
        let options = try fixture.resolve("FOO")
        #expect(options.originalHost == "FOO")
        #expect(options.host == "foo.example.org")
        #expect(options.user?.value == "eann")
        #expect(options.identityFiles?.map(\.value) == ["/home/ann/.ssh/eann@foo.example.org:23-e"])
        #expect(options.userKnownHostsFiles?.value == ["/home/ann/.ssh/known-%h", "/home/ann/FOO"])
        #expect(options.globalKnownHostsFiles?.value == ["/etc/%h"])
        #expect(options.remoteCommand?.value == "echo foo.example.org ${E}")
        #expect(options.hostKeyAlias?.value == "%h")
        #expect(options.tokens.port == 23)
        #expect(options.entries(for: .hostName).first?.written == "%h.Example.ORG")
    }

    @Test(
        "A value that cannot be expanded is an error with its line",
        arguments: [
            "IdentityFile %z", "IdentityFile ${NO}", "HostName %p", "User %r", "RemoteCommand %",
            "UserKnownHostsFile ~bob/x",
        ])
    func faults(line: String) {
        let error = failure("Port 3\n" + line)
        #expect(error?.source.line == 2)
        guard case .expansion = error?.kind else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A host with a zone keeps its case, as in ssh")
    func zone() throws {
        #expect(try resolve("", host: "FE80::1%Eth0").host == "FE80::1%Eth0")
    }

    @Test("A host name that its tokens make too long is refused")
    func longHostName() {
        let error = failure("HostName " + String(repeating: "%h", count: 400), host: "four")
        #expect(error?.source.line == 1)
        #expect(failure("HostName " + String(repeating: "%h", count: 200), host: "four") == nil)
    }
}
