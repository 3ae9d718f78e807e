import SSHCrypto
import SSHIdentity
import Testing

@Suite struct HostKeyPolicyTests {
    private static let policies: [HostKeyPolicy] = [.ask, .acceptNew, .strict, .off]

    @Test("A known key is trusted under every policy, and nothing is written", arguments: policies)
    func known(policy: HostKeyPolicy) throws {
        let decision = policy.decide(.known(location(3)), key: try testKey(1))
        let (token, remembering) = try #require(decision.trust)
        #expect(token.key == (try testKey(1)))
        #expect(!token.restrictsAuthentication)
        #expect(token.ground == .knownHosts(location(3)))
        #expect(remembering == .leaveAsIs)
    }

    @Test("KX-27 a revoked key is refused under every policy", arguments: policies)
    func revoked(policy: HostKeyPolicy) throws {
        #expect(policy.decide(.revoked(location(1)), key: try testKey(1)).refusal == .revoked(location(1)))
    }

    @Test(
        "C8 a changed key is refused without a question, by accept-new too",
        arguments: [HostKeyPolicy.ask, .acceptNew, .strict])
    func changed(policy: HostKeyPolicy) throws {
        let record = KnownHostRecord(
            typeName: "ssh-ed25519", fingerprint: try testKey(2).fingerprint, location: location(1))
        #expect(policy.decide(.changed([record]), key: try testKey(1)).refusal == .changed([record]))
    }

    @Test("Ruling 16: a changed key passes with the policy off, restricted, unverified and unwritten")
    func changedWithPolicyOff() throws {
        let (token, remembering) = try #require(HostKeyPolicy.off.decide(.changed([]), key: try testKey(1)).trust)
        #expect(token.restrictsAuthentication)
        #expect(token.ground == .unverified)
        #expect(remembering == .leaveAsIs)
    }

    @Test("KX-22 C1 an unknown host is refused by strict, and only accept-new and off take it unasked")
    func unknown() throws {
        let key = try testKey(1)
        #expect(HostKeyPolicy.strict.decide(.unknown, key: key).refusal == .unknown)
        #expect(HostKeyPolicy.ask.decide(.unknown, key: key).question?.key == key)
        let (accepted, remembering) = try #require(HostKeyPolicy.acceptNew.decide(.unknown, key: key).trust)
        #expect(accepted.ground == .firstContact && !accepted.restrictsAuthentication)
        #expect(remembering == .remember)
        let (unverified, alsoRemembering) = try #require(HostKeyPolicy.off.decide(.unknown, key: key).trust)
        #expect(unverified.ground == .unverified && !unverified.restrictsAuthentication)
        #expect(alsoRemembering == .remember)
    }

    @Test("KX-23 the answers: yes remembers, once does not, no refuses, a fingerprint must be the key's")
    func answers() throws {
        let key = try testKey(1)
        let question = try #require(HostKeyPolicy.ask.decide(.unknown, key: key).question)
        #expect(question.answer(.yes).trust?.1 == .remember)
        #expect(question.answer(.once).trust?.1 == .leaveAsIs)
        #expect(question.answer(.no).refusal == .declined)
        #expect(question.answer(.fingerprint(key.fingerprint.sha256)).trust?.1 == .remember)
        #expect(question.answer(.fingerprint(key.fingerprint.md5)).trust?.0.key == key)
        for text in [
            "", "yes", "SHA256:", String(key.fingerprint.sha256.dropLast()), try testKey(2).fingerprint.sha256,
        ] {
            #expect(question.answer(.fingerprint(text)).question == question)
        }
    }

    @Test("A pin lets its own key pass and no other")
    func pins() throws {
        let key = try testKey(1)
        let other = try testKey(2)
        #expect(TrustedHostKey.pinned([other.fingerprint.sha256, key.fingerprint.sha256], key: key)?.ground == .pin)
        #expect(TrustedHostKey.pinned([other.fingerprint.sha256], key: key) == nil)
        #expect(TrustedHostKey.pinned([], key: key) == nil)
    }

    @Test("The embedding program's own word is marked as such")
    func vouched() throws {
        let token = TrustedHostKey.vouched(byCallerFor: try testKey(1))
        #expect(token.ground == .caller)
    }
}

extension HostKeyDecision {
    fileprivate var trust: (TrustedHostKey, HostKeyRemembering)? {
        guard case .trust(let token, let remembering) = self else { return nil }
        return (token, remembering)
    }

    fileprivate var question: HostKeyQuestion? {
        guard case .ask(let question) = self else { return nil }
        return question
    }

    fileprivate var refusal: HostKeyRefusal? {
        guard case .refuse(let refusal) = self else { return nil }
        return refusal
    }
}

@Suite struct PreferredOrderTests {
    private let offer: [SignatureAlgorithm] = [.ed25519, .ecdsaNISTP256, .rsaSHA512, .rsaSHA256]

    @Test("C3 the offer goes out verbatim to a stranger and to a host known by the first type")
    func verbatim() throws {
        let hosts = knownHosts(
            """
            alpha.example \(try testKey(1).openSSHLine)
            alpha.example ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF
            @revoked beta.example ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF
            @cert-authority beta.example ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF

            """)
        for host in ["alpha.example", "beta.example", "unheard.of"] {
            #expect(hosts.preferredOrder(of: offer, host: host, port: 22) == offer)
        }
        #expect(hosts.preferredOrder(of: [], host: "alpha.example", port: 22).isEmpty)
    }

    @Test("Ruling 2: a host known by another type alone is asked for that type first, the rest in order")
    func partition() throws {
        let securityKeyLine = try PublicKey(
            .securityKey(testKey(1).verificationKey, application: Array("ssh:".utf8))
        ).openSSHLine
        let hosts = knownHosts(
            """
            rsa.example ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF
            touch.example \(securityKeyLine)
            [port.example]:2222 ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEF
            curve.example ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAAABBA==

            """)
        let rsaFirst: [SignatureAlgorithm] = [.rsaSHA512, .rsaSHA256, .ed25519, .ecdsaNISTP256]
        #expect(hosts.preferredOrder(of: offer, host: "rsa.example", port: 22) == rsaFirst)
        #expect(hosts.preferredOrder(of: offer, host: "rsa.example", port: 2222) == rsaFirst)
        #expect(hosts.preferredOrder(of: offer, host: "port.example", port: 2222) == rsaFirst)
        #expect(hosts.preferredOrder(of: offer, host: "port.example", port: 22) == offer)
        #expect(
            hosts.preferredOrder(of: offer, host: "curve.example", port: 22) == offer, "another curve is another type")
        let curves: [SignatureAlgorithm] = [.ecdsaNISTP256, .ecdsaNISTP384, .ecdsaNISTP521, .rsaSHA256]
        #expect(
            hosts.preferredOrder(of: curves, host: "curve.example", port: 22)
                == [.ecdsaNISTP384, .ecdsaNISTP256, .ecdsaNISTP521, .rsaSHA256])
        let plain: [SignatureAlgorithm] = [.ed25519, .securityKeyEd25519, .securityKeyECDSANISTP256, .rsaSHA1]
        #expect(
            hosts.preferredOrder(of: plain, host: "touch.example", port: 22)
                == [.securityKeyEd25519, .ed25519, .securityKeyECDSANISTP256, .rsaSHA1])
        #expect(
            hosts.preferredOrder(of: plain, host: "rsa.example", port: 22)
                == [.rsaSHA1, .ed25519, .securityKeyEd25519, .securityKeyECDSANISTP256])
    }
}
