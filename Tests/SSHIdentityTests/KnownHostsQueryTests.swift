import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// What can be asked of known hosts beside a verdict.
@Suite struct KnownHostsQueryTests {
    @Test("C5 an authority's line makes its certificates right for the host alone, and a revoked authority for none")
    func authorities() throws {
        let (one, two, plain) = (try testKey(1), try testKey(2), try testKey(3))
        let hosts = knownHosts(
            """
            @cert-authority *.example,!bad.example \(one.openSSHLine)
            @cert-authority [port.test]:2222 \(two.openSSHLine)
            @revoked shaky.example \(one.openSSHLine)
            alpha.example \(plain.openSSHLine)

            """)
        #expect(hosts.authority(one, host: "ALPHA.example", port: 22) == location(1))
        #expect(hosts.authority(one, host: "alpha.example", port: 2222) == location(1), "without its port")
        #expect(hosts.authority(two, host: "port.test", port: 2222) == location(2))
        for (key, host, port) in [
            (one, "bad.example", 22), (one, "example", 22), (two, "port.test", 22), (plain, "alpha.example", 22),
            (one, "shaky.example", 22), (one, "shaky.example", 2222),
        ] {
            #expect(hosts.authority(key, host: host, port: port) == nil)
        }
        #expect(hosts.hasAuthority(host: "alpha.example", port: 2222))
        #expect(!hosts.hasAuthority(host: "bad.example", port: 22))
        #expect(hosts.isRevoked(one, host: "shaky.example", port: 2222) == location(3))
        #expect(hosts.isRevoked(one, host: "alpha.example", port: 22) == nil)
        #expect(hosts.isRevoked(two, host: "shaky.example", port: 22) == nil)
    }

    @Test("the plain keys of a host are listed, and the names of a key, which hashing hides")
    func listing() throws {
        let (one, two) = (try testKey(1), try testKey(2))
        var random = RandomSource.seeded(5)
        let hashed = try KnownHosts.line(host: "hidden.example", port: 22, key: one, hashed: true, random: &random)
        let text = """
            alpha.example,10.0.0.1 \(one.openSSHLine)
            @revoked alpha.example \(two.openSSHLine)
            @cert-authority alpha.example \(one.openSSHLine)
            [alpha.example]:2222 \(one.openSSHLine)
            *.example \(two.openSSHLine)

            """
        let hosts = knownHosts(Array(text.utf8) + hashed)
        #expect(hosts.keys(host: "alpha.example", port: 22).map(\.location.line) == [1, 5])
        #expect(hosts.keys(host: "alpha.example", port: 22).map(\.fingerprint) == [one.fingerprint, two.fingerprint])
        #expect(hosts.keys(host: "hidden.example", port: 22).map(\.location.line) == [5, 6])
        #expect(hosts.keys(host: "alpha.example", port: 2222).map(\.location.line) == [4])
        let names = hosts.names(of: one)
        #expect(names.map(\.text) == ["alpha.example,10.0.0.1", "[alpha.example]:2222", nil])
        #expect(names.map(\.location.line) == [1, 4, 6])
        #expect(hosts.names(of: try testKey(9)).isEmpty)
    }

    @Test(
        "LF-06 an address has a verdict of its own, IPv6 and its zone included",
        arguments: ["10.0.0.1", "::1", "fe80::1%eth0", "2001:DB8::1", "::ffff:10.0.0.1"])
    func addresses(address: String) throws {
        let key = try testKey(1)
        var random = RandomSource.seeded(6)
        for port in [22, 2222] {
            let line = try KnownHosts.line(host: address, port: port, key: key, hashed: port == 22, random: &random)
            let hosts = knownHosts(line)
            #expect(hosts.verdict(for: key, host: address, port: port) == .known(location(1)))
            #expect(hosts.verdict(for: key, host: address.uppercased(), port: port) == .known(location(1)))
            #expect(hosts.verdict(for: key, host: address + "0", port: port) == .unknown)
            let name = port == 22 ? address : "[\(address)]:\(port)"
            let beside = knownHosts("alpha.example,\(name) \(key.openSSHLine)\r\n")
            #expect(beside.verdict(for: key, host: address, port: port) == .known(location(1)))
        }
    }

    @Test("Ruling 2: certificate names come first where an authority is on record, then the types on record")
    func order() throws {
        struct Offer: Equatable { var plain: String, isCertificate: Bool }
        func order(_ text: String, _ offer: [Offer]) throws -> [Int] {
            let hosts = knownHosts(text.replacing("KEY", with: try testKey(1).openSSHLine))
            let ordered = hosts.preferredOrder(of: Array(offer.enumerated()), host: "alpha", port: 22) {
                (Name($0.element.plain), $0.element.isCertificate)
            }
            return ordered.map(\.offset)
        }
        let rsaFirst = [
            Offer(plain: "ssh-rsa", isCertificate: false), Offer(plain: "ssh-ed25519", isCertificate: false),
            Offer(plain: "ssh-ed25519", isCertificate: true), Offer(plain: "ssh-rsa", isCertificate: true),
        ]
        #expect(try order("", rsaFirst) == [0, 1, 2, 3])
        #expect(try order("alpha KEY\n", rsaFirst) == [1, 2, 0, 3])
        #expect(try order("@cert-authority * KEY\n", rsaFirst) == [2, 3, 0, 1])
        #expect(try order("@cert-authority * KEY\nalpha KEY\n", rsaFirst) == [2, 3, 1, 0])
        let ed25519First = Array(rsaFirst[1...] + rsaFirst[..<1])
        #expect(try order("alpha KEY\n", ed25519First) == [0, 1, 2, 3], "the first name's type is on record")
    }

    @Test("LF-01 a hundred thousand lines, hashed and plain, are searched once for both names of a host")
    func manyLines() throws {
        var random = RandomSource.seeded(7)
        let (key, other) = (try testKey(1), try testKey(2))
        let plain = Array(".example \(other.openSSHLine)\n".utf8)
        var text: [UInt8] = []
        for number in 0..<100_000 {
            guard number % 10 == 0 else {
                text += "host\(number)".utf8 + plain
                continue
            }
            text += try KnownHosts.line(
                host: "host\(number)", port: 2222, key: key, hashed: true, random: &random)
        }
        let hosts = knownHosts(text)
        #expect(hosts.warnings.isEmpty)
        // The second name has no port, so that both kinds of names are looked for in one go.
        #expect(hosts.verdict(for: key, host: "host99990", port: 2222) == .known(location(99_991)))
    }
}
