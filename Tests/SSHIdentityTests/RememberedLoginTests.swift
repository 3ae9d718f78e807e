import SSHCrypto
import Testing

@testable import SSHIdentity

/// The file that keeps how logins went, as a value.
@Suite struct RememberedLoginTests {
    private let host = HostName("gate.example", port: 2222)

    private func login(_ number: Int, _ outcome: RememberedLogin.Outcome = .alone) throws -> RememberedLogin {
        RememberedLogin(
            key: try testKey(number), outcome: outcome, keyExchange: .curve25519SHA256, hostKey: .rsaSHA512)
    }

    private func stored(
        _ login: RememberedLogin, of user: String = "me", at host: HostName? = nil, hashed: Bool = false,
        in contents: [UInt8] = []
    ) throws -> [UInt8] {
        var random = RandomSource.seeded(3)
        return try #require(
            try login.stored(of: user, at: host ?? self.host, hashed: hashed, in: contents, random: &random))
    }

    @Test("what is stored is found again by the same host, port and user, and by no other")
    func roundTrip() throws {
        let login = try login(1)
        for user in ["me", "DOM\\user", "with blank ", "user@realm", "Ä", "-", "#"] {
            for hashed in [false, true] {
                let contents = try stored(login, of: user, hashed: hashed)
                #expect(RememberedLogin(of: user, at: host, in: contents) == login)
                #expect(RememberedLogin(of: user + "x", at: host, in: contents) == nil)
                #expect(RememberedLogin(of: user, at: HostName("gate.example", port: 22), in: contents) == nil)
                #expect(RememberedLogin(of: user, at: HostName("other", port: 2222), in: contents) == nil)
                #expect(String(decoding: contents, as: UTF8.self).contains("gate") == !hashed)
            }
        }
        let nothing = RememberedLogin(key: nil, outcome: .more, keyExchange: nil, hostKey: nil)
        #expect(RememberedLogin(of: "me", at: host, in: try stored(nothing)) == nothing)
        #expect(login.isOf(try testKey(1)))
        #expect(try !login.isOf(testKey(2)) && !nothing.isOf(testKey(1)))
    }

    @Test("a line holds what known_hosts may show and no more")
    func line() throws {
        let fingerprint = try testKey(1).fingerprint.sha256
        #expect(
            String(decoding: try stored(try login(1)), as: UTF8.self)
                == "[gate.example]:2222 \(fingerprint) alone curve25519-sha256 rsa-sha2-512 me\n")
    }

    @Test("the newest stands first and replaces its own; what is the same changes nothing")
    func replacing() throws {
        var contents = try stored(login(1))
        contents = try stored(login(2), of: "other", in: contents)
        contents = try stored(login(3, .late), hashed: true, in: contents)
        #expect(String(decoding: contents, as: UTF8.self).split(separator: "\n").count == 2)
        #expect(RememberedLogin(of: "me", at: host, in: contents) == (try login(3, .late)))
        #expect(RememberedLogin(of: "other", at: host, in: contents) == (try login(2)))
        var random = RandomSource.seeded(1)
        #expect(try login(3, .late).stored(of: "me", at: host, hashed: false, in: contents, random: &random) == nil)
    }

    @Test("a thousand logins and 256 KiB are kept; the oldest give way")
    func bounds() throws {
        var many: [UInt8] = []
        for number in 0..<1500 { many += Array("host\(number) SHA256:x alone - - me\n".utf8) }
        let kept = String(decoding: try stored(login(1), in: many), as: UTF8.self).split(separator: "\n")
        #expect(kept.count == 1000)
        #expect(kept[1].hasPrefix("host0 ") && kept[999].hasPrefix("host998 "))
        let long = String(repeating: "u", count: 100_000)
        var large: [UInt8] = []
        for number in 0..<5 { large += Array("host\(number) SHA256:x alone - - \(long)\n".utf8) }
        let rest = try stored(login(1), in: large)
        #expect(rest.count <= RememberedLogin.maximumByteCount && rest.count > 200_000)
    }

    @Test("what is no line of it is nothing, and leaves with the next write or stays harmless")
    func damage() throws {
        let good = try stored(login(1))
        for length in 0..<good.count - 3 {
            #expect(RememberedLogin(of: "me", at: host, in: Array(good.prefix(length))) == nil)
        }
        for text in [
            "\0\0\0", "[gate.example]:2222", "[gate.example]:2222 a b c d me\n", "|1|x|y a alone - - me\n", "\n\n",
        ] {
            let contents = Array(text.utf8)
            #expect(RememberedLogin(of: "me", at: host, in: contents) == nil)
            #expect(RememberedLogin(of: "me", at: host, in: try stored(login(1), in: contents)) == (try login(1)))
        }
        let odd = Array("[gate.example]:2222 SHA256:\u{1B} alone no-such no-such me\n".utf8)
        let read = try #require(RememberedLogin(of: "me", at: host, in: odd))
        #expect(read.keyExchange == nil && read.hostKey == nil)
        #expect(try !read.isOf(testKey(1)))
    }
}
