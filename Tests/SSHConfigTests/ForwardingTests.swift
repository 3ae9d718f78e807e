import SSHConfig
import Testing

@Suite("Forwardings, jump hosts and other structured values")
struct ForwardingTests {
    @Test(
        "A local forwarding listens and connects, at ports or sockets",
        arguments: [
            ("8080 h:80", .port(host: nil, 8080), .port(host: "h", 80)),
            ("a:8080 h:80", .port(host: "a", 8080), .port(host: "h", 80)),
            ("[::1]:1 [::2]:3", .port(host: "::1", 1), .port(host: "::2", 3)),
            (":7 h:8", .port(host: "", 7), .port(host: "h", 8)),
            ("/s/%h h:80", .path("/s/host"), .port(host: "h", 80)),
            ("7 /t", .port(host: nil, 7), .path("/t")), ("a:7 /t", .port(host: "a", 7), .path("/t")),
            ("/s /t", .path("/s"), .path("/t")), ("a\\:b:1 h:2", .port(host: "a:b", 1), .port(host: "h", 2)),
            ("${P} h:2", .port(host: nil, 9), .port(host: "h", 2)),
        ] as [(String, ForwardRule.Endpoint, ForwardRule.Endpoint)])
    func local(text: String, listen: ForwardRule.Endpoint, connect: ForwardRule.Endpoint) throws {
        var fixture = ConfigFixture("LocalForward \(text)")
        fixture.variables = ["P": "9"]
        let rule = try fixture.resolve().forwards(.localForward).first?.value
        #expect(rule?.listen == listen)
        #expect(rule?.connect == connect)
    }

    @Test("A remote one may leave the port to the server, and the target to SOCKS; a dynamic one has no target")
    func others() throws {
        let options = try resolve("RemoteForward 0 h:1\nRemoteForward 1080\nDynamicForward [::]:1081")
        let remote = options.forwards(.remoteForward).map(\.value)
        #expect(remote.map(\.listen) == [.port(host: nil, 0), .port(host: nil, 1080)])
        #expect(remote.map(\.connect) == [.port(host: "h", 1), .socks])
        let dynamic = options.forwards(.dynamicForward).first
        #expect(dynamic?.value.listen == .port(host: "::", 1081))
        #expect(dynamic?.value.connect == .socks)
        #expect(dynamic?.source.line == 3)
    }

    @Test("Forwardings add up without repeating, and ClearAllForwardings takes them all away")
    func adding() throws {
        let lines = "LocalForward 1 h:2\nLocalForward 3 h:4\nLocalForward 1 h:2\nDynamicForward 5"
        #expect(try resolve(lines).forwards(.localForward).count == 2)
        let cleared = try resolve(lines + "\nClearAllForwardings yes")
        #expect(cleared.forwards(.localForward).isEmpty && cleared.forwards(.dynamicForward).isEmpty)
        #expect(cleared.entries(for: .localForward).count == 2)
    }

    @Test("What -L, -R and -D give is one text")
    func commandLine() throws {
        let options = try ConfigFixture().resolve(options: [
            .value(.localForward, "1:h:2"), .value(.remoteForward, "/a:/b"), .value(.dynamicForward, "x:1080"),
        ])
        #expect(options.forwards(.localForward).first?.value == ForwardRule("1:h:2", kind: .local))
        #expect(options.forwards(.remoteForward).first?.value.connect == .path("/b"))
        #expect(options.forwards(.dynamicForward).first?.value.listen == .port(host: "x", 1080))
    }

    @Test(
        "ProxyJump is hosts with users and ports, the nearest first",
        arguments: [
            ("a", ["a"]), ("b@c:3,d", ["b@c:3", "d"]), ("ssh://e@f:4/,[::1]:2", ["e@f:4", "::1:2"]),
            ("u@v@h", ["u@v@h"]), ("ssh://u%40v@h%2e:1", ["u@v@h.:1"]), ("h:", ["h"]), ("NONE", []),
        ])
    func jumps(text: String, expected: [String]) throws {
        let hosts = try resolve("ProxyJump \(text) # c").proxyJump?.value ?? []
        let shown = hosts.map { jump in
            (jump.user.map { "\($0)@" } ?? "") + "\(jump.host)" + (jump.port.map { ":\($0)" } ?? "")
        }
        #expect(shown == expected)
    }

    @Test("The nearest way is the first, and none leaves a jump host out but not a command")
    func ways() throws {
        #expect(try resolve("ProxyJump a\nProxyCommand b").proxyCommand == nil)
        #expect(try resolve("ProxyCommand a\nProxyJump b").proxyJump == nil)
        #expect(try resolve("ProxyCommand none\nProxyJump b").proxyJump == nil)
        #expect(try resolve("ProxyJump none\nProxyCommand b %h").proxyCommand?.value == "b %h")
        #expect(try resolve("ProxyJump a,b@c:1").tokens.jumpHost == "c")
    }

    @Test("Times, classes and types are read")
    func values() throws {
        let options = try resolve(
            """
            ChannelTimeout session=1h *=0 agent-connection=5
            IPQoS af21 none
            ControlPersist 10m
            ObscureKeystrokeTiming interval:80
            Tag t
            VersionAddendum x %h
            RefuseConnection "not now"
            WarnWeakCrypto no-pq-kex
            ForwardAgent /a/%n
            ControlPath ~/c-%r
            LocalCommand echo %T
            """)
        #expect(options.channelTimeouts?.value.map(\.seconds) == [3600, 0, 5])
        #expect(options.channelTimeouts?.value.map(\.type) == ["session", "*", "agent-connection"])
        #expect(options.ipQoS?.value == [0x48, nil])
        #expect(options.controlPersistSeconds?.value == 600)
        #expect(options.number(.obscureKeystrokeTiming)?.value == 80)
        #expect(options.versionAddendum?.value == "x host")
        #expect(options.text(.refuseConnection)?.value == "not now")
        #expect(options.word(.warnWeakCrypto)?.value == "no-pq-kex")
        #expect(options.text(.forwardAgent)?.value == "/a/host")
        #expect(options.controlPath?.value == "/home/ann/c-ann")
        #expect(options.localCommand?.value == "echo %T")
        #expect(
            try TokenExpansion.expand("%T %h", tokens: .localCommand, context: options.tokens) == "NONE host")
    }

    @Test("What sets a keyword is told for any spelling and any old name; the default has no place")
    func sources() throws {
        let options = try resolve("SendEnv A\nHost *\nsendenv B\nKeepAlive no")
        #expect(options.sources(of: "sendENV")?.map(\.line) == [1, 3])
        #expect(options.sources(of: "TCPKeepAlive")?.map(\.line) == [4])
        #expect(options.sources(of: "keepalive")?.map(\.line) == [4])
        #expect(options.sources(of: "Port") == [])
        #expect(options.sources(of: "nonsense") == nil)
        #expect(options.sources(of: "cipher") == nil)
    }

    @Test("The keywords that came after OpenSSH 9.2 are dumped, too")
    func newKeywords() throws {
        let options = try resolve(
            "Tag t\nChannelTimeout a=1 b=2\nObscureKeystrokeTiming no\nVersionAddendum v\nWarnWeakCrypto no")
        let dump = Dictionary(
            uniqueKeysWithValues: options.dump().filter { $0.key != "identityfile" }.map { ($0.0, $0.1) })
        #expect(dump["tag"] == "t")
        #expect(dump["channeltimeout"] == "a=1 b=2")
        #expect(dump["obscurekeystroketiming"] == "no")
        #expect(dump["versionaddendum"] == "v")
        #expect(dump["warnweakcrypto"] == "no")
        let lists = options.dump(lists: [.ciphers: "x,y"])
        #expect(lists.filter { $0.key == "ciphers" }.map(\.value) == ["x,y"])
        #expect(!lists.contains { $0.key == "macs" })
    }
}
