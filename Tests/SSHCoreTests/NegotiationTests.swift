import SSHCore
import SSHCrypto
import SSHWire
import Testing

@Suite("Negotiation")
struct NegotiationTests {
    private let ours = AlgorithmPolicy.standard.proposal(cookie: [UInt8](repeating: 0, count: 16), isFirst: true)

    private func theirs(_ change: (inout KexInit) -> Void) -> KexInit {
        var message = KexInit(
            cookie: [UInt8](repeating: 1, count: 16),
            keyExchanges: ["kex-strict-s-v00@openssh.com", "curve25519-sha256@libssh.org", "curve25519-sha256"],
            hostKeys: ["rsa-sha2-256", "rsa-sha2-512", "ecdsa-sha2-nistp256"],
            ciphers: ["aes256-ctr", "aes128-ctr"], macs: ["hmac-sha2-512", "hmac-sha2-256"])
        change(&message)
        return message
    }

    @Test("In each slot our first name that the server has too is taken")
    func preference() throws {
        let agreed = try Negotiation.agree(ours: ours, theirs: theirs { _ in })
        #expect(agreed.keyExchange == .curve25519SHA256 && agreed.hostKey == .ecdsaNISTP256)
        #expect(agreed.cipherClientToServer == .aes128CTR && agreed.cipherServerToClient == .aes128CTR)
        #expect(agreed.macClientToServer == .hmacSHA256 && agreed.macServerToClient == .hmacSHA256)
    }

    @Test("A cipher that authenticates has no MAC, in its direction alone")
    func authenticatedCiphers() throws {
        let agreed = try Negotiation.agree(
            ours: ours, theirs: theirs { $0.ciphersServerToClient = ["aes256-gcm@openssh.com"] })
        #expect(agreed.macServerToClient == nil && agreed.macClientToServer == .hmacSHA256)
    }

    @Test("Each slot without a common name is named, with both offers")
    func failures() {
        let none: NameList = ["none-of-ours"]
        let changes: [(NegotiationFailure.Slot, (inout KexInit) -> Void)] = [
            (.keyExchange, { $0.keyExchanges = none }), (.hostKey, { $0.hostKeys = none }),
            (.cipherClientToServer, { $0.ciphersClientToServer = none }),
            (.cipherServerToClient, { $0.ciphersServerToClient = none }),
            (.macClientToServer, { $0.macsClientToServer = none }),
            (.macServerToClient, { $0.macsServerToClient = none }),
            (.compressionClientToServer, { $0.compressionsClientToServer = none }),
            (.compressionServerToClient, { $0.compressionsServerToClient = none }),
        ]
        for (slot, change) in changes {
            let error = #expect(throws: ProtocolError.self) {
                try Negotiation.agree(ours: ours, theirs: theirs(change))
            }
            guard case .negotiation(let failure) = error else {
                Issue.record("\(slot): \(String(describing: error))")
                continue
            }
            #expect(failure.slot == slot && failure.theirs == none && !failure.ours.names.isEmpty)
        }
    }

    @Test("A guess is wrong unless the first names of exchange and host key both coincide")
    func guesses() {
        let names = (ours.keyExchanges, ours.hostKeys)
        #expect(!Negotiation.isWrongGuess(ours: ours, theirs: theirs { _ in }))
        #expect(Negotiation.isWrongGuess(ours: ours, theirs: theirs { $0.firstPacketFollows = true }))
        #expect(
            Negotiation.isWrongGuess(
                ours: ours, theirs: theirs { ($0.firstPacketFollows, $0.keyExchanges) = (true, names.0) }))
        #expect(
            Negotiation.isWrongGuess(
                ours: ours, theirs: theirs { ($0.firstPacketFollows, $0.hostKeys) = (true, names.1) }))
        #expect(
            !Negotiation.isWrongGuess(
                ours: ours,
                theirs: theirs { ($0.firstPacketFollows, $0.keyExchanges, $0.hostKeys) = (true, names.0, names.1) }))
    }

    @Test("The markers belong to the first proposal alone")
    func markers() {
        let policy = AlgorithmPolicy.standard
        let later = policy.proposal(cookie: [UInt8](repeating: 0, count: 16), isFirst: false)
        #expect(ours.keyExchanges.contains("ext-info-c") && ours.keyExchanges.contains("kex-strict-c-v00@openssh.com"))
        #expect(later.keyExchanges == NameList(policy.keyExchanges.map { Name($0.rawValue) }))
    }
}
