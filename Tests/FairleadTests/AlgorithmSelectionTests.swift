import Fairlead
import SSHCore
import SSHCrypto
import Testing

@Suite struct AlgorithmSelectionTests {
    private func ciphers(_ lists: String...) throws -> [CipherAlgorithm] {
        var configuration = SSHConfiguration.example
        configuration.algorithms.ciphers = [.aes128GCM, .chaCha20Poly1305, .aes128CTR]
        for list in lists { try configuration.select(list, for: .cipher) }
        return configuration.algorithms.ciphers
    }

    @Test("a plain list replaces the default, in its own order")
    func replaces() throws {
        #expect(try ciphers("aes256-ctr,aes128-gcm@openssh.com") == [.aes256CTR, .aes128GCM])
    }

    @Test("+ adds at the end what is not there yet")
    func appends() throws {
        #expect(
            try ciphers("+aes256-ctr,aes128-ctr") == [.aes128GCM, .chaCha20Poly1305, .aes128CTR, .aes256CTR])
    }

    @Test("- removes, by wildcards too")
    func removes() throws {
        #expect(try ciphers("-aes128-ctr") == [.aes128GCM, .chaCha20Poly1305])
        #expect(try ciphers("-aes*") == [.chaCha20Poly1305])
        #expect(try ciphers("-aes???-gcm@openssh.com") == [.chaCha20Poly1305, .aes128CTR])
        #expect(try ciphers("-*-ctr,chacha*") == [.aes128GCM])
    }

    @Test("^ moves to the front, in the list's order")
    func moves() throws {
        #expect(try ciphers("^aes128-ctr") == [.aes128CTR, .aes128GCM, .chaCha20Poly1305])
        #expect(try ciphers("^aes256-ctr,chacha20-poly1305@openssh.com").prefix(2) == [.aes256CTR, .chaCha20Poly1305])
    }

    @Test("a wildcard matches as a whole, and only what it says")
    func wildcards() throws {
        #expect(Set(try ciphers("*")) == Set(AlgorithmPolicy.standard.ciphers))
        #expect(try ciphers("*gcm*") == [.aes128GCM, .aes256GCM])
        #expect(try ciphers("aes1*8*c*r") == [.aes128CTR])
        #expect(throws: SSHError.self) { try ciphers("aes") }
        #expect(throws: SSHError.self) { try ciphers("es128-ctr") }
        #expect(throws: SSHError.self) { try ciphers("aes128-ctr?") }
    }

    @Test(
        "what is not in the standard offer must be named in full: no wildcard brings it in", arguments: ["", "+", "^"])
    func weak(modifier: String) throws {
        var configuration = SSHConfiguration.example
        try configuration.select(modifier + "*rsa*,ssh-*", for: .hostKey)
        #expect(configuration.algorithms.hostKeys.contains(.rsaSHA512))
        #expect(!configuration.algorithms.hostKeys.contains(.rsaSHA1))
        #expect(!configuration.algorithms.hostKeys.contains(.ed448))
        try configuration.select("+ssh-rsa", for: .hostKey)
        #expect(configuration.algorithms.hostKeys.last == .rsaSHA1)
        try configuration.select("*rsa*", for: .hostKey)
        #expect(configuration.algorithms.hostKeys.contains(.rsaSHA1))
        try configuration.select("-ssh-*", for: .hostKey)
        #expect(!configuration.algorithms.hostKeys.contains(.rsaSHA1))
    }

    @Test("names that do not exist here are passed over as long as one is left")
    func unknownNames() throws {
        #expect(try ciphers("arcfour,aes128-ctr,blowfish-cbc") == [.aes128CTR])
        #expect(try ciphers("-arcfour") == [.aes128GCM, .chaCha20Poly1305, .aes128CTR])
    }

    @Test("a name that stands twice counts once")
    func doubles() throws {
        #expect(try ciphers("aes128-ctr,aes256-ctr,aes128-ctr") == [.aes128CTR, .aes256CTR])
    }

    @Test("adding what only OpenSSH has leaves the list as it is, and adding what nobody has is refused")
    func foreignNames() throws {
        #expect(try ciphers("+hmac-md5,umac-64@openssh.com") == ciphers("+aes128-ctr"))
        #expect(throws: SSHError.self) { try ciphers("+hmac-md5,nonsense") }
    }

    @Test(
        "a list that leaves nothing is refused, and the refusal tells what there is", arguments: ["", "-*", "arcfour"])
    func nothingLeft(list: String) throws {
        let error = #expect(throws: SSHError.self) { try ciphers(list) }
        #expect(error?.stage == .usage)
        #expect(error?.kind == .misuse)
        #expect(error?.message.contains("Ciphers") == true)
        #expect(error?.message.contains("aes128-ctr") == true)
    }

    @Test("lists apply one after the other")
    func sequence() throws {
        #expect(try ciphers("-aes*", "+aes256-ctr", "^aes256-ctr") == [.aes256CTR, .chaCha20Poly1305])
    }

    @Test("each slot changes its own list and no other")
    func slots() throws {
        var configuration = SSHConfiguration.example
        let standard = configuration.algorithms
        try configuration.select("hmac-sha2-512", for: .mac)
        #expect(configuration.algorithms.macs == [.hmacSHA512])
        try configuration.select("curve25519-sha256", for: .keyExchange)
        #expect(configuration.algorithms.keyExchanges == [.curve25519SHA256])
        #expect(configuration.algorithms.ciphers == standard.ciphers)
        #expect(configuration.algorithms.hostKeys == standard.hostKeys)
    }

    @Test(
        "known hosts may reorder the host-key list unless the user wrote it", arguments: ["ssh-ed25519", "^rsa-sha2-*"])
    func hostKeyOrderOfUser(list: String) throws {
        var configuration = SSHConfiguration.example
        try configuration.select(list, for: .hostKey)
        #expect(configuration.keepsHostKeyOrder)
    }

    @Test("what an authority may sign with is told as it was chosen, and a profile replaces it")
    func authorities() throws {
        var configuration = SSHConfiguration.example
        try configuration.select("ssh-ed25519", for: .authority)
        #expect(configuration.offers(.authority) == ["ssh-ed25519"])
        configuration.profile = .strict
        #expect(configuration.offers(.authority).contains("rsa-sha2-512"))
    }

    @Test(
        "adding to the host-key list or removing from it leaves its order to known hosts",
        arguments: ["+ssh-*", "-rsa-*"])
    func hostKeyOrderOfKnownHosts(list: String) throws {
        var configuration = SSHConfiguration.example
        try configuration.select(list, for: .hostKey)
        #expect(!configuration.keepsHostKeyOrder)
    }
}

extension SSHConfiguration {
    /// Leads nowhere.
    static var example: SSHConfiguration {
        SSHConfiguration(
            host: "host.invalid", user: "user", hostVerification: .pinned([]), credentials: [])
    }
}
